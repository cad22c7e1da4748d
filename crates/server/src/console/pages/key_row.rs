//! A key in a list, with its state in words.

use keystile_core::manifest::{Reveal, Rules};
use keystile_core::model::{KeyState, Kind, Mode, Timestamp};
use maud::{Markup, html};

use crate::api::KeyView;
use crate::console::parts::{self, asks};
use crate::console::rights::Ability;
use crate::console::visit::Visit;

/// What a row is made of.
pub(super) struct Row<'a> {
    pub(super) visit: &'a Visit,
    pub(super) key: &'a KeyView,
    pub(super) rules: &'a Rules,
    /// Whether there is only one of its kind: then its name says nothing.
    pub(super) only_one: bool,
}

/// Whether secrets of the product can be shown again.
pub(super) fn is_recoverable(rules: &Rules) -> bool {
    rules.kind(Kind::Secret).reveal == Reveal::Recoverable
}

/// The row.
pub(super) fn row(row: &Row<'_>) -> Markup {
    let key = row.key;
    let at = row.visit.at(format_args!("/keys/{}", key.id));
    let now = row.visit.now();
    html! {
        tr class=[look(key)] {
            td {
                a.name href=(at) { (parts::theirs(&key.name)) }
                div { (value(key)) }
                (state_words(key, now))
            }
            td data-label="May" { (scopes(key, row.rules)) }
            td data-label="Works from" { (places(key)) }
            td data-label="Last used" { (last_used(key, now)) (state_tags(key)) }
            td.act { (actions(row, &at)) }
        }
    }
}

fn look(key: &KeyView) -> Option<&'static str> {
    if key.status == KeyState::Revoked || key.status == KeyState::Expired {
        Some("dead")
    } else if key.exposed_at.is_some() {
        Some("red")
    } else if key.retiring.is_some() || key.idle {
        Some("amber")
    } else {
        None
    }
}

/// The key as it may be shown.
pub(super) fn value(key: &KeyView) -> Markup {
    match &key.value {
        Some(value) => parts::key_value(value),
        None => parts::preview_value(&key.preview),
    }
}

/// What is special about a key now, one line each.
pub(super) fn state_words(key: &KeyView, now: Timestamp) -> Markup {
    html! {
        @if let Some(old) = &key.retiring {
            small {
                "old value works for " (parts::left(old.ends_at, now)) " more · "
                @match &old.last_used {
                    Some(last) => { "last used " (parts::time(last.at, now)) }
                    None => "not used since"
                }
            }
        }
        @if let Some(at) = key.exposed_at {
            small { "seen in a browser " (parts::time(at, now)) ": visitors can read it" }
        }
        @if let Some(end) = key.expires_at.filter(|end| *end > now) {
            small { "ends in " (parts::left(end, now)) }
        }
        @if let Some(bound) = &key.binding {
            small { "for " (bound.product) @if let Some(environment) = &bound.environment { ", " (environment) } }
        }
        @if let Some(note) = &key.note { small { (parts::theirs(note)) } }
    }
}

/// The same as single words.
pub(super) fn state_tags(key: &KeyView) -> Markup {
    html! {
        @match key.status {
            KeyState::Active => {}
            KeyState::Disabled => { " " (parts::tag("test", "switched off")) }
            KeyState::Expired => { " " (parts::tag("", "expired")) }
            KeyState::Revoked => { " " (parts::tag("", "revoked")) }
        }
        @if key.exposed_at.is_some() { " " (parts::tag("bad", "exposed")) }
        @if key.idle { " " (parts::tag("idle", "idle")) }
        @if key.foreign { " " (parts::tag("", "imported")) }
    }
}

/// What it may do, shortly.
fn scopes(key: &KeyView, rules: &Rules) -> Markup {
    let all = rules.scope_names(rules.grantable_scopes(key.kind)).count();
    let (first, more) = match key.scopes.as_slice() {
        [] => return html! { span.warn { "nothing" } },
        names if key.kind == Kind::Secret && names.len() == all => {
            return html! { "everything" };
        }
        [one, two] => return html! { (one) ", " (two) },
        [first, more @ ..] => (first, more.len()),
    };
    html! { (first) @if more > 0 { small { "and " (more) " more" } } }
}

/// From where it works, shortly.
fn places(key: &KeyView) -> Markup {
    let (list, any) = match key.kind {
        Kind::Publishable => (&key.allowed_origins, "any origin"),
        Kind::Secret => (&key.allowed_ips, "any address"),
    };
    let is_open = key.kind == Kind::Publishable && key.mode == Mode::Live;
    match list.as_deref() {
        None if is_open => html! { span.warn { (any) } },
        None => html! { span.soft { (any) } },
        Some([]) => html! { span.warn { "nowhere" } },
        Some([first, more @ ..]) => html! {
            (parts::theirs(first))
            @if !more.is_empty() { small { "and " (more.len()) " more" } }
        },
    }
}

fn last_used(key: &KeyView, now: Timestamp) -> Markup {
    match &key.last_used {
        Some(last) => parts::time(last.at, now),
        None => html! { span.soft { "never" } },
    }
}

fn actions(row: &Row<'_>, at: &str) -> Markup {
    let key = row.key;
    let to = |what: &str| format!("{at}/{what}");
    let may = |ability| row.visit.may(ability);
    let (may_rotate, may_revoke) = (may(Ability::RotateKeys), may(Ability::RevokeKeys));
    if key.status == KeyState::Revoked {
        return html! { @if may_revoke { (asks("btn quiet bad", &to("delete"), "Delete")) } };
    }
    // What is most likely wanted.
    let first = if key.exposed_at.is_some() && may_revoke {
        asks("btn bad", &to("revoke"), "Revoke")
    } else if key.retiring.is_some() && may_rotate {
        asks("btn quiet", &to("end-old"), "End old value now")
    } else if key.idle && may_revoke {
        asks("btn quiet", &to("revoke"), "Revoke")
    } else if may_rotate {
        asks("btn quiet", &to("regenerate"), "Regenerate")
    } else {
        html! {}
    };
    let is_secret = key.kind == Kind::Secret;
    let can_reveal = is_secret && is_recoverable(row.rules) && may(Ability::RevealKeys);
    html! {
        @if can_reveal { (asks("btn quiet", &to("reveal"), "Reveal")) }
        (first)
        details.drop {
            summary aria-label={ "More for " (key.name) } { "⋯" }
            ul {
                li { a href=(at) { "Usage, limits, snippets" } }
                @if may(Ability::ChangeKeys) { li { (asks("", &to("edit"), "Edit")) } }
                @if may_rotate { li { (asks("", &to("regenerate"), "Regenerate")) } }
                @if may_revoke {
                    li { (asks("bad", &to("revoke"), "Revoke")) }
                    li { (asks("bad", &to("delete"), if row.only_one { "Delete" } else { "Delete this key" })) }
                }
            }
        }
    }
}
