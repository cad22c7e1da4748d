//! `POST /v1/keys/{key}/retire`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::key_view::KeyView;
use crate::api::view::Changed;
use crate::api::{Answer, Call, Operation};
use crate::manage::end_grace;
use crate::problem::Problem;

/// How long the old value still works.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RetireValue")]
struct Body {
    /// In seconds from now; 0, the default, ends it at once. Never later than it would end anyway.
    #[serde(default)]
    #[schemars(range(min = 0, max = 604_800))]
    grace_seconds: u32,
}

pub(super) fn operation() -> Operation {
    Operation::post("retireKeyValue", "/v1/keys/{key}/retire")
        .needs("keys:write")
        .says(
            "Shorten or end the grace of a key's old value",
            "After a rotation with grace: the old value ends now, or earlier than was said. \
             Asking again changes nothing and proves the same.",
        )
        .body_or_none::<Body>()
        .answers::<Changed<KeyView>>(200, "The key with the value that stays")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id = call.id("key")?;
    let body: Body = call.json_or_default()?;
    let work = call.work();
    work.may_touch_keys_of(id).await?;
    let (placed, effective) = end_grace(&work, id, body.grace_seconds).await?;
    let changed = Changed {
        thing: KeyView::one(&call.app, &placed.key).await?,
        effective: Some(effective),
    };
    Ok(Answer::ok(&changed).version(placed.key.seq))
}
