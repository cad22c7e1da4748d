//! `POST /v1/keys/{key}/rotate`

use keystile_core::model::Effective;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::key_view::KeyView;
use crate::api::{Answer, Call, Operation};
use crate::manage::rotate_key;
use crate::problem::Problem;

/// How long the old value goes on working.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotateKey")]
struct Body {
    /// In seconds; 0, the default, ends it at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 604_800))]
    grace_seconds: u32,
}

/// A key with its new value.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RotatedKey")]
struct RotatedView {
    key: KeyView,
    /// The new value of a secret key: only here, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The old value, or one that was in its grace before, is dead on all these nodes.
    effective: Effective,
}

pub(super) fn operation() -> Operation {
    Operation::post("rotateKey", "/v1/keys/{key}/rotate")
        .needs("keys:write")
        .says(
            "Give a key a new value",
            "Id, name and rights stay. Rotating again during a grace ends the oldest value.",
        )
        .body_or_none::<Body>()
        .answers::<RotatedView>(200, "The key with its new value")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id = call.id("key")?;
    let body: Body = call.json_or_default()?;
    let work = call.work();
    work.may_touch_keys_of(id).await?;
    let rotated = rotate_key(&work, id, body.grace_seconds).await?;
    let key = KeyView::one(&call.app, &rotated.placed.key).await?;
    let secret = rotated.secret.map(|secret| secret.reveal().to_owned());
    let view = RotatedView {
        key,
        secret,
        effective: rotated.effective,
    };
    Ok(Answer::ok(&view).version(rotated.placed.key.seq))
}
