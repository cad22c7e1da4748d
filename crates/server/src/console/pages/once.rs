//! The one moment in which a secret is shown.

use keystile_core::key::PlainKey;
use keystile_core::model::Key;
use maud::{Markup, html};

use crate::console::parts::{self, Field};
use crate::console::rights::Ability;
use crate::console::shown::Dialog;
use crate::console::visit::Visit;

/// Shows a new secret of a key that people call `name`, and asks where it will be kept.
pub(super) fn dialog(
    visit: &Visit,
    (name, key): (&str, &Key),
    secret: &PlainKey,
    back: &str,
    said: &Markup,
) -> Dialog {
    let action = visit.at(format_args!("/keys/{}/note", key.id));
    let note = key.note.as_deref().unwrap_or_default();
    let is_recoverable = key.sealed.is_some();
    let warning = match is_recoverable {
        true => {
            "Keep it on your server. It can be revealed again, and the audit log says when it was."
        }
        false => {
            "This is the only time it is shown. Lost it? Regenerate it; nobody can read it back."
        }
    };
    let body = html! {
        p { (warning) " " (said) }
        (parts::secret(secret.reveal()))
        @if visit.may(Ability::ChangeKeys) {
            form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
                (visit.ours())
                (Field::text("note", "Where did you store it?")
                    .hint("Optional. Helps the next person: 1Password › Server › booking")
                    .value(note).input())
                (parts::uncopied())
                div.end {
                    a.btn href=(back) data-close { "Close" }
                    button.btn type="submit" { "I have stored it" }
                }
            }
        } @else {
            (parts::uncopied())
            div.end { a.btn href=(back) data-close { "I have stored it" } }
        }
    };
    Dialog::tell(format!("Copy your {name} now"), back.to_owned(), body)
}
