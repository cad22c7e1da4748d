//! Who did what.

use std::collections::HashMap;
use std::sync::Arc;

use keystile_core::model::{Action, Actor, AuditEntry, PersonId, Timestamp};
use keystile_store::AuditFilter;
use maud::{Markup, html};

use crate::api::csv;
use crate::app::App;
use crate::console::paging::{self, Cut};
use crate::console::parts::{self, empty};
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

/// So many rows are shown on a page.
const SHOWN: u32 = 50;

/// So many are read at once when all of them are wanted.
const EXPORTED: u32 = 500;

/// `GET /console/organizations/{organization}/audit`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    page(&visit).await
}

/// `GET /console/audit`
pub(in crate::console) async fn show_all(visit: Visit) -> Result<Shown, Problem> {
    page(&visit).await
}

/// What is asked for.
struct Asked {
    action: Option<Action>,
    /// The days, as people write them.
    since: String,
    until: String,
}

impl Asked {
    fn of(visit: &Visit) -> Self {
        let day = |name: &str| {
            let text = visit.query.text(name);
            day(text).map_or_else(String::new, |_| text.to_owned())
        };
        Self {
            action: visit.query.filled("action").and_then(Action::from_text),
            since: day("since"),
            until: day("until"),
        }
    }

    fn filter(&self, visit: &Visit) -> AuditFilter {
        let organization = visit.place.organization.as_ref();
        AuditFilter {
            organization: organization.map(|one| one.id),
            action: self.action,
            since: day(&self.since),
            // All of that day.
            until: day(&self.until).map(|begin| begin.plus_millis(DAY_MILLIS)),
            ..AuditFilter::default()
        }
    }

    /// The same as a query, to go on with.
    fn query(&self) -> String {
        let action = self.action.map(Action::as_str).unwrap_or_default();
        let fields = [
            ("action", action),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        given
            .map(|(name, value)| format!("&{name}={value}"))
            .collect()
    }
}

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// When a day begins, in UTC.
fn day(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == 10;
    is_day.then(|| format!("{text}T00:00:00Z").parse().ok())?
}

async fn page(visit: &Visit) -> Result<Shown, Problem> {
    let asked = Asked::of(visit);
    let part = paging::part(visit.before("before"), SHOWN);
    let rows = visit.app.store.audit(asked.filter(visit), part).await?;
    let Cut { rows, next } = paging::cut(rows, SHOWN, |row| row.seq);
    let people = people_of(visit, &rows).await?;
    let chosen = asked.action.map(Action::as_str).unwrap_or_default();
    let more = asked.query();
    let export = format!("{}/export?{}", visit.path, more.trim_start_matches('&'));
    let aside = html! { a.btn href=(export) download { "Export as CSV" } };
    let sub = html! { "Everything that was changed, by whom and from where. Chained, so that nothing can be taken out unseen." };
    let body = html! {
        (parts::page_head("Audit log", Some(sub), Some(aside)))
        form.search method="get" {
            select name="action" aria-label="What was done" {
                option value="" { "Everything" }
                @for action in Action::ALL {
                    option value=(action.as_str()) selected[action.as_str() == chosen] { (action.as_str()) }
                }
            }
            input type="date" name="since" value=(asked.since) aria-label="From this day on (UTC)";
            input type="date" name="until" value=(asked.until) aria-label="Up to this day (UTC)";
            button.btn type="submit" { "Show" }
        }
        section.card aria-label="Audit log" {
            @if rows.is_empty() {
                (empty("Nothing of this kind was done", "Choose another, or wait for it.", None))
            } @else { (table(visit, &rows, &people)) }
            @if let Some(next) = next { a.more href={ "?before=" (next) (more) } { "Older" } }
        }
    };
    Ok(Page::live("Audit log", Entry::Audit, body))
}

/// `GET /console/audit/export` and `GET /console/organizations/{organization}/audit/export`
pub(in crate::console) async fn export(visit: Visit) -> Result<Shown, Problem> {
    let filter = Asked::of(&visit).filter(&visit);
    let name = match &filter.organization {
        Some(organization) => format!("audit-{organization}.csv"),
        None => "audit.csv".to_owned(),
    };
    let app = Arc::clone(&visit.app);
    let body = csv::body(Log { app, filter }).await?;
    Ok(Shown::File { name, body })
}

/// All rows that fit, as a table.
struct Log {
    app: Arc<App>,
    filter: AuditFilter,
}

impl csv::Table for Log {
    type Cursor = u64;

    const HEADER: &'static str =
        "seq,at,action,actor,product,organization,subjects,details,request_id,ip,user_agent";

    async fn page(&self, before: Option<u64>, out: &mut String) -> Result<Option<u64>, Problem> {
        let part = paging::part(before, EXPORTED);
        let rows = self.app.store.audit(self.filter.clone(), part).await?;
        let Cut { rows, next } = paging::cut(rows, EXPORTED, |row| row.seq);
        for row in rows {
            let personal = row.personal.unwrap_or_default();
            let actor = serde_json::to_string(&row.actor).unwrap_or_default();
            let subjects: Vec<_> = row.subjects.iter().map(ToString::to_string).collect();
            let cells = [
                row.seq.to_string(),
                row.at.to_string(),
                row.action.to_string(),
                csv::text(&actor),
                csv::or_empty(row.product),
                csv::or_empty(row.organization),
                subjects.join(" "),
                csv::text(&row.details.to_string()),
                csv::or_empty(row.request_id),
                csv::text(&personal.ip.unwrap_or_default()),
                csv::text(&personal.user_agent.unwrap_or_default()),
            ];
            csv::row(&cells, out);
        }
        Ok(next)
    }
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
        Actor::Portal {
            visitor: Some(visitor),
            ..
        } => html! { "guest " (parts::theirs(visitor)) },
        Actor::Portal { visitor: None, .. } => html! { "a guest of the portal" },
        Actor::Local => html! { "on the machine" },
        Actor::System => html! { "Keystile itself" },
    }
}
