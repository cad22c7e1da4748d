//! The parts that pages are built from, in all their states. Only where everything is thrown away.

use keystile_core::model::Mode;
use maud::{Markup, html};

use crate::console::parts::{self, Bar, Field, chart, code, empty, tag, tile};
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

const COLOURS: [&str; 9] = [
    "paper", "card", "wash", "ink", "soft", "brass", "live", "test", "bad",
];

/// `GET /console/_components`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    if !visit.app.settings.demo {
        return Err(Problem::not_found("page"));
    }
    let body = html! {
        (parts::page_head("Components", Some(html! { "Every page is built from these." }), None))
        (card("Colours", &html! {
            div.swatches { @for name in COLOURS { div { i class={ "c-" (name) } {} span { (name) } } } }
        }))
        (card("Type", &html! {
            div.stack { h1 { "Heading of a page" } h2 { "Heading of a card" } h3 { "Heading of a part" } p { "Text that people read." } small { "What helps them." } code { "what machines read" } }
        }))
        (card("What can be done", &html! {
            div.row {
                button.btn.main { "The one thing" } button.btn { "Another thing" } button.btn.quiet { "A small thing" }
                button.btn.bad { "A grave thing" } button.btn.bad.main { "The grave thing" } button.btn.main disabled { "Not now" }
            }
        }))
        (card("States", &html! {
            div.row {
                (parts::mode_tag(Mode::Live)) (parts::mode_tag(Mode::Test)) (tag("idle", "idle")) (tag("bad", "exposed")) (tag("", "expired")) (tag("good", "this one"))
            }
        }))
        (card("Keys", &html! {
            div.stack {
                div { (parts::key_value("pk_live_… (43 characters)")) }
                div { (parts::preview_value("sk_live_oZXP••••••••")) }
                div { (parts::copied("prj_01k9x7m2q8f4v", "project id")) }
            }
        }))
        (card("Said", &html! {
            div.stack {
                (parts::say("", &html! { "Something to know." })) (parts::say("green", &html! { "All is well." }))
                (parts::say("amber", &html! { "Look at this." })) (parts::say("red", &html! { "This is wrong." }))
            }
        }))
        (card("Fields", &html! {
            form.stack {
                (Field::text("plain", "A name").hint("What it is for.").input())
                (Field::text("wrong", "Another").value("a\tb").wrong(Some("a name has no control characters".into())).input())
                (Field::text("lines", "Several").hint("One a line.").area())
            }
        }))
        div.tiles { (tile("12", "keys that work", "")) (tile("2", "idle keys", "warn")) (tile("1", "exposed keys", "danger")) }
        (card("Calls", &chart(&bars(), "A day")))
        (code("sample", "Code", "Copied by a click.", &[("KEY=", false), ("pk_live_…", true)]))
        section.card { div.head { h2 { "Nothing" } } (empty("Nothing here", "What to do about it.", Some(html! { button.btn { "Do it" } }))) }
    };
    Ok(Page::still("Components", Entry::None, body))
}

fn card(title: &str, body: &Markup) -> Markup {
    html! { section.card { div.head { h2 { (title) } } div.body { (body) } } }
}

fn bars() -> Vec<Bar> {
    (0..24_u64)
        .map(|hour| Bar {
            when: format!("{hour}:00"),
            allowed: hour * hour % 37 * 100,
            refused: hour % 5 * 40,
        })
        .collect()
}
