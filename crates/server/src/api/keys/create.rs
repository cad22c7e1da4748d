//! `POST /v1/environments/{environment}/keys`

use keystile_core::model::{KeyId, Kind, RateLimit, SpendCaps, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::idempotency::Begun;
use crate::api::key_view::KeyView;
use crate::api::{Answer, Call, Operation};
use crate::manage::{NewKey, Rights, create_key};
use crate::object::Object;
use crate::problem::Problem;

/// What a new key shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateKey")]
struct Body {
    /// Who may hold it.
    kind: Kind,
    /// What people call it: 1 to 100 characters, unique per environment and kind.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// What it may do; left out, it follows the manifest.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Web origins it may be used from, such as `https://shop.example` or
    /// `https://*.shop.example`; left out, any.
    #[serde(default)]
    allowed_origins: Option<Vec<String>>,
    /// Address ranges it may be used from, such as `192.0.2.0/24`; left out, any.
    #[serde(default)]
    allowed_ips: Option<Vec<String>>,
    /// How often it may be used; of a publishable key, by each client. Left out, as the manifest
    /// says.
    #[serde(default)]
    rate_limit: Option<RateLimit>,
    /// How many credits it may spend per day and per month of the calendar in UTC, and in all.
    /// Left out, as many as its organization has.
    #[serde(default)]
    #[schemars(with = "Option<SpendCaps>")]
    spend_caps: Option<Object<SpendCaps>>,
    /// When it ends by itself.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// A JSON object of yours, at most 2 KiB; every verdict carries it.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    /// For people, such as where the secret is kept.
    #[serde(default)]
    note: Option<String>,
}

/// A key with its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedKey")]
pub(super) struct Created {
    key: KeyView,
    /// The whole value of a secret key: only here, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("createKey", "/v1/environments/{environment}/keys")
        .needs("keys:write")
        .says(
            "Create a key",
            "The secret of a secret key is in this answer and nowhere else.",
        )
        .body::<Body>()
        .answers::<Created>(201, "The new key")
        .creates()
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let environment = call.id("environment")?;
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat(&call, &id).await,
    };
    let new = NewKey {
        kind: body.kind,
        name: body.name,
        rights: Rights {
            scopes: body.scopes,
            allowed_origins: body.allowed_origins,
            allowed_ips: body.allowed_ips,
            rate_limit: body.rate_limit,
            spend_caps: body.spend_caps.map(|caps| caps.0),
            expires_at: body.expires_at,
        },
        metadata: body.metadata,
        note: body.note,
    };
    let minted = create_key(&work, environment, &new).await?;
    let key = KeyView::of(&call.app, &minted.key).ok_or_else(|| Problem::not_found("key"))?;
    let secret = minted.secret.map(|secret| secret.reveal().to_owned());
    Ok(Answer::created(&Created { key, secret }).version(minted.key.seq))
}

/// A repeated create shows the key as it is now, without its secret.
pub(in crate::api) async fn repeat(call: &Call, id: &str) -> Result<Answer, Problem> {
    let id: KeyId = id.parse().map_err(|_| Problem::not_found("key"))?;
    let placed = call.work().key(id).await.map_err(Problem::from)?;
    let key = KeyView::of(&call.app, &placed.key).ok_or_else(|| Problem::not_found("key"))?;
    let answer = Answer::created(&Created { key, secret: None });
    Ok(answer.version(placed.key.seq).replayed())
}
