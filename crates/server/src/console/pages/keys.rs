//! The page of a project's keys.

use keystile_core::manifest::Rules;
use keystile_core::model::{Environment, KeyId, KeyState, Kind, Mode};
use keystile_store::{EnvironmentFilter, KeyFilter};
use maud::{Markup, html};

use super::key_form::{self, Filled};
use super::key_row::{self, Row};
use super::once;
use super::snippets;
use crate::api::KeyView;
use crate::console::paging::{self, Cut};
use crate::console::parts::{self, asks, copied, empty};
use crate::console::rights::Ability;
use crate::console::shell::{keys_label, keys_way};
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::side::Side;
use crate::console::visit::Visit;
use crate::console::words::capital;
use crate::manage::create_key;
use crate::problem::Problem;

/// So many keys of a kind are shown on a page.
const SHOWN: u32 = 50;

/// `GET /console/projects/{project}/keys`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let rules = visit.rules()?;
    let environments = environments(&visit).await?;
    let wanted = visit.query.filled("environment");
    let chosen = match wanted {
        Some(name) => environments.iter().find(|one| one.name == name),
        None => environments.first(),
    };
    let chosen = chosen.ok_or_else(|| Problem::not_found("environment"))?;
    let (mut sections, mut tag) = (Vec::new(), None);
    for kind in [Kind::Publishable, Kind::Secret] {
        let rows = Listed::of(&visit, chosen, kind).await?;
        if rules.kind(kind).offered || !rows.keys.is_empty() {
            tag = tag.or_else(|| embed(&visit, rules, &rows.keys));
            sections.push(section(&visit, rules, chosen, kind, &rows));
        }
    }
    let title = &rules.console.page_title;
    let body = html! {
        (head(&visit, rules, &environments, chosen)?)
        (base(rules, chosen))
        @for section in &sections { (section) }
        @if let Some(tag) = tag { (tag) }
    };
    Ok(Page::live(title.to_string(), Entry::Keys, body))
}

/// The environments of the project, in the order of the manifest, those that the customer added
/// after them.
async fn environments(visit: &Visit) -> Result<Vec<Environment>, Problem> {
    let filter = EnvironmentFilter {
        project: Some(visit.project()?.id),
        ..EnvironmentFilter::default()
    };
    let store = &visit.app.store;
    let read = |part| store.environments(filter.clone(), part);
    let mut found = paging::all(read, |one| one.id).await?;
    found.retain(|one| visit.caller.reaches_environment(&one.product, &one.name));
    let rules = visit.rules()?;
    let place = |environment: &Environment| {
        let known = rules.environments.iter();
        let at = known.clone().position(|one| *one.name == *environment.name);
        at.unwrap_or(usize::MAX)
    };
    found.sort_by_key(|environment| (place(environment), environment.id));
    Ok(found)
}

fn head(
    visit: &Visit,
    rules: &Rules,
    environments: &[Environment],
    chosen: &Environment,
) -> Result<Markup, Problem> {
    let project = visit.project()?;
    let organization = visit.organization()?;
    let has_projects = rules.auto_project.is_none() && visit.only_project().is_none();
    let list = visit.at(format_args!(
        "/organizations/{}/projects?all=",
        organization.id
    ));
    let sub = html! {
        @if has_projects { "Project " b { (parts::theirs(&project.name)) } " " }
        @else { "Project id " }
        (copied(&project.id.to_string(), "project id"))
        @if let Some(docs) = &rules.docs_url {
            " · " a href=(docs) rel="noopener noreferrer" target="_blank" { "Docs" }
        }
    };
    let tabs = html! {
        nav.tabs aria-label="Environment" {
            @for one in environments {
                a href={ "?environment=" (one.name) } aria-current=[(one.id == chosen.id).then_some("page")] {
                    i class={ "dot " (one.mode.as_str()) } {}
                    (capital(&one.name))
                    span.vh { " (" (one.mode.as_str()) ")" }
                }
            }
        }
    };
    Ok(html! {
        @if has_projects { (parts::crumbs(&[("Projects", list)])) }
        @if let Some(way) = keys_way(rules).filter(|_| visit.side == Side::Console) { p.crumbs { (way) } }
        (parts::page_head(&rules.console.page_title, Some(sub), Some(tabs)))
    })
}

/// Which world these keys belong to, and where they work.
fn base(rules: &Rules, environment: &Environment) -> Markup {
    let known = rules
        .environments
        .iter()
        .find(|one| *one.name == *environment.name);
    let urls = known.map(|known| &*known.base_urls).unwrap_or_default();
    let what = match environment.mode {
        Mode::Live => "Real calls, real credits.",
        Mode::Test => "For trying things out: nothing here touches production or its credits.",
    };
    html! {
        p.base {
            (parts::mode_tag(environment.mode))
            @if !environment.enabled { (parts::tag("bad", "switched off")) }
            span { (what) }
            @for url in urls {
                span { "Base URL " (copied(&url.to_string(), "base URL")) }
            }
        }
    }
}

/// Keys of a kind, newest first.
struct Listed {
    keys: Vec<KeyView>,
    /// Where the next page begins.
    next: Option<KeyId>,
}

impl Listed {
    async fn of(visit: &Visit, environment: &Environment, kind: Kind) -> Result<Self, Problem> {
        let field = format!("before_{}", kind.as_str());
        let filter = KeyFilter {
            environment: Some(environment.id),
            kind: Some(kind),
            living: Some(!visit.query.is_ticked("revoked")),
            ..KeyFilter::default()
        };
        let part = paging::part(visit.before(&field), SHOWN);
        let keys = visit.app.store.keys(filter, part).await?;
        let Cut { rows, next } = paging::cut(keys, SHOWN, |key| key.id);
        let keys = KeyView::all(&visit.app, &rows).await?;
        Ok(Self { keys, next })
    }
}

fn section(
    visit: &Visit,
    rules: &Rules,
    environment: &Environment,
    kind: Kind,
    listed: &Listed,
) -> Markup {
    let name = rules.kind_name(kind);
    let may = visit.may(Ability::CreateKeys);
    let (new, at_most) = (
        new_address(visit, environment, kind),
        rules.kind(kind).max_active,
    );
    let only_one = at_most == Some(1);
    let explained = match kind {
        Kind::Publishable => {
            "For your pages and apps. Anyone can read them; the origin list decides where they work."
        }
        Kind::Secret if key_row::is_recoverable(rules) => {
            "For your servers only. Kept sealed; every time one is shown is in the audit log."
        }
        Kind::Secret => "For your servers only. Shown once; only a keyed hash is stored.",
    };
    let is_revoked = visit.query.is_ticked("revoked");
    let room = at_most.is_none_or(|most| {
        let working = listed
            .keys
            .iter()
            .filter(|key| key.status != KeyState::Expired);
        working.count() < usize::try_from(most).unwrap_or(usize::MAX)
    });
    let can_add = may && room && rules.kind(kind).offered && !is_revoked;
    let verb = if only_one {
        format!("Generate {name}")
    } else {
        "Add key".to_owned()
    };
    let id = kind.as_str();
    html! {
        section.card aria-labelledby={ (id) "-title" } {
            div.head {
                div { h2 id={ (id) "-title" } { (plural(name)) } p { (explained) } }
                @if can_add { (asks("btn", &new, &verb)) }
            }
            @if listed.keys.is_empty() {
                (empty(&format!("No {} here", name.to_lowercase()), none(kind, may), None))
            } @else {
                table {
                    thead { tr {
                        th scope="col" { "Name and key" }
                        th scope="col" { "May" }
                        th scope="col" { "Works from" }
                        th scope="col" { "Last used" }
                        th scope="col" { span.vh { "Actions" } }
                    } }
                    tbody {
                        @for key in &listed.keys {
                            (key_row::row(&Row { visit, key, rules, only_one }))
                        }
                    }
                }
            }
            @if let Some(next) = listed.next {
                a.more href={ "?environment=" (environment.name) "&before_" (id) "=" (next) @if is_revoked { "&revoked" } } {
                    "Older keys"
                }
            }
        }
    }
}

fn none(kind: Kind, may: bool) -> &'static str {
    match (kind, may) {
        (Kind::Publishable, true) => "Add one and paste it into your page.",
        (Kind::Secret, true) => "Add one for your server; you will see it once.",
        (_, false) => "Somebody with the role developer can add one.",
    }
}

/// The tag for web pages, with the newest publishable key that works.
fn embed(visit: &Visit, rules: &Rules, keys: &[KeyView]) -> Option<Markup> {
    let works = |key: &&KeyView| key.status == KeyState::Active;
    let value = keys
        .iter()
        .filter(works)
        .find_map(|key| key.value.as_deref());
    value.map(|value| snippets::embed(&visit.app, rules, value))
}

fn new_address(visit: &Visit, environment: &Environment, kind: Kind) -> String {
    let (id, kind) = (environment.id, kind.as_str());
    visit.at(format_args!("/environments/{id}/keys/new?kind={kind}"))
}

fn kind_of(visit: &Visit) -> Result<Kind, Problem> {
    let asked = visit.form.get("kind").or_else(|| visit.query.get("kind"));
    let kinds = [Kind::Publishable, Kind::Secret];
    let found = kinds.into_iter().find(|kind| asked == Some(kind.as_str()));
    found.ok_or_else(|| Problem::bad_request("say which kind: publishable or secret"))
}

async fn environment(visit: &Visit) -> Result<Environment, Problem> {
    let found = visit.work().environment(visit.id("environment")?).await;
    let (environment, _, _) = found.map_err(Problem::from)?;
    Ok(environment)
}

/// `GET /console/environments/{environment}/keys/new`
pub(in crate::console) async fn ask(visit: Visit) -> Result<Shown, Problem> {
    let (environment, kind) = (environment(&visit).await?, kind_of(&visit)?);
    Ok(Shown::Dialog(form(&visit, &environment, kind, None)?))
}

fn form(
    visit: &Visit,
    environment: &Environment,
    kind: Kind,
    problem: Option<&Problem>,
) -> Result<Dialog, Problem> {
    let rules = visit.rules()?;
    let name = rules.kind_name(kind);
    let back = back(visit, environment)?;
    let action = visit.at(format_args!("/environments/{}/keys/new", environment.id));
    let only_one = rules.kind(kind).max_active == Some(1);
    let verb = if only_one { "Generate" } else { "Create" };
    // Where there is only one, its name says nothing that people would have to think of.
    let usual = match only_one {
        true => capital(&environment.name),
        false => String::new(),
    };
    let filled = Filled::of_form(&visit.form, &usual);
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours()) (visit.once())
            (parts::hidden("kind", kind.as_str()))
            (key_form::fields(rules, (kind, environment.mode), &filled, problem, true))
            (parts::submit("main", verb, &back))
        }
    };
    let title = match only_one {
        true => format!("Generate {name}"),
        false => format!("New {} for {}", name.to_lowercase(), environment.name),
    };
    Ok(Dialog::ask(title, back, body))
}

/// `POST /console/environments/{environment}/keys/new`
pub(in crate::console) async fn create(visit: Visit) -> Result<Shown, Problem> {
    let (environment, kind) = (environment(&visit).await?, kind_of(&visit)?);
    let back = back(&visit, &environment)?;
    let (work, before) = visit.work_once().await?;
    if before.is_some() {
        // Sent twice: the first one has made the key and has shown its secret.
        return Ok(Shown::Done {
            to: back,
            notice: Some("This key was created already; its value was shown then.".into()),
        });
    }
    let created = match key_form::new_key(&visit.form, kind, visit.now()) {
        Ok(new) => create_key(&work, environment.id, &new).await,
        Err(problem) => Err(problem),
    };
    let minted = match created {
        Ok(minted) => minted,
        Err(problem) if key_form::is_about_fields(&problem) => {
            let dialog = form(&visit, &environment, kind, Some(&problem))?;
            return Ok(Shown::Dialog(dialog.status(problem.status)));
        }
        Err(problem) => return Err(problem),
    };
    let name = visit.rules()?.kind_name(kind);
    let key = (name.to_lowercase(), &minted.key);
    match minted.secret {
        Some(secret) => {
            let said = html! { "It works from now on, in " b { (environment.name) } "." };
            let key = (key.0.as_str(), key.1);
            Ok(Shown::Dialog(once::dialog(
                &visit, key, &secret, &back, &said,
            )))
        }
        None => Ok(Shown::Done {
            to: back,
            notice: Some(format!("{name} “{}” works from now on.", minted.key.name)),
        }),
    }
}

/// The page of keys where this environment is shown.
fn back(visit: &Visit, environment: &Environment) -> Result<String, Problem> {
    visit.list_of(&environment.name)
}

/// The name of the page, for links to it.
pub(super) fn label(visit: &Visit) -> String {
    keys_label(visit.place.rules.as_deref())
}

fn plural(name: &str) -> String {
    format!("{name}s")
}
