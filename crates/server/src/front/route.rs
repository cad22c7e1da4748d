//! From a request to the door or operation that answers it.
//!
//! The hot doors are matched first, by plain comparison; everything else goes to the operations
//! of the API.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use hyper::body::Body;
use keystile_core::model::Timestamp;

use super::Surface;
use super::connection::Peer;
use super::operate::{operate, personal};
use super::read;
use super::respond::{self, Reply};
use super::{own_key, sessions};
use crate::app::App;
use crate::console;
use crate::control;
use crate::embed;
use crate::problem::{Problem, unwinding};
use crate::request_id::RequestName;
use crate::verify::{self, Entitled, Gate, LastAsker, Stage, Subrequest, Verdict};

const GATEWAY_NGINX: &str = "/gateway/nginx/";

/// Makes a request without a socket: for commands when no server runs.
pub(crate) async fn call_in_process(
    app: &Arc<App>,
    request: Request<http_body_util::Full<Bytes>>,
) -> Reply {
    let peer = Peer {
        address: None,
        surface: Surface::Control,
    };
    answer(app, peer, &LastAsker::default(), request).await
}

/// Answers a request, whatever it is.
pub(super) async fn answer<B>(
    app: &Arc<App>,
    peer: Peer,
    last: &LastAsker,
    request: Request<B>,
) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let (parts, body) = request.into_parts();
    let name = app.request_ids.name(&parts.headers, app.now());
    if let Err(problem) = read::check(&parts) {
        return respond::problem(&problem, name.as_str());
    }
    match (parts.uri.path(), peer.surface) {
        ("/livez", _) => plain(&parts, "live", StatusCode::OK, &name),
        ("/v1/keys/self", _) => Box::pin(own_key::tell(app, peer, &parts, &name)).await,
        ("/v1/keys/self/revoke", _) => {
            Box::pin(own_key::revoke(app, peer, &parts, body, &name)).await
        }
        ("/v1/sessions", _) => Box::pin(sessions::create(app, peer, &parts, body, &name)).await,
        ("/.well-known/jwks.json", _) => with_get(&parts, &name, || sessions::keys(app, &name)),
        (path, Surface::Whole | Surface::Public) if console::is_portal(path) => {
            Box::pin(page(app, peer, parts, body, &name)).await
        }
        (path, _) if embed::holds(path) => embedded(app, &parts, &name),
        (_, Surface::Public) => respond::problem(&Problem::not_found("page"), name.as_str()),
        ("/v1/keys/verify", _) => {
            let caller = (peer.surface, last);
            hot(app, caller, &parts, body, &name, verify::verify_one).await
        }
        ("/v1/keys/verify_batch", _) => {
            let caller = (peer.surface, last);
            hot(app, caller, &parts, body, &name, verify::verify_batch).await
        }
        (path, _) if path.starts_with(GATEWAY_NGINX) => match gateway(app, peer, &parts, &name) {
            Ok(Gate::Told(told)) => respond::told(&told),
            Ok(Gate::Unpaid(unpaid)) => {
                let asked = subrequest(peer, &parts, &name);
                respond::told(&unpaid.pay(app, &asked).await)
            }
            Err(problem) => refused(&problem, &name),
        },
        ("/readyz", _) => match (app.is_ready(), app.store.trouble()) {
            (true, None) => plain(&parts, "ready", StatusCode::OK, &name),
            // What exactly went wrong stands in the log.
            (true, Some(_)) => {
                let text = "not ready: nothing can be written until keystile is restarted";
                plain(&parts, text, StatusCode::SERVICE_UNAVAILABLE, &name)
            }
            (false, _) => plain(&parts, "not ready", StatusCode::SERVICE_UNAVAILABLE, &name),
        },
        ("/metrics", _) => with_get(&parts, &name, || {
            let checked = app.engine.signatures_checked();
            app.metrics.signatures_checked.set(checked);
            let text = app.metrics.render();
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            respond::reply(StatusCode::OK, kind, text, name.as_str())
        }),
        ("/openapi.json", _) => with_get(&parts, &name, || {
            let document = crate::openapi::document();
            let body = serde_json::to_vec(document).unwrap_or_default();
            respond::json(body, name.as_str())
        }),
        ("/manifest.schema.json", _) => with_get(&parts, &name, || {
            let schema = keystile_core::manifest::json_schema();
            respond::json(
                serde_json::to_vec(&schema).unwrap_or_default(),
                name.as_str(),
            )
        }),
        ("/docs", _) => with_get(&parts, &name, || crate::reference::page(name.as_str())),
        (path, Surface::Whole) if console::holds(path) => {
            Box::pin(page(app, peer, parts, body, &name)).await
        }
        (path, Surface::Control) if path.starts_with(control::PREFIX) => {
            Box::pin(local(app, &parts, body, &name)).await
        }
        // Boxed, so that what the hot doors await stays small: it is moved for every request.
        _ => Box::pin(operate(app, peer, parts, body, &name)).await,
    }
}

/// A file for pages of customers.
fn embedded(app: &App, parts: &Parts, name: &RequestName) -> Reply {
    let asked = (&parts.method, parts.uri.path());
    match embed::serve(app, asked, &parts.headers, name.as_str()) {
        None => respond::problem(&Problem::not_found("file"), name.as_str()),
        Some(reply) if [Method::GET, Method::HEAD].contains(&parts.method) => reply,
        Some(_) => respond::method_not_allowed("GET, HEAD", name.as_str()),
    }
}

/// A page of the console, or something that is done there.
async fn page<B>(app: &Arc<App>, peer: Peer, parts: Parts, body: B, name: &RequestName) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let limits = &app.settings.limits;
    let most = match console::takes_manifest(parts.uri.path()) {
        true => limits.large_body_bytes,
        false => limits.body_bytes,
    };
    let body = read::body(&parts, body, most, limits).await;
    let personal = personal(app, peer, &parts.headers);
    let request = *name;
    let asked = console::Asked {
        parts,
        body,
        personal,
        request,
    };
    console::answer(app, asked).await
}

async fn local<B>(app: &Arc<App>, parts: &Parts, body: B, name: &RequestName) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let limits = &app.settings.limits;
    let answered = async {
        let body = read::body(parts, body, limits.body_bytes, limits).await?;
        control::answer(app, parts, &body).await
    };
    match answered.await {
        Ok(value) => respond::json(value.to_string().into_bytes(), name.as_str()),
        Err(problem) => refused(&problem, name),
    }
}

fn with_get(parts: &Parts, name: &RequestName, reply: impl FnOnce() -> Reply) -> Reply {
    match parts.method {
        Method::GET => reply(),
        _ => respond::method_not_allowed("GET", name.as_str()),
    }
}

fn plain(parts: &Parts, text: &'static str, status: StatusCode, name: &RequestName) -> Reply {
    with_get(parts, name, || {
        respond::reply(status, "text/plain; charset=utf-8", text, name.as_str())
    })
}

pub(super) type Verify = fn(&App, verify::Request<'_>, &str) -> Result<Verdict, Problem>;

/// A verify door. The caller is checked when the whole request is there, because that is when it
/// begins; one that waits to be told to go on is also checked before.
async fn hot<B>(
    app: &App,
    caller: (Surface, &LastAsker),
    parts: &Parts,
    body: B,
    name: &RequestName,
    verify: Verify,
) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    if parts.method != Method::POST {
        return respond::method_not_allowed("POST", name.as_str());
    }
    let answered = async {
        if parts.headers.contains_key(http::header::EXPECT) {
            entitled(app, caller, parts, Stage::Head, app.now())?;
        }
        let limits = &app.settings.limits;
        let body = read::body(parts, body, limits.large_body_bytes, limits).await?;
        let Ruled {
            verdict,
            entitled,
            now,
        } = verdict(app, caller, parts, &body, name, verify)?;
        match verdict {
            Verdict::Made(json) => Ok(json),
            Verdict::Unpaid(unpaid) => {
                let headers = &parts.headers;
                let request = request(&entitled, headers, &body, now);
                // Boxed, so that what the hot doors await stays small.
                Box::pin(unpaid.pay(app, request)).await
            }
        }
    };
    match answered.await {
        Ok(body) => respond::json(body, name.as_str()),
        Err(problem) => refused(&problem, name),
    }
}

/// Whether the caller may ask.
fn entitled(
    app: &App,
    (surface, last): (Surface, &LastAsker),
    parts: &Parts,
    stage: Stage,
    now: Timestamp,
) -> Result<Entitled, Problem> {
    match surface {
        Surface::Control => Ok(None),
        _ => last.entitled(app, &parts.headers, verify::SCOPE, (stage, now)),
    }
}

/// A verdict, and whose question it answers.
pub(super) struct Ruled {
    pub(super) verdict: Verdict,
    pub(super) entitled: Entitled,
    pub(super) now: Timestamp,
}

/// A request as the verify doors take it.
pub(super) fn request<'r>(
    entitled: &'r Entitled,
    headers: &'r http::HeaderMap,
    body: &'r Bytes,
    now: Timestamp,
) -> verify::Request<'r> {
    verify::Request {
        entitled,
        headers,
        body,
        now,
    }
}

/// The verdict about a request that is there as a whole.
pub(super) fn verdict(
    app: &App,
    caller: (Surface, &LastAsker),
    parts: &Parts,
    body: &Bytes,
    name: &RequestName,
    verify: Verify,
) -> Result<Ruled, Problem> {
    unwinding(|| {
        let now = app.now();
        let entitled = entitled(app, caller, parts, Stage::Whole, now)?;
        let request = request(&entitled, &parts.headers, body, now);
        let verdict = verify(app, request, name.as_str())?;
        Ok(Ruled {
            verdict,
            entitled,
            now,
        })
    })
}

pub(super) fn refused(problem: &Problem, name: &RequestName) -> Reply {
    note(problem, name);
    respond::problem(problem, name.as_str())
}

/// Puts into the log what could not be decided or done.
pub(super) fn note(problem: &Problem, name: &RequestName) {
    if problem.status.is_server_error() {
        let private = problem.private.as_deref().unwrap_or_default();
        tracing::warn!(
            request_id = name.as_str(),
            code = problem.code,
            private,
            "not decided"
        );
    }
}

/// What a gateway is told.
pub(super) fn gateway(
    app: &App,
    peer: Peer,
    parts: &Parts,
    name: &RequestName,
) -> Result<Gate, Problem> {
    let asked = subrequest(peer, parts, name);
    unwinding(|| Ok(verify::forward_auth(app, &asked)))
}

/// What a gateway asks.
pub(super) fn subrequest<'p>(
    peer: Peer,
    parts: &'p Parts,
    name: &'p RequestName,
) -> Subrequest<'p> {
    let product = parts
        .uri
        .path()
        .strip_prefix(GATEWAY_NGINX)
        .unwrap_or_default();
    Subrequest {
        product,
        query: parts.uri.query(),
        headers: &parts.headers,
        peer: peer.address,
        request_id: name.as_str(),
    }
}
