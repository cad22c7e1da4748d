//! Making a session with a publishable key.

use std::net::IpAddr;

use http::HeaderMap;
use keystile_core::decision::Code;
use keystile_core::model::{Kind, SessionId, Timestamp, VisitorId};
use keystile_core::request::Origin;
use keystile_core::session::{LIFETIME_DEFAULT_SECONDS, LIFETIME_MAX_SECONDS, NewSession, issue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limit::may_create;
use crate::api::body;
use crate::app::App;
use crate::metrics::Door;
use crate::problem::Problem;
use crate::verify::{self, Stage};

/// What a session shall be; the body may be left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionRequest {
    /// How long it lasts: 1 to 900 seconds; left out, 300.
    #[serde(default)]
    #[schemars(range(min = 1, max = 900))]
    lifetime_seconds: Option<u32>,
}

/// A session with its token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CreatedSession {
    /// Send it as `Authorization: Bearer` in place of the key.
    token: String,
    session: SessionView,
    /// So many seconds until it ends.
    expires_in: i64,
    /// What it may do: what the key may.
    scopes: Vec<String>,
    request_id: String,
}

/// What is told of a session.
#[derive(Debug, Serialize, JsonSchema)]
struct SessionView {
    /// Its identifier, which verdicts tell.
    id: SessionId,
    /// The visitor it is for.
    visitor: VisitorId,
    /// From when on it is refused.
    expires_at: Timestamp,
}

/// Longest origin that a token carries: a host of 253 characters, with scheme and port.
const ORIGIN_MAX_BYTES: usize = 270;

/// Makes one for whoever presents a publishable key.
///
/// # Errors
/// When the engine refuses the key, or it is none that makes sessions; when the body is wrong; when
/// too many are made.
pub(crate) fn create(
    app: &App,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    body: &[u8],
    request_id: &str,
) -> Result<CreatedSession, Problem> {
    let now = app.now();
    let holder = verify::holder(app, (Door::Session, Stage::Whole), (headers, address, now));
    let holder = holder.map_err(|refused| refused.problem)?;
    if holder.key.kind() != Kind::Publishable || holder.session.is_some() {
        let detail = "sessions are made with a publishable key itself";
        return Err(Problem::forbidden("publishable_key_needed", detail));
    }
    let origin = origin(headers)?;
    let lifetime_seconds = lifetime(headers, body)?;
    let issuer = app.engine.issuer().ok_or_else(|| {
        let detail = "tokens name their issuer: start the server with --public-url";
        Problem::conflict("public_url_missing", detail)
    })?;
    may_create(app, holder.key.id(), address)?;
    let scopes: Vec<String> = holder.scope_names().map(str::to_owned).collect();
    let new = NewSession {
        id: SessionId::new(now, fresh(app)?),
        visitor: VisitorId::new(now, fresh(app)?),
        key: holder.key.id(),
        value: holder.text,
        product: &holder.product,
        organization: holder.key.organization_id(),
        environment: holder.key.environment_id(),
        origin,
        scope: scopes.join(" "),
        now,
        lifetime_seconds,
        key_expires_at: holder.key.expires_at(),
    };
    let keyring = app.engine.keyring();
    let signer = keyring
        .signing()
        .first()
        .ok_or_else(|| Problem::unavailable("undecided", "the key material is not loaded"))?;
    let (token, expires_at) = issue(&new, issuer, signer).ok_or_else(|| {
        let detail = "the key has more scopes than a token can carry; give it fewer";
        Problem::conflict("too_many_scopes", detail)
    })?;
    Ok(CreatedSession {
        token: token.reveal().to_owned(),
        session: SessionView {
            id: new.id,
            visitor: new.visitor,
            expires_at,
        },
        expires_in: (expires_at.millis() - now.millis()).div_euclid(1000),
        scopes,
        request_id: request_id.to_owned(),
    })
}

/// The page that the session is bound to. One that has no origin of its own, such as a sandboxed
/// frame, could never be recognised again.
fn origin(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match verify::origin(headers) {
        Origin::Absent => Ok(None),
        Origin::Of(origin) if origin != "null" && origin.len() <= ORIGIN_MAX_BYTES => {
            Ok(Some(origin))
        }
        Origin::Of(_) | Origin::Malformed => Err(Problem::forbidden(
            Code::OriginNotAllowed.as_str(),
            "the page has no origin that a session could be bound to",
        )),
    }
}

fn lifetime(headers: &HeaderMap, body: &[u8]) -> Result<u32, Problem> {
    let asked: SessionRequest = match body {
        [] => SessionRequest::default(),
        body => body::parse(headers, body)?,
    };
    let seconds = asked.lifetime_seconds.unwrap_or(LIFETIME_DEFAULT_SECONDS);
    if (1..=LIFETIME_MAX_SECONDS).contains(&seconds) {
        return Ok(seconds);
    }
    let message = format!("a session lasts 1 to {LIFETIME_MAX_SECONDS} seconds");
    Err(Problem::field("/lifetime_seconds", message))
}

fn fresh(app: &App) -> Result<[u8; 10], Problem> {
    let mut bytes = [0; 10];
    app.random.fill(&mut bytes)?;
    Ok(bytes)
}
