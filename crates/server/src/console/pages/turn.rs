//! The turns in a key's life: a new value, its end.

use keystile_core::model::{Effective, Kind};
use maud::{Markup, html};

use super::key_row::is_recoverable;
use super::once;
use crate::api::KeyView;
use crate::console::parts::{self, Field};
use crate::console::shown::{Dialog, Shown};
use crate::console::visit::Visit;
use crate::console::words::capital;
use crate::manage::{end_grace, end_key, reveal_key, rotate_key};
use crate::problem::Problem;

/// For how long an old value may go on working, in seconds, and in words.
const GRACES: [(u32, &str, &str); 5] = [
    (0, "Now", "The old value is refused from this moment on."),
    (3_600, "In 1 hour", "Time to restart what uses it."),
    (86_400, "In 24 hours", "Time for a deployment."),
    (259_200, "In 3 days", "Time over a weekend."),
    (604_800, "In 7 days", "The longest there is."),
];

async fn key(visit: &Visit) -> Result<KeyView, Problem> {
    let placed = visit.work().key(visit.id("key")?).await;
    KeyView::one(&visit.app, &placed.map_err(Problem::from)?.key).await
}

/// Where the key is listed.
fn back(visit: &Visit, key: &KeyView) -> Result<String, Problem> {
    visit.list_of(&key.environment.name)
}

/// Who used it last and with what: whoever ends it should know.
fn warning(visit: &Visit, key: &KeyView) -> Markup {
    let now = visit.now();
    let Some(last) = &key.last_used else {
        return html! { p.say.green { "It was never used." } };
    };
    let look = if key.was_used_lately(now) {
        "say amber"
    } else {
        "say"
    };
    html! {
        p class=(look) {
            "Last used " (parts::time(last.at, now))
            @if let Some(operation) = &last.operation { " for " code { (operation) } }
            @if let Some(address) = &last.address { " from " code { (address) } }
            @if key.was_used_lately(now) { ". Whatever uses it fails from then on." } @else { "." }
        }
    }
}

/// A form of one question.
fn question(
    visit: &Visit,
    action: &str,
    body: &Markup,
    (look, verb): (&str, &str),
    back: &str,
) -> Markup {
    html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours()) (visit.once())
            (body)
            (parts::submit(look, verb, back))
        }
    }
}

/// What proves that the old state is over.
pub(super) fn proof(effective: &Effective, millis: u64) -> String {
    let Effective {
        nodes, confirmed, ..
    } = effective;
    format!(
        "dead on {confirmed} of {nodes} nodes after {} ms",
        millis.max(1)
    )
}

/// `GET /console/keys/{key}/regenerate`
pub(in crate::console) async fn ask_regenerate(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    let back = back(&visit, &key)?;
    let fields = html! {
        p {
            b { (parts::theirs(&key.name)) } " gets a new value. Its name, rights and counters stay. \
             Put the new value where the old one is used now."
        }
        (warning(&visit, &key))
        fieldset {
            legend { "The old value ends" }
            @for (seconds, words, hint) in GRACES {
                label.choice {
                    input type="radio" name="grace" value=(seconds) checked[seconds == 0];
                    span { (words) small { (hint) } }
                }
            }
        }
    };
    let action = visit.at(format_args!("/keys/{}/regenerate", key.id));
    let body = question(&visit, &action, &fields, ("main", "Regenerate"), &back);
    Ok(Shown::Dialog(Dialog::ask(
        "Regenerate this key?",
        back,
        body,
    )))
}

/// `POST /console/keys/{key}/regenerate`
pub(in crate::console) async fn regenerate(visit: Visit) -> Result<Shown, Problem> {
    let before = key(&visit).await?;
    let back = back(&visit, &before)?;
    let grace = visit.form.text("grace").parse().unwrap_or(0);
    let (work, done) = visit.work_once().await?;
    if done.is_some() {
        let notice = "This key was regenerated already; its new value was shown then.";
        return Ok(done_at(back, notice.to_owned()));
    }
    let began = visit.app.tick();
    let rotated = rotate_key(&work, before.id, grace).await?;
    let took = visit.app.tick().saturating_sub(began);
    let said = if grace == 0 {
        format!("The old value is {}.", proof(&rotated.effective, took))
    } else {
        let words = GRACES.iter().find(|(seconds, ..)| *seconds == grace);
        let words = words.map_or("later", |(_, words, _)| words).to_lowercase();
        format!("The old value ends {words}.")
    };
    match rotated.secret {
        Some(secret) => {
            let key = &rotated.placed.key;
            let name = visit.rules()?.kind_name(key.kind).to_lowercase();
            let said = html! { (said) };
            let dialog = once::dialog(&visit, (&name, key), &secret, &back, &said);
            Ok(Shown::Dialog(dialog))
        }
        None => {
            let notice = format!("“{}” has a new value. {said}", rotated.placed.key.name);
            Ok(done_at(back, notice))
        }
    }
}

/// `GET /console/keys/{key}/end-old`
pub(in crate::console) async fn ask_end_old(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    let back = back(&visit, &key)?;
    let now = visit.now();
    let Some(old) = &key.retiring else {
        let detail = "this key has no old value that still works";
        return Err(Problem::conflict("nothing_retiring", detail));
    };
    let fields = html! {
        p {
            "The old value of " b { (parts::theirs(&key.name)) } " works for "
            (parts::left(old.ends_at, now)) " more. End it now and only the new one is left."
        }
        @match &old.last_used {
            Some(last) => { p.say.amber { "It was still used " (parts::time(last.at, now)) "." } }
            None => { p.say.green { "It was not used since the key was regenerated." } }
        }
    };
    let action = visit.at(format_args!("/keys/{}/end-old", key.id));
    let body = question(&visit, &action, &fields, ("main", "End it now"), &back);
    Ok(Shown::Dialog(Dialog::ask(
        "End the old value now?",
        back,
        body,
    )))
}

/// `POST /console/keys/{key}/end-old`
pub(in crate::console) async fn end_old(visit: Visit) -> Result<Shown, Problem> {
    let before = key(&visit).await?;
    let began = visit.app.tick();
    let (placed, effective) = end_grace(&visit.work(), before.id, 0).await?;
    let took = visit.app.tick().saturating_sub(began);
    let notice = format!(
        "The old value of “{}” is {}.",
        placed.key.name,
        proof(&effective, took)
    );
    Ok(done_at(back(&visit, &before)?, notice))
}

/// `GET /console/keys/{key}/revoke`
pub(in crate::console) async fn ask_revoke(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    let back = back(&visit, &key)?;
    let fields = html! {
        p {
            b { (parts::theirs(&key.name)) } " ends for good: every call with it is refused from \
             the moment this is done, and nobody can bring it back. To replace it, regenerate it instead."
        }
        (warning(&visit, &key))
    };
    let action = visit.at(format_args!("/keys/{}/revoke", key.id));
    let body = question(&visit, &action, &fields, ("bad main", "Revoke"), &back);
    Ok(Shown::Dialog(Dialog::ask("Revoke this key?", back, body)))
}

/// `POST /console/keys/{key}/revoke`
pub(in crate::console) async fn revoke(visit: Visit) -> Result<Shown, Problem> {
    end(visit, false, "revoked").await
}

async fn end(visit: Visit, delete: bool, done: &str) -> Result<Shown, Problem> {
    let before = key(&visit).await?;
    let began = visit.app.tick();
    let (placed, effective) = end_key(&visit.work(), before.id, delete).await?;
    let took = visit.app.tick().saturating_sub(began);
    let proof = capital(&proof(&effective, took));
    let notice = format!("“{}” is {done}. {proof}.", placed.key.name);
    Ok(done_at(back(&visit, &before)?, notice))
}

/// `GET /console/keys/{key}/delete`
pub(in crate::console) async fn ask_delete(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    Ok(Shown::Dialog(delete_dialog(&visit, &key, None)?))
}

fn delete_dialog(visit: &Visit, key: &KeyView, wrong: Option<String>) -> Result<Dialog, Problem> {
    let back = back(visit, key)?;
    let action = visit.at(format_args!("/keys/{}/delete", key.id));
    let field = Field::text("name", "Type the key's name to confirm")
        .needed()
        .first()
        .wrong(wrong);
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            p {
                b { (parts::theirs(&key.name)) } " ends at once and leaves this list. Its history stays \
                 in the audit log."
            }
            (warning(visit, key))
            (field.input())
            (parts::submit("bad main", "Confirm Delete", &back))
        }
    };
    Ok(Dialog::ask("Delete this key?", back, body))
}

/// `POST /console/keys/{key}/delete`
pub(in crate::console) async fn delete(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    if visit.form.text("name").trim() != key.name {
        let wrong = format!("this is not its name; type {:?}", key.name);
        let dialog = delete_dialog(&visit, &key, Some(wrong))?;
        let status = http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(Shown::Dialog(dialog.status(status)));
    }
    end(visit, true, "deleted").await
}

/// `GET /console/keys/{key}/reveal`
pub(in crate::console) async fn ask_reveal(visit: Visit) -> Result<Shown, Problem> {
    let key = key(&visit).await?;
    if key.kind != Kind::Secret || !is_recoverable(visit.rules()?) {
        let detail = "this product shows its secrets once; regenerate the key to get a new one";
        return Err(Problem::conflict("not_recoverable", detail));
    }
    let back = back(&visit, &key)?;
    let fields = html! {
        p {
            "The secret of " b { (parts::theirs(&key.name)) } " is shown on this screen. The audit log \
             will say that you have seen it."
        }
    };
    let action = visit.at(format_args!("/keys/{}/reveal", key.id));
    let body = question(&visit, &action, &fields, ("main", "Reveal"), &back);
    Ok(Shown::Dialog(Dialog::ask(
        "Reveal this secret?",
        back,
        body,
    )))
}

/// `POST /console/keys/{key}/reveal`
pub(in crate::console) async fn reveal(visit: Visit) -> Result<Shown, Problem> {
    let before = key(&visit).await?;
    let back = back(&visit, &before)?;
    let (placed, secret) = reveal_key(&visit.work(), before.id).await?;
    let body = html! {
        p { "The secret of " b { (parts::theirs(&placed.key.name)) } "." }
        (parts::secret(secret.reveal()))
        div.end { a.btn href=(back) data-close { "Hide it" } }
    };
    Ok(Shown::Dialog(Dialog::ask("Here it is", back, body)))
}

fn done_at(to: String, notice: String) -> Shown {
    Shown::Done {
        to,
        notice: Some(notice),
    }
}
