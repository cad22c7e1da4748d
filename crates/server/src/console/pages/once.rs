//! The one moment in which a secret is shown.

use keystile_core::key::PlainKey;
use keystile_core::model::Key;
use maud::{Markup, html};

use crate::console::parts::{self, Field};
use crate::console::shown::Dialog;
use crate::console::visit::Visit;
use crate::problem::Problem;

/// Shows a new secret, and asks where it will be kept.
pub(super) fn dialog(
    visit: &Visit,
    key: &Key,
    secret: &PlainKey,
    back: &str,
    said: &Markup,
) -> Result<Dialog, Problem> {
    let name = visit.rules()?.kind_name(key.kind).to_lowercase();
    let action = format!("/console/keys/{}/note", key.id);
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
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (Field::text("note", "Where did you store it?")
                .hint("Optional. Helps the next person: 1Password › Server › booking")
                .value(note).input())
            p.say.amber data-uncopied tabindex="-1" hidden {
                "You have not copied it. Close once more if you really do not need it."
            }
            div.end {
                a.btn href=(back) data-close { "Close" }
                button.btn type="submit" { "I have stored it" }
            }
        }
    };
    Ok(Dialog::tell(
        format!("Copy your {name} now"),
        back.to_owned(),
        body,
    ))
}
