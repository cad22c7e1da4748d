//! Telling from a request's head whether it is one for the lane.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri, header};

use crate::config::Limits;
use crate::front::read;

/// The doors that the lane leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    One,
    Batch,
    Gateway,
}

/// A request for the lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) door: Door,
    /// Bytes of its head, the empty line included.
    pub(super) head: usize,
    body: usize,
}

impl Expected {
    /// How long it is in all.
    pub(super) fn bytes(&self) -> usize {
        self.head + self.body
    }
}

/// More headers than anybody sends who means well.
const MOST_HEADERS: usize = 64;

/// How requests begin that are for the lane. Any other need not be looked at any further.
const BEGINNINGS: [(&[u8], Door); 3] = [
    (b"POST /v1/keys/verify HTTP/1.1\r\n", Door::One),
    (b"POST /v1/keys/verify_batch HTTP/1.1\r\n", Door::Batch),
    (b"GET /gateway/nginx/", Door::Gateway),
];

/// Reads a head into `parts`, whose headers must be empty. `None` when it is not whole, when it is
/// of another request, and when there is anything about it that hyper should judge.
pub(super) fn look(here: &Bytes, parts: &mut Parts, limits: &Limits) -> Option<Expected> {
    let begins = |(beginning, _): &&(&[u8], Door)| here.starts_with(beginning);
    let (_, door) = BEGINNINGS.iter().find(begins)?;
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(here, &mut headers);
    let head = match parsed {
        Ok(httparse::Status::Complete(head)) if head <= limits.head_bytes => head,
        _ => return None,
    };
    if request.version != Some(1) {
        return None;
    }
    let mut length = None;
    for sent in &*request.headers {
        let name = named(sent.name)?;
        let value = here.slice_ref(sent.value);
        match name {
            header::CONTENT_LENGTH if length.is_some() => return None,
            header::CONTENT_LENGTH => length = Some(number(sent.value)?),
            header::TRANSFER_ENCODING | header::EXPECT | header::UPGRADE => return None,
            header::CONNECTION if !sent.value.eq_ignore_ascii_case(b"keep-alive") => return None,
            _ => {}
        }
        let value = HeaderValue::from_maybe_shared(value).ok()?;
        parts.headers.append(name, value);
    }
    let body = match (door, length) {
        (Door::Gateway, None | Some(0)) => 0,
        (Door::One | Door::Batch, Some(length)) if length <= limits.large_body_bytes => length,
        _ => return None,
    };
    set_target(parts, *door, request.path?.as_bytes())?;
    read::check(parts).ok()?;
    Some(Expected {
        door: *door,
        head,
        body,
    })
}

/// Names beyond HTTP's own that come with nearly every request. Making one anew takes memory.
const OFTEN: [HeaderName; 6] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-keystile-method"),
    HeaderName::from_static("x-keystile-uri"),
    HeaderName::from_static("x-keystile-host"),
    HeaderName::from_static("x-keystile-client-ip"),
];

fn named(name: &str) -> Option<HeaderName> {
    let known = |often: &&HeaderName| often.as_str().eq_ignore_ascii_case(name);
    let often = OFTEN.iter().find(known).cloned();
    often.or_else(|| HeaderName::from_bytes(name.as_bytes()).ok())
}

/// The method and the target; only the gateway's door reads the latter, and it is the same one all
/// the time.
fn set_target(parts: &mut Parts, door: Door, target: &[u8]) -> Option<()> {
    if door != Door::Gateway {
        parts.method = Method::POST;
        return Some(());
    }
    parts.method = Method::GET;
    let known = parts.uri.path_and_query();
    if known.is_none_or(|known| known.as_str().as_bytes() != target) {
        parts.uri = Uri::try_from(target).ok()?;
    }
    Some(())
}

/// A length in the one way that everybody writes it (RFC 9110 §8.6).
fn number(text: &[u8]) -> Option<usize> {
    let digits = (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    text.parse().ok()
}
