//! What the holder of a key may ask with that key: `GET /v1/keys/self` and
//! `POST /v1/keys/self/revoke`.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use hyper::body::Body;
use keystile_core::model::KeyId;

use super::connection::Peer;
use super::operate::{Line, personal};
use super::respond::Reply;
use super::route::refused;
use super::{read, respond};
use crate::api::{OwnKeyEnded, end_own_key};
use crate::app::{App, Caller};
use crate::manage::{Request, Work};
use crate::problem::{Problem, broken, unwinding};
use crate::request_id::RequestName;
use crate::verify::{self, Refused, Stage};

const REVOKE: &str = "revokeOwnKey";

/// Tells the holder of a key about it.
pub(super) async fn tell(app: &App, peer: Peer, parts: &Parts, name: &RequestName) -> Reply {
    if parts.method != Method::GET {
        return respond::method_not_allowed("GET", name.as_str());
    }
    let ip = verify::client_address(app, peer.address, &parts.headers);
    match verify::tell_holder(app, &parts.headers, ip) {
        Ok(known) => match known.with_credits(app).await {
            Ok(told) => respond::json(serde_json::to_vec(&told).unwrap_or_default(), name.as_str()),
            Err(problem) => refused(&problem, name),
        },
        Err(refusal) => challenged(&refusal, name),
    }
}

fn challenged(refusal: &Refused, name: &RequestName) -> Reply {
    let mut reply = refused(&refusal.problem, name);
    if let Some(challenge) = refusal.challenge.clone() {
        reply.headers_mut().insert(verify::CHALLENGE, challenge);
    }
    reply
}

/// Revokes a secret key for its holder.
pub(super) async fn revoke<B>(
    app: &Arc<App>,
    peer: Peer,
    parts: &Parts,
    body: B,
    name: &RequestName,
) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    if parts.method != Method::POST {
        return respond::method_not_allowed("POST", name.as_str());
    }
    let began = app.now();
    let mut line = Line {
        operation: REVOKE,
        caller: None,
    };
    let ended = revoked(app, peer, parts, body, name, &mut line).await;
    let (status, problem) = match &ended {
        Ok(_) => (StatusCode::OK, None),
        Err(refusal) => (refusal.problem.status, Some(&refusal.problem)),
    };
    app.metrics.managed(REVOKE, status.as_u16());
    line.write(app, name, status, began, problem);
    match ended {
        Ok(ended) => respond::json(
            serde_json::to_vec(&ended).unwrap_or_default(),
            name.as_str(),
        ),
        Err(refusal) => challenged(&refusal, name),
    }
}

async fn revoked<B>(
    app: &Arc<App>,
    peer: Peer,
    parts: &Parts,
    body: B,
    name: &RequestName,
    line: &mut Line,
) -> Result<OwnKeyEnded, Box<Refused>>
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let ip = verify::client_address(app, peer.address, &parts.headers);
    let holder = |stage| {
        let asked = || Ok(verify::who_may_revoke(app, stage, &parts.headers, ip));
        unwinding(asked).unwrap_or_else(|problem| Err(problem.into()))
    };
    // Before the body, so that strangers cannot make us read; after it, because that is when the
    // request begins.
    holder(Stage::Head)?;
    let limits = &app.settings.limits;
    let sent = read::body(parts, body, limits.body_bytes, limits).await?;
    let (id, caller) = holder(Stage::OwnKey)?;
    line.caller = Some(caller.clone());
    Ok(end(app, peer, parts, (id, caller, sent), name).await?)
}

/// In a task of its own: a client that goes away must not stop it half-way.
async fn end(
    app: &Arc<App>,
    peer: Peer,
    parts: &Parts,
    (id, caller, sent): (KeyId, Caller, Bytes),
    name: &RequestName,
) -> Result<OwnKeyEnded, Problem> {
    let request = Request {
        id: Some(name.id),
        personal: Some(personal(app, peer, &parts.headers)),
        idempotency: None,
    };
    let (app, headers) = (Arc::clone(app), parts.headers.clone());
    let ending = async move {
        let work = Work::new(&app, &caller, request);
        end_own_key(&work, id, &headers, &sent).await
    };
    tokio::spawn(ending).await.unwrap_or_else(|_| Err(broken()))
}
