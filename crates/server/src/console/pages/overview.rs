//! How an organization is doing.

use keystile_core::model::{Kind, OrganizationId};
use keystile_store::{AuditFilter, EnvironmentFilter, KeyFilter, Page as Part, UsageOf};
use maud::{Markup, html};

use super::audit;
use super::traffic::Traffic;
use crate::api::KeyView;
use crate::console::parts::{self, copied, tile};
use crate::console::rights::Ability;
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::console::words::count;
use crate::problem::Problem;

/// So many keys of each kind and environment are looked at for what wants attention, the newest
/// first.
const LOOKED_AT: u32 = 25;

/// In so many environments.
const ENVIRONMENTS: u32 = 12;

/// `GET /console/organizations/{organization}`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.clone();
    let at = format!("/console/organizations/{}", organization.id);
    let is_over_month = visit.query.text("over") == "month";
    let traffic = Traffic::of(
        &visit,
        UsageOf::Organization(organization.id),
        is_over_month,
    )
    .await?;
    let keys = newest(&visit, organization.id).await?;
    let working = visit.app.store.working_keys(organization.id).await?;
    let number = |is: fn(&KeyView) -> bool| keys.iter().filter(|key| is(key)).count();
    let (exposed, idle) = (
        number(|key| key.exposed_at.is_some()),
        number(|key| key.idle),
    );
    let lately = lately(&visit).await?;
    let sub = html! {
        (copied(&organization.id.to_string(), "organization id"))
        @if !organization.enabled { " " (parts::tag("bad", "suspended")) }
    };
    let look = |number: usize, bad: &'static str| if number > 0 { bad } else { "" };
    let body = html! {
        (parts::page_head(&organization.name, Some(sub), None))
        div.tiles {
            (tile(&count(working), "keys that work", ""))
            (tile(&count(traffic.allowed), if is_over_month { "calls in 30 days" } else { "calls in 24 hours" }, ""))
            (tile(&count(traffic.refused), "refused of these", ""))
            (tile(&idle.to_string(), "idle keys", look(idle, "warn")))
            (tile(&exposed.to_string(), "exposed keys", look(exposed, "danger")))
        }
        (attention(&visit, &keys))
        (traffic.card(&at))
        @if let Some(lately) = lately { (lately) }
    };
    Ok(Page::live("Overview", Entry::Overview, body))
}

/// The newest keys of each environment.
async fn newest(visit: &Visit, organization: OrganizationId) -> Result<Vec<KeyView>, Problem> {
    let filter = EnvironmentFilter {
        organization: Some(organization),
        ..EnvironmentFilter::default()
    };
    let part = Part {
        before: None,
        limit: ENVIRONMENTS,
    };
    let mut keys = Vec::new();
    for environment in visit.app.store.environments(filter, part).await? {
        for kind in [Kind::Publishable, Kind::Secret] {
            let filter = KeyFilter {
                environment: Some(environment.id),
                kind: Some(kind),
                living: Some(true),
                ..KeyFilter::default()
            };
            let part = Part {
                before: None,
                limit: LOOKED_AT,
            };
            keys.extend(visit.app.store.keys(filter, part).await?);
        }
    }
    KeyView::all(&visit.app, &keys).await
}

/// Keys that somebody should look at.
fn attention(visit: &Visit, keys: &[KeyView]) -> Markup {
    let now = visit.now();
    let wanting: Vec<_> = keys
        .iter()
        .filter(|key| key.exposed_at.is_some() || key.idle || key.retiring.is_some())
        .take(10)
        .collect();
    html! {
        @if !wanting.is_empty() {
            section.card aria-labelledby="attention-title" {
                div.head { h2 #attention-title { "Wants a look" } }
                table {
                    thead { tr { th scope="col" { "Key" } th scope="col" { "Why" } th scope="col" { span.vh { "Actions" } } } }
                    tbody {
                        @for key in wanting {
                            @let at = format!("/console/keys/{}", key.id);
                            tr class=(if key.exposed_at.is_some() { "red" } else { "amber" }) {
                                td { a.name href=(at) { (parts::theirs(&key.name)) } small { (key.environment.name) ", " (kind(key.kind)) } }
                                td { (super::key_row::state_words(key, now)) (super::key_row::state_tags(key)) }
                                td.act { @if visit.may(Ability::ManageKeys) { (parts::asks("btn quiet", &format!("{at}/regenerate"), "Regenerate")) (parts::asks("btn quiet bad", &format!("{at}/revoke"), "Revoke")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Publishable => "publishable",
        Kind::Secret => "secret",
    }
}

/// What changed last, for whoever may read that.
async fn lately(visit: &Visit) -> Result<Option<Markup>, Problem> {
    if !visit.may(Ability::SeeAudit) {
        return Ok(None);
    }
    let organization = visit.organization()?.id;
    let filter = AuditFilter {
        organization: Some(organization),
        ..AuditFilter::default()
    };
    let part = Part {
        before: None,
        limit: 6,
    };
    let rows = visit.app.store.audit(filter, part).await?;
    let people = audit::people_of(visit, &rows).await?;
    Ok(Some(html! {
        section.card aria-labelledby="lately-title" {
            div.head { h2 #lately-title { "Lately" } }
            (audit::table(visit, &rows, &people))
            a.more href={ "/console/organizations/" (organization) "/audit" } { "The whole audit log" }
        }
    }))
}
