//! Answers as HTTP responses, always with the request's id and never to be stored.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::api::{Answer, Body};
use crate::problem::{Problem, RefusalBody};
use crate::verify::Told;

/// What every door answers with.
pub(super) type Reply = Response<Body>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Any status, type and body.
pub(super) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
    request_id: &str,
) -> Reply {
    framed(status, content_type, Body::Whole(body.into()), request_id)
}

fn framed(status: StatusCode, content_type: &'static str, body: Body, request_id: &str) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.reserve(6);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    reply
}

/// 200 with JSON that is written already.
pub(super) fn json(body: Vec<u8>, request_id: &str) -> Reply {
    reply(StatusCode::OK, "application/json", body, request_id)
}

/// What a gateway is told.
pub(super) fn told(told: &Told) -> Reply {
    let mut reply = Response::new(Body::default());
    *reply.status_mut() = told.status;
    reply.headers_mut().extend(told.headers());
    reply
}

/// What a handler answers with.
pub(super) fn answer(answer: Answer, request_id: &str) -> Reply {
    let mut reply = framed(answer.status, answer.media, answer.body, request_id);
    let headers = reply.headers_mut();
    if let Some(name) = answer.file_name
        && let Ok(kept) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
    {
        headers.insert(header::CONTENT_DISPOSITION, kept);
    }
    if let Some(version) = answer.version
        && let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(header::ETAG, tag);
    }
    if answer.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    reply
}

/// Problem details (RFC 9457).
pub(super) fn problem(problem: &Problem, request_id: &str) -> Reply {
    refusal(problem, problem.to_json(request_id), request_id)
}

/// The same with nothing but its code and the request's id, for whoever must not be told more.
pub(super) fn bare_problem(problem: &Problem, request_id: &str) -> Reply {
    let code = problem.code;
    let body = serde_json::to_vec(&RefusalBody { code, request_id });
    refusal(problem, body.unwrap_or_default(), request_id)
}

fn refusal(problem: &Problem, body: Vec<u8>, request_id: &str) -> Reply {
    let mut reply = reply(problem.status, "application/problem+json", body, request_id);
    let headers = reply.headers_mut();
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"keystile\"");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if problem.status == StatusCode::REQUEST_TIMEOUT || problem.status == StatusCode::BAD_REQUEST {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    reply
}

/// 405 with what would be allowed (RFC 9110 §15.5.6).
pub(super) fn method_not_allowed(allow: &str, request_id: &str) -> Reply {
    let detail = format!("this address takes {allow}");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut reply = problem(
        &Problem::new(status, "method_not_allowed", detail),
        request_id,
    );
    if let Ok(allow) = HeaderValue::from_str(allow) {
        reply.headers_mut().insert(header::ALLOW, allow);
    }
    reply
}
