//! `POST /v1/sessions` as HTTP, for browsers on pages of customers, and the public keys that its
//! tokens are checked with.

use std::fmt::Display;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use hyper::body::Body;

use super::connection::Peer;
use super::respond::Reply;
use super::route::note;
use super::{cors, read, respond};
use crate::app::App;
use crate::metrics::Door;
use crate::problem::{Problem, unwinding};
use crate::request_id::RequestName;
use crate::sessions;
use crate::verify::{self, Stage};

/// A request for a session is a few words long.
const BODY_BYTES: usize = 4 << 10;

/// For so many seconds public keys may be kept; whoever meets a token of an unknown one asks again.
const KEYS_MAX_AGE: &str = "public, max-age=300";

/// Answers whoever wants a session.
pub(super) async fn create<B>(
    app: &App,
    peer: Peer,
    parts: &Parts,
    body: B,
    name: &RequestName,
) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    match made(app, peer, parts, body, name).await {
        Ok(reply) => reply,
        Err(problem) => {
            note(&problem, name);
            cors::refused(&problem, name.as_str())
        }
    }
}

async fn made<B>(
    app: &App,
    peer: Peer,
    parts: &Parts,
    body: B,
    name: &RequestName,
) -> Result<Reply, Problem>
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let headers = &parts.headers;
    let is_options = parts.method == Method::OPTIONS;
    if is_options && cors::is_preflight(headers) {
        return Ok(cors::preflight(headers, name.as_str()));
    }
    if parts.method != Method::POST && !is_options {
        return Err(wrong_method());
    }
    let address = verify::client_address(app, peer.address, headers);
    // OPTIONS that is no question of a browser needs a key like any other request, and whoever
    // waits to be told to go on is told at once when there is no use in it.
    if is_options || headers.contains_key(header::EXPECT) {
        let asked = (headers, address, app.now());
        let at = (Door::Session, Stage::Head);
        unwinding(|| verify::holder(app, at, asked).map_err(|why| why.problem))?;
    }
    if is_options {
        return Err(wrong_method());
    }
    let limits = &app.settings.limits;
    let most = BODY_BYTES.min(limits.body_bytes);
    let body = read::body(parts, body, most, limits).await?;
    let created = unwinding(|| sessions::create(app, headers, address, &body, name.as_str()))?;
    let body = serde_json::to_vec(&created).unwrap_or_default();
    let kind = "application/json";
    let reply = respond::reply(StatusCode::CREATED, kind, body, name.as_str());
    Ok(cors::granted(reply, headers))
}

fn wrong_method() -> Problem {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    Problem::new(status, "method_not_allowed", "this address takes POST")
}

/// The public keys, which anybody may keep for a while.
pub(super) fn keys(app: &App, name: &RequestName) -> Reply {
    let body = serde_json::to_vec(&sessions::key_set(app)).unwrap_or_default();
    let mut reply = respond::json(body, name.as_str());
    let headers = reply.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(KEYS_MAX_AGE),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    reply
}
