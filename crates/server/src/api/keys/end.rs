//! `POST /v1/keys/{key}/revoke` and `DELETE /v1/keys/{key}`

use keystile_core::model::Effective;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::key_view::KeyView;
use crate::api::{Answer, Call, Operation};
use crate::manage::end_key;
use crate::problem::Problem;

/// Nothing is to be said; a body, if there is one, is an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {}

/// A key that is dead.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EndedKey")]
struct Ended {
    key: KeyView,
    /// Whether a call was allowed with it in the hour before: then somebody still uses it.
    used_lately: bool,
    /// No request that begins from now on is allowed on any of these nodes.
    effective: Effective,
}

pub(super) fn revoke() -> Operation {
    Operation::post("revokeKey", "/v1/keys/{key}/revoke")
        .needs("keys:write")
        .says(
            "Revoke a key for good",
            "When this answers, no request that begins afterwards is allowed on any node. \
             Asking again changes nothing and proves the same.",
        )
        .answers::<Ended>(200, "The dead key")
        .handled(|call| end(call, false))
}

pub(super) fn delete() -> Operation {
    Operation::delete("deleteKey", "/v1/keys/{key}")
        .needs("keys:write")
        .says(
            "Revoke a key and remove it from lists",
            "Its history stays.",
        )
        .answers::<Ended>(200, "The dead key")
        .handled(|call| end(call, true))
}

async fn end(call: Call, delete: bool) -> Result<Answer, Problem> {
    let id = call.id("key")?;
    let Body {} = call.json_or_default()?;
    let work = call.work();
    work.may_touch_keys_of(id).await?;
    let (placed, effective) = end_key(&work, id, delete).await?;
    let key = KeyView::one(&call.app, &placed.key).await?;
    let ended = Ended {
        used_lately: key.was_used_lately(placed.key.revoked_at.unwrap_or(call.app.now())),
        key,
        effective,
    };
    Ok(Answer::ok(&ended).version(placed.key.seq))
}
