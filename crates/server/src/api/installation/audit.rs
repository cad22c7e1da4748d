//! `GET /v1/audit`

use keystile_core::model::{
    Action, Actor, AuditEntry, KeyId, OrganizationId, Personal, RequestId, Slug, Timestamp,
};
use keystile_store::{AuditFilter, Page as Part};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::call::cursor;
use crate::api::view::Page;
use crate::api::{Answer, Call, Operation};
use crate::manage::check_limit;
use crate::problem::Problem;

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// About this product.
    product: Option<Slug>,
    /// About this organization.
    organization: Option<OrganizationId>,
    /// That wrote this key.
    key: Option<KeyId>,
    /// That did this, such as `key.revoked`.
    action: Option<String>,
    /// Not earlier than this.
    since: Option<Timestamp>,
    /// Earlier than this.
    until: Option<Timestamp>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Who did what, when, and from where.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct EntryView {
    /// Its number; there are no gaps.
    seq: u64,
    at: Timestamp,
    actor: Actor,
    action: String,
    product: Option<Slug>,
    organization: Option<OrganizationId>,
    /// What it wrote, by id.
    subjects: Vec<String>,
    /// What changed, without secrets.
    details: Value,
    request_id: Option<RequestId>,
    /// Absent once erased.
    from: Option<Personal>,
}

impl From<AuditEntry> for EntryView {
    fn from(row: AuditEntry) -> Self {
        Self {
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            action: row.action.to_string(),
            product: row.product,
            organization: row.organization,
            subjects: row.subjects.iter().map(ToString::to_string).collect(),
            details: row.details,
            request_id: row.request_id,
            from: row.personal,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("listAudit", "/v1/audit")
        .needs("audit:read")
        .says(
            "List what was done",
            "Newest first: who, what, when and from where.",
        )
        .query::<Filter>()
        .answers::<Page<EntryView>>(200, "A page of entries")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    call.work().must_not_be_confined()?;
    call.work().must_be_the_operators()?;
    let filter: Filter = call.query()?;
    let limit = check_limit(filter.limit)?;
    let before = cursor::<u64>(filter.cursor.as_deref())?;
    let unknown = || Problem::field("?action", "there is no action of this name");
    let action = filter.action.as_deref();
    let action = action
        .map(|text| Action::from_text(text).ok_or_else(unknown))
        .transpose()?;
    if let (Some(own), Some(asked)) = (call.caller.product(), &filter.product)
        && own != asked
    {
        return Ok(Answer::ok(&Page::<EntryView> {
            data: Vec::new(),
            next_cursor: None,
        }));
    }
    let wanted = AuditFilter {
        product: filter.product.or_else(|| call.caller.product().cloned()),
        organization: filter.organization,
        key: filter.key,
        action,
        actor: None,
        since: filter.since,
        until: filter.until,
    };
    let rows = call
        .app
        .store
        .audit(
            wanted,
            Part {
                before,
                limit: limit + 1,
            },
        )
        .await?;
    let page = Page::of(
        rows,
        limit,
        |row: &AuditEntry| row.seq.to_string(),
        EntryView::from,
    );
    Ok(Answer::ok(&page))
}
