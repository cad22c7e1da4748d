//! `POST` and `GET /v1/organizations/{organization}/grants`, and `POST /v1/grants/{grant}/void`

use keystile_core::model::{Grant, GrantId, Mode, Timestamp};
use keystile_store::Page as Part;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::view::{GrantView, Left};
use crate::api::call::cursor;
use crate::api::idempotency::Begun;
use crate::api::view::Page;
use crate::api::{Answer, Call, Operation};
use crate::manage::{NewGrant, check_limit, create_grant, void_grant};
use crate::problem::Problem;

/// What a new grant shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateGrant")]
struct Body {
    /// The mode of the keys that may spend it.
    mode: Mode,
    /// How many credits.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    amount: Amount,
    /// Why, for people.
    #[schemars(length(min = 1, max = 200))]
    reason: String,
    /// When what is left of it ends; left out, never.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// Which part of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Of this mode alone.
    mode: Option<Mode>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Nothing is to be said; a body, if there is one, is an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// One grant.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OneGrant")]
struct One {
    grant: GrantView,
}

pub(super) fn create() -> Operation {
    Operation::post("createGrant", "/v1/organizations/{organization}/grants")
        .needs("credits:write")
        .says(
            "Grant credits",
            "They can be spent when this answers. Send an `Idempotency-Key`, so that a request \
             that is repeated grants once.",
        )
        .body::<Body>()
        .answers::<One>(201, "The new grant")
        .creates()
        .handled(handle_create)
}

pub(super) fn list() -> Operation {
    Operation::get("listGrants", "/v1/organizations/{organization}/grants")
        .needs("credits:read")
        .says(
            "List an organization's grants",
            "Newest first, each with what is left of it.",
        )
        .query::<Filter>()
        .answers::<Page<GrantView>>(200, "A page of grants")
        .handled(handle_list)
}

pub(super) fn void() -> Operation {
    Operation::post("voidGrant", "/v1/grants/{grant}/void")
        .needs("credits:write")
        .says(
            "Declare a grant void",
            "What is left of it can be spent no more when this answers; what was spent stays \
             spent. One that is void already stays as it is.",
        )
        .answers::<One>(200, "The grant")
        .handled(|call| async move {
            let id = call.id("grant")?;
            let Nothing {} = call.json_or_default()?;
            let grant = void_grant(&call.work(), id).await?;
            Ok(Answer::ok(&one(&call, grant).await?))
        })
}

async fn handle_create(call: Call) -> Result<Answer, Problem> {
    let organization = call.id("organization")?;
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat(&call, &id).await,
    };
    let new = NewGrant {
        mode: body.mode,
        amount: body.amount.0,
        reason: body.reason,
        expires_at: body.expires_at,
    };
    let grant = create_grant(&work, organization, &new).await?;
    Ok(Answer::created(&one(&call, grant).await?))
}

async fn repeat(call: &Call, id: &str) -> Result<Answer, Problem> {
    let id: GrantId = id.parse().map_err(|_| Problem::not_found("grant"))?;
    let (grant, _) = call.work().grant(id).await?;
    Ok(Answer::created(&one(call, grant).await?).replayed())
}

async fn one(call: &Call, grant: Grant) -> Result<One, Problem> {
    let left = Left::of(&call.app, grant.organization).await?;
    let grant = left.show(grant);
    Ok(One { grant })
}

async fn handle_list(call: Call) -> Result<Answer, Problem> {
    let work = call.work();
    work.must_not_be_confined()?;
    let owner = work.account_owner(call.id("organization")?).await?;
    let filter: Filter = call.query()?;
    let limit = check_limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let wanted = Part {
        before,
        limit: limit + 1,
    };
    let rows = call.app.store.grants(owner.id, filter.mode, wanted).await?;
    let left = Left::of(&call.app, owner.id).await?;
    let page = Page::of(
        rows,
        limit,
        |row: &Grant| row.id.to_string(),
        |row| left.show(row),
    );
    Ok(Answer::ok(&page))
}
