//! `POST /v1/keys/{key}/reveal`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::key_view::KeyView;
use crate::api::{Answer, Call, Operation};
use crate::manage::reveal_key;
use crate::problem::Problem;

/// Nothing is to be said; a body, if there is one, is an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {}

/// A key with its secret, shown again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RevealedKey")]
struct Revealed {
    key: KeyView,
    /// The whole current value.
    secret: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("revealKey", "/v1/keys/{key}/reveal")
        .needs("keys:write")
        .says(
            "Show a recoverable secret again",
            "Only where the product's manifest says `reveal = \"recoverable\"`. The audit log \
             says who saw it before the answer does. 409 `not_recoverable` where there is nothing \
             to show, `key_is_revoked` where there is nothing any more.",
        )
        .answers::<Revealed>(200, "The key with its secret")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id = call.id("key")?;
    let Body {} = call.json_or_default()?;
    let work = call.work();
    let (placed, secret) = reveal_key(&work, id).await?;
    let key = KeyView::of(&call.app, &placed.key).ok_or_else(|| Problem::not_found("key"))?;
    let secret = secret.reveal().to_owned();
    Ok(Answer::ok(&Revealed { key, secret }).version(placed.key.seq))
}
