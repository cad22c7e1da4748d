//! `GET /v1/keys/self`: whoever holds a key may know what it may do.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use keystile_core::decision::DenyReason;
use keystile_core::engine::Introspection;
use keystile_core::model::{
    EnvironmentId, KeyId, Kind, Mode, ModeFilter, OrganizationId, ProjectId, Slug, Timestamp,
};
use keystile_core::request::{Asked, Credential, Place, RequestFacts};
use keystile_core::snapshot::{Identity, ProductNode};
use schemars::JsonSchema;
use serde::Serialize;

use super::decide::decide;
use super::{credential, facts, outcome};
use crate::app::App;
use crate::metrics::Door;
use crate::problem::Problem;

/// What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
/// kind, mode and scopes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnKey")]
pub(crate) struct Possession {
    kind: Kind,
    mode: Mode,
    scopes: Vec<String>,
    #[serde(flatten)]
    secret: Option<SecretPart>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SecretPart {
    id: KeyId,
    name: String,
    preview: String,
    product: Slug,
    organization: OrganizationId,
    project: ProjectId,
    environment: OwnEnvironment,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OwnEnvironment {
    id: EnvironmentId,
    name: String,
}

/// Why the holder is told nothing, with the challenge to send along.
pub(crate) struct Refused {
    pub(crate) problem: Problem,
    pub(crate) challenge: HeaderValue,
}

/// Where a key may be when it is not known yet whose it is.
const HEADERS: [&str; 2] = ["authorization", "x-api-key"];

/// Tells the holder.
///
/// # Errors
/// When the key is missing or does not work.
pub(crate) fn tell_holder(
    app: &App,
    headers: &HeaderMap,
    ip: Option<IpAddr>,
) -> Result<Possession, Box<Refused>> {
    let index = app.engine.index();
    let operator = index.products().get(Slug::OPERATOR).cloned();
    let Some(operator) = operator else {
        return Err(refuse(Slug::OPERATOR, DenyReason::Undecided));
    };
    let products = index.products();
    let is_foreign = |text: &str| {
        let knows = |product: &Arc<ProductNode>| product.rules().foreign_format(text).is_some();
        products.iter().any(knows)
    };
    let credential = credential::find(headers, HEADERS, is_foreign);
    let product = match credential {
        Credential::Text(text) => app.engine.product_of(text).unwrap_or(operator),
        _ => operator,
    };
    let asked = RequestFacts {
        credential,
        place: Place::Mode(ModeFilter::Any),
        asked: Asked::Authenticate,
        origin: facts::origin(headers),
        from_browser: facts::from_browser(headers),
        ip,
        now: app.now(),
    };
    let Ok(decision) = decide(app, Door::Possession, &product, |_| {
        Ok::<_, Infallible>(asked)
    });
    match (decision.verdict, &decision.key) {
        (Ok(_), Some(key)) => Ok(told(key, &decision, product.slug())),
        (Err(reason), Some(_)) => Err(refuse(product.slug().as_str(), reason)),
        // Which products there are is nothing for strangers.
        (Err(reason), None) => Err(refuse(Slug::OPERATOR, reason)),
        (Ok(_), None) => Err(refuse(product.slug().as_str(), DenyReason::Undecided)),
    }
}

fn told(key: &Identity<'_>, decision: &Introspection<'_>, product: &Slug) -> Possession {
    let secret = (key.kind() == Kind::Secret).then(|| SecretPart {
        id: key.id(),
        name: key.name().to_owned(),
        preview: keystile_core::key::preview(key.start()),
        product: product.clone(),
        organization: key.organization_id(),
        project: key.project_id(),
        environment: OwnEnvironment {
            id: key.environment_id(),
            name: key.environment_name().to_owned(),
        },
        expires_at: key.expires_at(),
    });
    let scopes = decision
        .rules
        .scope_names(decision.scopes)
        .map(str::to_owned)
        .collect();
    Possession {
        kind: key.kind(),
        mode: key.mode(),
        scopes,
        secret,
    }
}

fn refuse(realm: &str, reason: DenyReason) -> Box<Refused> {
    let wire = outcome::wire(reason.code());
    let detail = match outcome::since(reason) {
        Some(since) => format!("{}, since {since}", reason.message()),
        None => reason.message().to_owned(),
    };
    let challenge = outcome::challenge(realm, reason, None);
    let challenge =
        HeaderValue::from_str(&challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    let problem = Problem::new(wire.status, reason.code().as_str(), detail);
    Box::new(Refused { problem, challenge })
}

/// The header the challenge goes into.
pub(crate) const CHALLENGE: header::HeaderName = header::WWW_AUTHENTICATE;
