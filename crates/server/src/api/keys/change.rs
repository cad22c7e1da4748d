//! `PATCH /v1/keys/{key}`

use keystile_core::model::{RateLimit, SpendCaps, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::body::told;
use crate::api::key_view::KeyView;
use crate::api::view::Changed;
use crate::api::{Answer, Call, Operation};
use crate::manage::{KeyChange, update_key};
use crate::object::Object;
use crate::problem::Problem;

/// What shall change; what is left out stays as it is, and `null` removes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeKey")]
struct Body {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// For people.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<String>")]
    note: Option<Option<String>>,
    /// What it may do; `null` follows the manifest.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Vec<String>>")]
    scopes: Option<Option<Vec<String>>>,
    /// Web origins it may be used from; `null` is any, an empty list is none.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Vec<String>>")]
    allowed_origins: Option<Option<Vec<String>>>,
    /// Address ranges it may be used from; `null` is any, an empty list is none.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Vec<String>>")]
    allowed_ips: Option<Option<Vec<String>>>,
    /// How often it may be used; `null` is as the manifest says.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<RateLimit>")]
    rate_limit: Option<Option<RateLimit>>,
    /// How many credits it may spend; these caps take the place of those it has, and `null`
    /// removes them all. What it has spent keeps counting.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<SpendCaps>")]
    spend_caps: Option<Option<Object<SpendCaps>>>,
    /// When it ends by itself; `null` is never.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Timestamp>")]
    expires_at: Option<Option<Timestamp>>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Map<String, Value>>")]
    metadata: Option<Option<Map<String, Value>>>,
    /// `false` refuses it until it is enabled again.
    #[serde(default)]
    enabled: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("changeKey", "/v1/keys/{key}")
        .needs("keys:write")
        .says(
            "Change a key",
            "What takes rights away is in force on every node when this answers, and `effective` \
             proves it. With `If-Match`, a key that has changed since is left alone (412).",
        )
        .body::<Body>()
        .answers::<Changed<KeyView>>(200, "The key as it is now")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id = call.id("key")?;
    let body: Body = call.json()?;
    let wanted = KeyChange {
        name: body.name,
        note: body.note,
        scopes: body.scopes,
        allowed_origins: body.allowed_origins,
        allowed_ips: body.allowed_ips,
        rate_limit: body.rate_limit,
        spend_caps: body.spend_caps.map(|told| told.map(|caps| caps.0)),
        expires_at: body.expires_at,
        metadata: body.metadata,
        enabled: body.enabled,
        expected: call.expected_version()?,
    };
    let work = call.work();
    work.may_touch_keys_of(id).await?;
    let (placed, effective) = update_key(&work, id, &wanted).await?;
    let thing = KeyView::one(&call.app, &placed.key).await?;
    Ok(Answer::ok(&Changed { thing, effective }).version(placed.key.seq))
}
