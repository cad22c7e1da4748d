//! Who did what.

use std::collections::HashMap;

use keystile_core::model::{Action, Actor, AuditEntry, OrganizationId, PersonId};
use keystile_store::{AuditFilter, Page as Part};
use maud::{Markup, html};

use crate::console::parts::{self, empty};
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

/// So many rows are shown on a page.
const SHOWN: u32 = 50;

/// `GET /console/organizations/{organization}/audit`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    page(&visit, Some(organization)).await
}

/// `GET /console/audit`
pub(in crate::console) async fn show_all(visit: Visit) -> Result<Shown, Problem> {
    page(&visit, None).await
}

async fn page(visit: &Visit, organization: Option<OrganizationId>) -> Result<Shown, Problem> {
    let asked = visit.query.filled("action");
    let action = asked.and_then(Action::from_text);
    let filter = AuditFilter {
        organization,
        action,
        ..AuditFilter::default()
    };
    let before = visit
        .query
        .filled("before")
        .and_then(|text| text.parse().ok());
    let part = Part {
        before,
        limit: SHOWN + 1,
    };
    let mut rows = visit.app.store.audit(filter, part).await?;
    let most = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| has_more).map(|row| row.seq);
    let people = people_of(visit, &rows).await?;
    let chosen = action.map(Action::as_str).unwrap_or_default();
    let body = html! {
        (parts::page_head("Audit log", Some(html! { "Everything that was changed, by whom and from where. Chained, so that nothing can be taken out unseen." }), None))
        form.search method="get" {
            select name="action" aria-label="What was done" {
                option value="" { "Everything" }
                @for action in Action::ALL {
                    option value=(action.as_str()) selected[action.as_str() == chosen] { (action.as_str()) }
                }
            }
            button.btn type="submit" { "Show" }
        }
        section.card aria-label="Audit log" {
            @if rows.is_empty() {
                (empty("Nothing of this kind was done", "Choose another, or wait for it.", None))
            } @else { (table(visit, &rows, &people)) }
            @if let Some(next) = next {
                a.more href={ "?before=" (next) @if !chosen.is_empty() { "&action=" (chosen) } } { "Older" }
            }
        }
    };
    Ok(Page::live("Audit log", Entry::Audit, body))
}

/// The names of the people who did these things.
pub(super) async fn people_of(
    visit: &Visit,
    rows: &[AuditEntry],
) -> Result<HashMap<PersonId, String>, Problem> {
    let mut names = HashMap::new();
    for row in rows {
        if let Actor::Person { id } = row.actor
            && !names.contains_key(&id)
            && let Some(person) = visit.app.store.person(id).await?
        {
            names.insert(id, person.name);
        }
    }
    Ok(names)
}

/// Rows of the journal.
pub(super) fn table(
    visit: &Visit,
    rows: &[AuditEntry],
    people: &HashMap<PersonId, String>,
) -> Markup {
    let now = visit.now();
    html! {
        table {
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Who" } th scope="col" { "From" } th scope="col" { "When" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        td { b { (row.action.as_str()) } @if let Some(name) = row.details["name"].as_str() { small { (parts::theirs(name)) } } }
                        td data-label="Who" { (who(&row.actor, people)) }
                        td data-label="From" {
                            @match row.personal.as_ref().and_then(|personal| personal.ip.as_deref()) {
                                Some(ip) => { code { (ip) } }
                                None => { span.soft { "–" } }
                            }
                        }
                        td data-label="When" { (parts::time(row.at, now)) }
                    }
                }
            }
        }
    }
}

fn who(actor: &Actor, people: &HashMap<PersonId, String>) -> Markup {
    match actor {
        Actor::Person { id } => match people.get(id) {
            Some(name) => parts::theirs(name),
            None => html! { code { (id) } },
        },
        Actor::OperatorKey { id } => html! { "operator key " code { (id) } },
        Actor::KeyHolder { id } => html! { "holder of " code { (id) } },
        Actor::Local => html! { "on the machine" },
        Actor::System => html! { "Keystile itself" },
    }
}
