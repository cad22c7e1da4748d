//! `POST /v1/operator-keys`

use keystile_core::model::{Slug, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::idempotency::Begun;
use crate::api::key_view::KeyView;
use crate::api::keys::repeat_create;
use crate::api::{Answer, Call, Operation};
use crate::manage::{NewOperatorKey, create_operator_key, operator_environment};
use crate::problem::Problem;

/// What a new operator key shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateOperatorKey")]
struct Body {
    /// What people call it.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// What it may do; left out, everything.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Confines it to a product.
    #[serde(default)]
    product: Option<Slug>,
    /// Confines it to the environments of this name, too.
    #[serde(default)]
    environment: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// An operator key with its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedOperatorKey")]
struct Created {
    key: KeyView,
    /// Only here, and never again; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("createOperatorKey", "/v1/operator-keys")
        .needs("installation:write")
        .says(
            "Create an operator key",
            "It is shown, rotated and revoked like any other key, under `/v1/keys`.",
        )
        .body::<Body>()
        .answers::<Created>(201, "The new operator key")
        .creates()
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat_create(&call, &id).await,
    };
    let new = NewOperatorKey {
        name: body.name,
        scopes: body.scopes,
        product: body.product,
        environment: body.environment,
        expires_at: body.expires_at,
        value: None,
    };
    let environment = operator_environment(&call.app).await?;
    let minted = create_operator_key(&work, environment, &new).await?;
    let key = KeyView::of(&call.app, &minted.key).ok_or_else(|| Problem::not_found("key"))?;
    let secret = minted.secret.map(|secret| secret.reveal().to_owned());
    Ok(Answer::created(&Created { key, secret }).version(minted.key.seq))
}
