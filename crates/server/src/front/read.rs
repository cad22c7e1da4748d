//! What a request must be before anything else looks at it, and reading its body.

use std::fmt::Display;

use bytes::Bytes;
use http::request::Parts;
use http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;

use crate::config::Limits;
use crate::problem::Problem;

/// Refuses what has more than one meaning: several Hosts, a target for another host than the
/// Host header's, or two ways of telling the body's length.
pub(super) fn check(parts: &Parts) -> Result<(), Problem> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Problem::bad_request("there is more than one Host header"));
    }
    if host.is_none() && parts.version == http::Version::HTTP_11 {
        return Err(Problem::bad_request("there is no Host header"));
    }
    if let Some(authority) = parts.uri.authority() {
        let same = host.is_some_and(|host| {
            host.as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes())
        });
        if !same {
            return Err(Problem::bad_request(
                "the target names another host than Host",
            ));
        }
    }
    let has = |name| parts.headers.contains_key(name);
    if has(header::TRANSFER_ENCODING) && has(header::CONTENT_LENGTH) {
        return Err(Problem::bad_request(
            "there are both Content-Length and Transfer-Encoding",
        ));
    }
    Ok(())
}

/// The whole body, at most `most` bytes, arrived in time.
pub(super) async fn body<B>(
    parts: &Parts,
    body: B,
    most: usize,
    limits: &Limits,
) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let too_large = || {
        let detail = format!("the body has more than {most} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let reading = Limited::new(body, most).collect();
    match tokio::time::timeout(limits.arrival, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad_request("the body did not arrive whole")),
        Err(_) => {
            let detail = "the body took too long to arrive";
            Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                detail,
            ))
        }
    }
}
