//! CORS (Fetch standard) for the one door that pages of other origins call: `/v1/sessions`.
//!
//! An allowed page is named exactly. Every refusal may be read by any page, so that it can tell a
//! forbidden origin, a dead key and no network apart; it says nothing but its code. Nothing is ever
//! granted with credentials.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::respond::{self, Reply};
use crate::problem::Problem;

const REQUEST_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
const ANY: HeaderValue = HeaderValue::from_static("*");

/// The headers that a page may send; whatever it asks for, the list is this.
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, x-api-key");

/// The headers that a page may read.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");

/// For so many seconds a browser need not ask again.
const MAX_AGE: u32 = 600;

/// Whether a request is the question that a browser asks first.
pub(super) fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) && headers.contains_key(REQUEST_METHOD)
}

/// The answer to that question: the same for every page, because no key comes with it.
pub(super) fn preflight(headers: &HeaderMap, request_id: &str) -> Reply {
    let mut reply = respond::reply(StatusCode::NO_CONTENT, "text/plain", "", request_id);
    let answer = reply.headers_mut();
    answer.remove(header::CONTENT_TYPE);
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST"),
    );
    answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE));
    readable_by(answer, the_origin(headers).unwrap_or(ANY));
    reply
}

/// Lets the page read the answer that it was given.
pub(super) fn granted(mut reply: Reply, headers: &HeaderMap) -> Reply {
    let answer = reply.headers_mut();
    match the_origin(headers) {
        Some(origin) => readable_by(answer, origin),
        None => {
            answer.insert(header::VARY, HeaderValue::from_static("origin"));
        }
    }
    reply
}

/// A refusal, which any page may read. What is wrong with the request itself is said in full; of
/// keys, nothing but the code.
pub(super) fn refused(problem: &Problem, request_id: &str) -> Reply {
    let about_the_key = matches!(
        problem.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
    );
    let mut reply = match about_the_key || problem.status.is_server_error() {
        true => respond::bare_problem(problem, request_id),
        false => respond::problem(problem, request_id),
    };
    let answer = reply.headers_mut();
    if problem.status == StatusCode::METHOD_NOT_ALLOWED {
        answer.insert(header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    }
    readable_by(answer, ANY);
    reply
}

fn readable_by(answer: &mut HeaderMap, origin: HeaderValue) {
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    answer.insert(header::VARY, HeaderValue::from_static("origin"));
}

/// No origin is longer: a host of 253 characters, with scheme and port.
const LONGEST: usize = 270;

/// The one origin of a request, as it came; `null`, and what no browser would send, is none.
fn the_origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let is_one = |origin: &&HeaderValue| {
        *origin != "null" && origin.len() <= LONGEST && origin.to_str().is_ok()
    };
    let origin = origins.next().filter(is_one);
    origin.filter(|_| origins.next().is_none()).cloned()
}
