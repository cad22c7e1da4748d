//! How refusals are answered: problem details (RFC 9457), as at every door of Keystile.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::secret::masked;
use crate::types::RateLimitLeft;
use crate::verdict::Verdict;

/// How a code is answered: its status, and the error of RFC 6750 §3.1. A code that this version does
/// not know refuses as 403.
fn wire(code: &str) -> (StatusCode, Option<&'static str>) {
    match code {
        "missing_credential" => (StatusCode::UNAUTHORIZED, None),
        "conflicting_credentials" => (StatusCode::BAD_REQUEST, Some("invalid_request")),
        "malformed_key" | "unknown_key" | "invalid_session" | "revoked_key" | "expired_key"
        | "disabled_key" => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        "insufficient_scope" => (StatusCode::FORBIDDEN, Some("insufficient_scope")),
        "rate_limited" => (StatusCode::TOO_MANY_REQUESTS, None),
        "spend_cap_reached" | "credits_exhausted" => (StatusCode::PAYMENT_REQUIRED, None),
        "idempotency_conflict" => (StatusCode::CONFLICT, None),
        "invalid_idempotency_key" => (StatusCode::BAD_REQUEST, None),
        "undecided" | "spend_unknown" => (StatusCode::SERVICE_UNAVAILABLE, None),
        _ => (StatusCode::FORBIDDEN, None),
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_scope: Option<&'a str>,
}

/// The answer to a call that is refused.
pub(crate) fn refusal(reason: &Verdict, realm: &str) -> Response<Bytes> {
    let (status, oauth) = wire(&reason.code);
    let since = reason.since.as_ref();
    let since = since.map(|since| format!(", since {since}"));
    let detail = masked(&format!("{}{}", reason.message, since.unwrap_or_default()));
    let problem = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        code: &reason.code,
        detail: &detail,
        request_id: reason.request_id.as_deref(),
        missing_scope: reason.missing_scope.as_deref(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    set(headers, CONTENT_TYPE, "application/problem+json");
    set(headers, CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED || oauth.is_some() {
        let scope = reason.missing_scope.as_deref();
        set(
            headers,
            WWW_AUTHENTICATE,
            &challenge(realm, oauth, &detail, scope),
        );
    }
    match &reason.rate_limit {
        Some(limit) if status == StatusCode::TOO_MANY_REQUESTS => limited(headers, limit),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => set(headers, RETRY_AFTER, "1"),
        _ => {}
    }
    response
}

fn limited(headers: &mut HeaderMap, left: &RateLimitLeft) {
    let (limit, remaining, reset) = (left.limit, left.remaining, left.reset_seconds);
    set(headers, RETRY_AFTER, &reset.max(1).to_string());
    let policy = HeaderName::from_static("ratelimit-policy");
    set(headers, policy, &format!("\"keystile\";q={limit}"));
    let rate = HeaderName::from_static("ratelimit");
    set(
        headers,
        rate,
        &format!("\"keystile\";r={remaining};t={reset}"),
    );
}

/// Nothing but visible characters is ever set.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The value of `WWW-Authenticate` (RFC 6750 §3).
fn challenge(realm: &str, oauth: Option<&str>, detail: &str, scope: Option<&str>) -> String {
    let mut value = format!("Bearer realm=\"{}\"", quoted(realm));
    if let Some(oauth) = oauth {
        let detail = quoted(detail);
        value += &format!(", error=\"{oauth}\", error_description=\"{detail}\"");
    }
    if let Some(scope) = scope {
        value += &format!(", scope=\"{}\"", quoted(scope));
    }
    value
}

/// What may stand between quotes in a header.
fn quoted(text: &str) -> String {
    let allowed = |c| match c {
        '"' | '\\' => '\'',
        ' '..='~' => c,
        _ => '?',
    };
    text.chars().map(allowed).collect()
}
