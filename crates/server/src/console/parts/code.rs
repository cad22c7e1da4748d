//! Code to be copied.

use maud::{Markup, html};

/// A piece of code with its parts; those that are `true` stand out.
pub(in crate::console) fn code(
    id: &str,
    title: &str,
    hint: &str,
    parts: &[(&str, bool)],
) -> Markup {
    html! {
        section.card aria-labelledby={ (id) "-title" } {
            div.head {
                div { h2 id={ (id) "-title" } { (title) } p { (hint) } }
                button.btn.quiet type="button" data-copy-from={ "#" (id) } data-copied="Snippet copied" { "Copy" }
            }
            pre tabindex="0" {
                code id=(id) {
                    @for (text, stands_out) in parts {
                        @if *stands_out { mark { (text) } } @else { (text) }
                    }
                }
            }
        }
    }
}
