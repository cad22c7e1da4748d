//! The first page, the search, and the word that something has changed.

use keystile_core::model::{Organization, OrganizationId};
use keystile_store::{KeyFilter, OrganizationFilter, Page as Part};
use maud::{Markup, html};
use serde_json::json;

use crate::console::form::coded;
use crate::console::paging::{self, Cut};
use crate::console::parts::{self, empty};
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

/// So many organizations are shown on a page.
const SHOWN: u32 = 50;

/// So many things of a kind a search finds.
const FOUND: u32 = 8;

/// `GET /console`: the organizations one may see; straight to the only one.
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let name = visit.query.filled("name").map(str::to_owned);
    let part = paging::part(visit.before("before"), SHOWN);
    let rows = organizations(&visit, name.clone(), part).await?;
    if let ([only], None, false) = (rows.as_slice(), &name, visit.is_everywhere()) {
        let to = format!("/console/organizations/{}", only.id);
        return Ok(Shown::Done { to, notice: None });
    }
    // Those of a member are few and come all at once.
    let Cut { rows, next } = match visit.is_everywhere() {
        true => paging::cut(rows, SHOWN, |row| row.id),
        false => Cut { rows, next: None },
    };
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| !row.product.is_operator())
        .collect();
    let body = html! {
        (parts::page_head("Organizations", Some(html! { "The customers whose keys you look after." }), None))
        form.search method="get" role="search" {
            input name="name" type="search" value=(name.as_deref().unwrap_or_default())
                placeholder="Find an organization by its name" aria-label="Name";
            button.btn type="submit" { "Find" }
        }
        section.card aria-label="Organizations" {
            @if rows.is_empty() {
                (empty("No organization here", "Organizations come by the API: POST /v1/organizations. \
                    Or by the command line: keystile organizations create.", None))
            } @else {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Product" } th scope="col" { "Plan" } th scope="col" { "Since" } } }
                    tbody { @for row in &rows { (organization_row(&visit, row)) } }
                }
            }
            @if let Some(next) = next { a.more href={ "?before=" (next) @if let Some(name) = &name { "&name=" (coded(name)) } } { "Older organizations" } }
        }
    };
    Ok(Page::live("Organizations", Entry::Organizations, body))
}

fn organization_row(visit: &Visit, row: &Organization) -> Markup {
    html! {
        tr class=[(!row.enabled).then_some("dead")] {
            td {
                a.name href={ "/console/organizations/" (row.id) } { (parts::theirs(&row.name)) }
                @if let Some(external) = &row.external_id { small { (parts::theirs(external)) } }
            }
            td data-label="Product" { (row.product) }
            td data-label="Plan" { (row.plan.as_deref().unwrap_or("default")) @if !row.enabled { " " (parts::tag("bad", "suspended")) } }
            td data-label="Since" { (parts::time(row.created_at, visit.now())) }
        }
    }
}

/// The organizations one may see, newest first.
async fn organizations(
    visit: &Visit,
    name: Option<String>,
    part: Part<OrganizationId>,
) -> Result<Vec<Organization>, Problem> {
    if visit.is_everywhere() {
        let filter = OrganizationFilter {
            name,
            ..OrganizationFilter::default()
        };
        return Ok(visit.app.store.organizations(filter, part).await?);
    }
    let mut found = Vec::new();
    let wanted = name.map(|name| name.to_lowercase());
    for member in &visit.visitor()?.members {
        let Some(id) = member.organization else {
            continue;
        };
        let Some(row) = visit.app.store.organization(id).await? else {
            continue;
        };
        let fits = wanted
            .as_ref()
            .is_none_or(|wanted| row.name.to_lowercase().contains(wanted));
        if row.deleted_at.is_none() && fits {
            found.push(row);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// `GET /console/live`
pub(in crate::console) async fn live(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Json(json!({ "state": visit.state() })))
}

/// `GET /console/search`
pub(in crate::console) async fn search(visit: Visit) -> Result<Shown, Problem> {
    let asked = visit.query.filled("q").unwrap_or_default().to_owned();
    let found = if asked.is_empty() {
        html! {}
    } else {
        found(&visit, &asked).await?
    };
    let body = html! {
        form.stack method="get" action="/console/search" role="search" hx-get="/console/search"
            hx-target="#dialog" {
            input name="q" type="search" autofocus value=(asked) aria-label="Search"
                placeholder="A name, an id, or how a key begins";
            (parts::submit("main", "Search", "/console"))
        }
        div #found aria-live="polite" { (found) }
    };
    Ok(Shown::Dialog(Dialog::ask(
        "Search",
        "/console".to_owned(),
        body,
    )))
}

async fn found(visit: &Visit, asked: &str) -> Result<Markup, Problem> {
    let organizations =
        organizations(visit, Some(asked.to_owned()), paging::part(None, FOUND)).await?;
    let organizations = organizations
        .iter()
        .filter(|row| !row.product.is_operator());
    let organizations: Vec<_> = organizations.collect();
    let mut keys = Vec::new();
    let places: Vec<_> = match visit.is_everywhere() {
        true => vec![None],
        false => visit
            .visitor()?
            .members
            .iter()
            .map(|member| Some(member.organization))
            .collect(),
    };
    for place in places {
        let filter = KeyFilter {
            organization: place.flatten(),
            name: Some(asked.to_owned()),
            living: Some(true),
            ..KeyFilter::default()
        };
        if place.is_some_and(|place| place.is_none()) {
            continue;
        }
        let part = Part {
            before: None,
            limit: FOUND,
        };
        keys.extend(visit.app.store.keys(filter, part).await?);
    }
    // Operator keys are not looked after here.
    let index = visit.app.engine.index();
    keys.retain(|key| {
        let environment = index.environment(key.environment);
        environment.is_some_and(|found| !found.product().slug().is_operator())
    });
    let ids = [
        ("key_", "keys"),
        ("org_", "organizations"),
        ("prj_", "projects"),
    ];
    let by_id = ids.iter().find(|(prefix, _)| asked.starts_with(prefix));
    Ok(html! {
        @if let Some((prefix, kind)) = by_id {
            p { a href={ "/console/" (kind) "/" (asked) @if *prefix == "prj_" { "/keys" } } { "Go to " code { (asked) } } }
        }
        @if organizations.is_empty() && keys.is_empty() && by_id.is_none() {
            p { "Nothing of this name." }
        }
        ul.stack.tight {
            @for row in organizations.iter().take(8) {
                li { a href={ "/console/organizations/" (row.id) } { (parts::theirs(&row.name)) } " " span.soft { "organization of " (row.product) } }
            }
            @for key in keys.iter().take(8) {
                li { a href={ "/console/keys/" (key.id) } { (parts::theirs(&key.name)) } " " span.soft { code { (keystile_core::key::preview(&key.start)) } } }
            }
        }
    })
}
