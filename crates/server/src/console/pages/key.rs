//! The page of one key.

use keystile_core::model::{KeyState, Kind, PersonId};
use keystile_core::policy::OriginList;
use keystile_store::UsageOf;
use maud::{Markup, html};

use super::key_form::{self, Filled};
use super::traffic::Traffic;
use super::{key_row, keys, snippets};
use crate::api::KeyView;
use crate::console::parts::{self, asks};
use crate::console::rights::Ability;
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::console::words::capital;
use crate::manage::{KeyChange, update_key};
use crate::problem::Problem;

/// The key of the path, with its version.
async fn read(visit: &Visit) -> Result<(KeyView, u64), Problem> {
    let placed = visit.work().key(visit.id("key")?).await;
    let key = placed.map_err(Problem::from)?.key;
    Ok((KeyView::one(&visit.app, &key).await?, key.seq))
}

fn list(visit: &Visit, key: &KeyView) -> Result<String, Problem> {
    visit.list_of(&key.environment.name)
}

/// `GET /console/keys/{key}`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let (key, _) = read(&visit).await?;
    let is_over_month = visit.query.text("over") == "month";
    let traffic = Traffic::of(&visit, UsageOf::Key(key.id), is_over_month).await?;
    let maker = maker(&visit, &key.created_by).await?;
    let rules = visit.rules()?;
    let at = visit.at(format_args!("/keys/{}", key.id));
    let steps = [
        (keys::label(&visit), list(&visit, &key)?),
        (capital(&key.environment.name), list(&visit, &key)?),
    ];
    let steps = steps
        .each_ref()
        .map(|(name, href)| (name.as_str(), href.clone()));
    let sub = html! { (key_row::value(&key)) (key_row::state_tags(&key)) };
    let body = html! {
        (parts::crumbs(&steps))
        (parts::page_head(&key.name, Some(sub), Some(actions(&visit, &key, &at))))
        (key_row_words(&visit, &key))
        (traffic.card(&at))
        (facts(&visit, &key, &maker))
        @if key.kind == Kind::Publishable { (tester(&at)) }
        @if key.status == KeyState::Active && !visit.place.is_operators() { (snippets::all(&visit.app, rules, &key)) }
    };
    let entry = match visit.place.is_operators() {
        true => Entry::OperatorKeys,
        false => Entry::Keys,
    };
    Ok(Page::live(key.name.clone(), entry, body))
}

fn key_row_words(visit: &Visit, key: &KeyView) -> Markup {
    let now = visit.now();
    html! {
        @if let Some(at) = key.exposed_at {
            p.say.red {
                "A web page sent this secret " (parts::time(at, now)) ", so its visitors can read it. \
                 Regenerate it, and keep the new value on your server."
            }
        }
        @if let Some(old) = &key.retiring {
            p.say.amber {
                "The old value " code { (old.preview) } " works for " (parts::left(old.ends_at, now)) " more"
                @match &old.last_used {
                    Some(last) => { " and was last used " (parts::time(last.at, now)) "." }
                    None => { " and was not used since." }
                }
            }
        }
    }
}

fn actions(visit: &Visit, key: &KeyView, at: &str) -> Markup {
    let to = |what: &str| format!("{at}/{what}");
    let may = |ability| visit.may(ability);
    html! {
        div.row {
            @if key.status != KeyState::Revoked {
                @if may(Ability::ChangeKeys) { (asks("btn", &to("edit"), "Edit")) }
                @if may(Ability::RotateKeys) {
                    @if key.retiring.is_some() { (asks("btn", &to("end-old"), "End old value now")) }
                    @else { (asks("btn", &to("regenerate"), "Regenerate")) }
                }
                @if may(Ability::RevokeKeys) { (asks("btn bad", &to("revoke"), "Revoke")) }
            } @else if may(Ability::RevokeKeys) {
                (asks("btn bad", &to("delete"), "Delete"))
            }
        }
    }
}

fn facts(visit: &Visit, key: &KeyView, maker: &Markup) -> Markup {
    let now = visit.now();
    let places = match key.kind {
        Kind::Publishable => (&key.allowed_origins, "Works on", "any page"),
        Kind::Secret => (&key.allowed_ips, "Works from", "any address"),
    };
    html! {
        section.card aria-labelledby="facts-title" {
            div.head { h2 #facts-title { "What it is" } }
            div.body {
                dl.facts {
                    dt { "Id" } dd { (parts::copied(&key.id.to_string(), "key id")) }
                    dt { "Kind" } dd { (key.kind.as_str()) ", " (parts::mode_tag(key.mode)) }
                    dt { "May" }
                    dd {
                        @if key.scopes.is_empty() { span.warn { "nothing" } }
                        @for scope in &key.scopes { code { (scope) } " " }
                        small { @if key.own_scopes.is_none() { "As the product says." } @else { "Listed for this key." } }
                    }
                    dt { (places.1) }
                    dd {
                        @match places.0.as_deref() {
                            None => (places.2),
                            Some([]) => { span.warn { "nowhere" } }
                            Some(list) => { @for one in list { div { code { (parts::theirs(one)) } } } }
                        }
                    }
                    dt { "Last used" }
                    dd {
                        @match &key.last_used {
                            None => "never",
                            Some(last) => {
                                (parts::time(last.at, now))
                                @if let Some(operation) = &last.operation { " for " code { (operation) } }
                                @if let Some(address) = &last.address { " from " code { (address) } }
                            }
                        }
                    }
                    @if let Some(rate) = &key.rate_limit {
                        dt { "Limit" } dd { (rate.limit) " calls in " (rate.period_seconds) " s" }
                    }
                    @if let Some(caps) = &key.spend_caps {
                        dt { "Credits it may spend" }
                        dd {
                            @for (cap, words) in [caps.day, caps.month, caps.total].into_iter().zip(["a day", "a month", "in all"]) {
                                @if let Some(cap) = cap { div { (cap) " " (words) } }
                            }
                        }
                    }
                    dt { "Ends" }
                    dd { @match key.expires_at { None => "when it is revoked", Some(at) => (parts::exact_time(at)) } }
                    @if let Some(note) = &key.note { dt { "Note" } dd { (parts::theirs(note)) } }
                    dt { "Made" } dd { (parts::exact_time(key.created_at)) " by " (maker) }
                }
            }
        }
    }
}

/// Who made it, by name where that is known.
async fn maker(visit: &Visit, created_by: &str) -> Result<Markup, Problem> {
    if let Ok(id) = created_by.parse::<PersonId>() {
        let person = visit.app.store.person(id).await?;
        return Ok(person.map_or_else(|| html! { code { (id) } }, |one| parts::theirs(&one.name)));
    }
    Ok(match created_by {
        "local" => html! { "somebody on the machine" },
        "system" => html! { "Keystile itself" },
        other => match other.strip_prefix("portal:") {
            Some("") => html! { "a guest of the portal" },
            Some(visitor) => html! { "guest " (parts::theirs(visitor)) },
            None => html! { "operator key " code { (other) } },
        },
    })
}

fn tester(at: &str) -> Markup {
    let action = format!("{at}/test-origin");
    html! {
        section.card aria-labelledby="tester-title" {
            div.head { div { h2 #tester-title { "Would this page be let in?" } p { "Paste the address of a page or its origin." } } }
            div.body {
                form.row method="get" action=(action) hx-get=(action) hx-target="#dialog" {
                    input.grow name="origin" aria-label="Origin" placeholder="https://shop.example" required;
                    button.btn type="submit" { "Test" }
                }
            }
        }
    }
}

/// `GET /console/keys/{key}/test-origin`
pub(in crate::console) async fn test_origin(visit: Visit) -> Result<Shown, Problem> {
    let (key, _) = read(&visit).await?;
    let asked = visit.query.text("origin").trim();
    let origin = origin_of(asked);
    let back = visit.at(format_args!("/keys/{}", key.id));
    let list = key.allowed_origins.as_deref();
    let is_allowed = list.is_none_or(|list| OriginList::stored(list).allows(&origin, key.mode));
    let body = html! {
        p { "A browser on that page sends " code { "Origin: " (parts::theirs(&origin)) } "." }
        @if is_allowed {
            p.say.green { "This key works there." }
            @if list.is_none() { p { "It has no origin list, so it works on any page." } }
        } @else {
            p.say.red { "This key is refused there: " code { "origin_not_allowed" } "." }
            p { "An origin is scheme, host and port, and all three must fit an entry of the list." }
        }
        div.end { a.btn href=(back) data-close { "Close" } }
    };
    let title = if is_allowed { "Yes" } else { "No" };
    Ok(Shown::Dialog(Dialog::ask(title, back, body)))
}

/// What a browser calls the origin of an address that somebody pastes.
fn origin_of(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// `POST /console/keys/{key}/note`
pub(in crate::console) async fn note(visit: Visit) -> Result<Shown, Problem> {
    let (key, _) = read(&visit).await?;
    let note = visit.form.filled("note").map(str::to_owned);
    let back = list(&visit, &key)?;
    if note != key.note {
        let change = KeyChange {
            note: Some(note),
            ..KeyChange::default()
        };
        update_key(&visit.work(), key.id, &change).await?;
    }
    let notice = format!("“{}” works from now on.", key.name);
    Ok(Shown::Done {
        to: back,
        notice: Some(notice),
    })
}

/// `GET /console/keys/{key}/edit`
pub(in crate::console) async fn ask_edit(visit: Visit) -> Result<Shown, Problem> {
    let (key, version) = read(&visit).await?;
    let filled = Filled::of_key(&key);
    Ok(Shown::Dialog(edit_dialog(
        &visit, &key, version, &filled, None,
    )?))
}

fn edit_dialog(
    visit: &Visit,
    key: &KeyView,
    version: u64,
    filled: &Filled,
    problem: Option<&Problem>,
) -> Result<Dialog, Problem> {
    let rules = visit.rules()?;
    let back = visit.at(format_args!("/keys/{}", key.id));
    let action = format!("{back}/edit");
    let is_stale = problem.is_some_and(|problem| problem.code == "changed_meanwhile");
    let body = html! {
        @if is_stale {
            p.say.amber {
                "Somebody else has changed this key meanwhile. What you typed is still here; sending \
                 it again puts it in place of theirs."
            }
        }
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (parts::hidden("version", &version.to_string()))
            (key_form::fields(rules, (key.kind, key.mode), filled, problem.filter(|_| !is_stale), false))
            (parts::submit("main", "Save", &back))
        }
    };
    Ok(Dialog::ask("Edit this key", back, body))
}

/// `POST /console/keys/{key}/edit`
pub(in crate::console) async fn edit(visit: Visit) -> Result<Shown, Problem> {
    let (key, version) = read(&visit).await?;
    let changed = match key_form::change(&visit.form, key.kind, visit.now()) {
        Ok(change) => update_key(&visit.work(), key.id, &change).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok((placed, effective)) => {
            let name = &placed.key.name;
            let proof = effective.map(|effective| {
                format!(
                    " In force on {} of {} nodes.",
                    effective.confirmed, effective.nodes
                )
            });
            Ok(Shown::Done {
                to: visit.at(format_args!("/keys/{}", key.id)),
                notice: Some(format!("“{name}” is saved.{}", proof.unwrap_or_default())),
            })
        }
        Err(problem) if key_form::is_about_fields(&problem) => {
            let filled = Filled::of_form(&visit.form, &key.name);
            let dialog = edit_dialog(&visit, &key, version, &filled, Some(&problem))?;
            Ok(Shown::Dialog(dialog.status(problem.status)))
        }
        Err(problem) => Err(problem),
    }
}
