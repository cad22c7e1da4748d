//! The parts that pages are built from. Each is shown, in all its states, on `/console/_components`.

mod chart;
mod code;
mod field;
mod key;
mod qr;

use keystile_core::model::{Mode, Timestamp};
use maud::{Markup, html};

pub(super) use chart::{Bar, chart};
pub(super) use code::code;
pub(super) use field::{Field, hidden, submit, wrong_at};
pub(super) use key::{key_value, preview_value, secret};
pub(super) use qr::qr;

use super::words;

/// The mark and the name.
pub(super) fn brand() -> Markup {
    html! {
        a.brand href="/console" {
            svg viewBox="0 0 24 24" aria-hidden="true" {
                circle cx="8" cy="8" r="4.5" {}
                path d="M11.2 11.2 20 20M16.2 16.2l2.3-2.3M18.6 18.6l1.9-1.9" {}
            }
            "Keystile"
        }
    }
}

/// Where scripts say what they did, for whoever does not see it.
pub(super) fn live_region() -> Markup {
    html! { p #said .vh role="status" aria-live="polite" {} }
}

/// When something was; the exact time on hover.
pub(super) fn time(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at) { (words::ago(at, now)) } }
}

/// When something was or will be, exactly.
pub(super) fn exact_time(at: Timestamp) -> Markup {
    let text = at.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    let minute = rest.get(..5).unwrap_or_default();
    html! { time datetime=(at) title=(at) { (day) " " (minute) " UTC" } }
}

/// How long something lasts still; counts down.
pub(super) fn left(until: Timestamp, now: Timestamp) -> Markup {
    html! { span data-left=(words::seconds_left(until, now)) { (words::left(until, now)) } }
}

/// A word on a ground that says how good it is.
pub(super) fn tag(look: &str, text: &str) -> Markup {
    html! { span class={ "tag " (look) } { (text) } }
}

/// Whether calls are for real.
pub(super) fn mode_tag(mode: Mode) -> Markup {
    tag(mode.as_str(), mode.as_str())
}

/// Text of somebody's, which may run in any direction and imitate whatever it likes.
pub(super) fn theirs(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// An id or an address: copied by a click.
pub(super) fn copied(text: &str, what: &str) -> Markup {
    html! {
        button.key type="button" data-copy=(text) data-copied={ (what) " copied" }
            title={ "Copy " (what) } { (text) }
    }
}

/// A few words on coloured ground.
pub(super) fn say(look: &str, text: &Markup) -> Markup {
    html! { p class={ "say " (look) } { (text) } }
}

/// What is said before a dialog closes whose secret nobody has copied.
pub(super) fn uncopied() -> Markup {
    html! {
        p.say.amber data-uncopied tabindex="-1" hidden {
            "You have not copied it. Close once more if you really do not need it."
        }
    }
}

/// A list that has nothing in it, with what to do about that.
pub(super) fn empty(title: &str, text: &str, action: Option<Markup>) -> Markup {
    html! {
        div.empty {
            div { b { (title) } p { (text) } }
            @if let Some(action) = action { (action) }
        }
    }
}

/// A link that opens a dialog, or a page of its own without script.
pub(super) fn asks(class: &str, href: &str, text: &str) -> Markup {
    let class = Some(class).filter(|class| !class.is_empty());
    html! { a class=[class] href=(href) data-ask { (text) } }
}

/// The head of a page.
pub(super) fn page_head(title: &str, sub: Option<Markup>, aside: Option<Markup>) -> Markup {
    html! {
        header.page {
            div {
                h1 { (title) }
                @if let Some(sub) = sub { p.sub { (sub) } }
            }
            @if let Some(aside) = aside { (aside) }
        }
    }
}

/// The way back.
pub(super) fn crumbs(steps: &[(&str, String)]) -> Markup {
    html! {
        nav.crumbs aria-label="Breadcrumb" {
            @for (at, (name, href)) in steps.iter().enumerate() {
                @if at > 0 { span aria-hidden="true" { "›" } }
                a href=(href) { (theirs(name)) }
            }
        }
    }
}

/// A number that matters.
pub(super) fn tile(number: &str, what: &str, look: &str) -> Markup {
    html! { div.tile { b class=(look) { (number) } span { (what) } } }
}
