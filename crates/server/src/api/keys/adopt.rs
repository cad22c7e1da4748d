//! `POST /v1/keys/adopt`

use keystile_core::key::PlainKey;
use keystile_core::model::{RateLimit, Slug, SpendCaps, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::api::key_view::KeyView;
use crate::api::{Answer, Call, Operation};
use crate::manage::{Adopted, Adoption, Ownership, Rights, adopt_key};
use crate::object::Object;
use crate::problem::Problem;

/// A key that another system has just accepted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdoptKey")]
struct Body {
    /// The product; may be left out when your operator key is bound to one.
    #[serde(default)]
    product: Option<Slug>,
    /// The whole key, as its holder sent it. It is digested and not kept, unless it is publishable;
    /// where the product's secrets are recoverable, it is sealed as they are.
    #[serde(deserialize_with = "plain")]
    #[schemars(with = "String", length(min = 16, max = 255))]
    key: PlainKey,
    /// Whose key it is: the organization's id, or your own id for it.
    #[serde(default)]
    organization: Option<String>,
    /// The project's id, where the organization has several.
    #[serde(default)]
    project: Option<String>,
    /// The environment: its id (then organization and project may be left out, and must be its own
    /// where they are not), or its name. Left out, the only one there is for keys of this mode.
    #[serde(default)]
    environment: Option<String>,
    /// What people call it; a name that is taken gets a number.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// What it may do; left out, it follows the manifest.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Web origins it may be used from; left out, any.
    #[serde(default)]
    allowed_origins: Option<Vec<String>>,
    /// Address ranges it may be used from; left out, any.
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
    /// For people.
    #[serde(default)]
    note: Option<String>,
}

fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlainKey, D::Error> {
    String::deserialize(deserializer).map(PlainKey::new)
}

/// The key as it is known here.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdoptedKey")]
struct Known {
    key: KeyView,
}

pub(super) fn operation() -> Operation {
    Operation::post("adoptKey", "/v1/keys/adopt")
        .needs("keys:write")
        .says(
            "Adopt a key that another system has just accepted",
            "From then on it is verified here like any other, and the other system need not be \
             asked again. Adopting it again answers the same key and \
             changes nothing, so that no Idempotency-Key is needed.",
        )
        .body::<Body>()
        .answers::<Known>(200, "The key was adopted before, and is as it is")
        .answers::<Known>(201, "The key is adopted")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let body: Body = call.json()?;
    let wanted = Adoption {
        product: body.product,
        key: body.key,
        owner: Ownership {
            organization: body.organization,
            project: body.project,
            environment: body.environment,
        },
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
    let shown = |key| {
        let view = KeyView::of(&call.app, key).ok_or_else(|| Problem::not_found("key"))?;
        Ok::<_, Problem>(Known { key: view })
    };
    Ok(match adopt_key(&call.work(), &wanted).await? {
        Adopted::Now(key) => Answer::created(&shown(&key)?).version(key.seq),
        Adopted::Before(key) => Answer::ok(&shown(&key)?).version(key.seq),
    })
}
