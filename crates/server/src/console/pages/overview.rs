//! How an organization is doing.

use std::collections::HashSet;

use keystile_core::model::{KeyId, Kind, OrganizationId};
use keystile_store::{AuditFilter, KeyFilter, Page as Part, UsageOf};
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

/// Of keys that somebody should look at, at most so many of each sort are shown, and counted.
const SHOWN: usize = 10;

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
    let wanting = Wanting::of(&visit, organization.id).await?;
    let working = visit.app.store.working_keys(organization.id).await?;
    let lately = lately(&visit).await?;
    let sub = html! {
        (copied(&organization.id.to_string(), "organization id"))
        @if !organization.enabled { " " (parts::tag("bad", "suspended")) }
    };
    let look = |some: &[KeyView], bad: &'static str| if some.is_empty() { "" } else { bad };
    let body = html! {
        (parts::page_head(&organization.name, Some(sub), None))
        div.tiles {
            (tile(&count(working), "keys that work", ""))
            (tile(&count(traffic.allowed), if is_over_month { "calls in 30 days" } else { "calls in 24 hours" }, ""))
            (tile(&count(traffic.refused), "refused of these", ""))
            (tile(&number(&wanting.idle), "idle keys", look(&wanting.idle, "warn")))
            (tile(&number(&wanting.exposed), "exposed keys", look(&wanting.exposed, "danger")))
        }
        (attention(&visit, &wanting))
        (traffic.card(&at))
        @if let Some(lately) = lately { (lately) }
    };
    Ok(Page::live("Overview", Entry::Overview, body))
}

/// Keys that somebody should look at, of each sort the newest.
struct Wanting {
    exposed: Vec<KeyView>,
    retiring: Vec<KeyView>,
    idle: Vec<KeyView>,
}

impl Wanting {
    async fn of(visit: &Visit, organization: OrganizationId) -> Result<Self, Problem> {
        let all = || KeyFilter {
            organization: Some(organization),
            ..KeyFilter::default()
        };
        let exposed = KeyFilter {
            exposed: true,
            ..all()
        };
        let retiring = KeyFilter {
            retiring: true,
            ..all()
        };
        // What was used a moment ago is not idle.
        visit.app.write_uses().await;
        let rules = visit.idle_rules();
        // A key is idle only when it is old, and ids tell how old.
        let latest = rules.iter().map(|rule| rule.before).max();
        let before = latest.map(|latest| KeyId::new(latest, [0; 10]));
        let idle = KeyFilter {
            idle: Some(rules),
            ..all()
        };
        Ok(Self {
            exposed: some(visit, exposed, None).await?,
            retiring: some(visit, retiring, None).await?,
            idle: some(visit, idle, before).await?,
        })
    }

    /// Each once, what is worst first.
    fn each(&self) -> Vec<&KeyView> {
        let mut seen = HashSet::new();
        let all = self.exposed.iter().chain(&self.retiring).chain(&self.idle);
        all.filter(|key| seen.insert(key.id)).take(SHOWN).collect()
    }
}

async fn some(
    visit: &Visit,
    filter: KeyFilter,
    before: Option<KeyId>,
) -> Result<Vec<KeyView>, Problem> {
    let limit = u32::try_from(SHOWN + 1).unwrap_or(u32::MAX);
    let keys = visit.app.store.keys(filter, Part { before, limit }).await?;
    KeyView::all(&visit.app, &keys).await
}

/// How many they are, as far as they were counted.
fn number(some: &[KeyView]) -> String {
    match some.len() {
        few @ 0..=SHOWN => few.to_string(),
        _ => format!("{SHOWN}+"),
    }
}

/// Keys that somebody should look at.
fn attention(visit: &Visit, wanting: &Wanting) -> Markup {
    let now = visit.now();
    let wanting = wanting.each();
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
                                td.act {
                                    @if visit.may(Ability::RotateKeys) { (parts::asks("btn quiet", &format!("{at}/regenerate"), "Regenerate")) }
                                    @if visit.may(Ability::RevokeKeys) { (parts::asks("btn quiet bad", &format!("{at}/revoke"), "Revoke")) }
                                 }
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
