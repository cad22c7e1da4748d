//! Where a request carries its key, and which page it comes from.

use http::header::{AUTHORIZATION, ORIGIN, REFERER};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName};

use crate::key::{Prefix, TAIL, begins_like_key, parse_key};
use crate::session::looks_like_token;
use crate::verdict::Verdict;

const MISSING: &str = "no key was sent; send it as `Authorization: Bearer <key>`";
const CONFLICTING: &str = "more than one key was sent; send exactly one";
const IN_URL: &str = "a key was sent in the URL, where it is never read; send it as \
    `Authorization: Bearer <key>`, and replace that key, because URLs are written into logs";

/// Finds the key in the headers that the product reads keys from, or says why there is none to be
/// asked about.
///
/// `Authorization` may carry something else, such as an end user's own token, as long as another
/// header carries a key. Two keys, equal or not, are a conflict, and so is one of these headers sent
/// twice. A key in the URL is refused wherever else there is one.
pub(crate) fn find_credential(
    request: &Parts,
    names: &[HeaderName],
    foreign_prefixes: &[String],
) -> Result<String, Box<Verdict>> {
    let refused = |code, message: &str| Box::new(Verdict::refused(code, message));
    let found = in_headers(&request.headers, names, foreign_prefixes)
        .map_err(|Conflict| refused("conflicting_credentials", CONFLICTING))?;
    let target = request.uri.path_and_query().map(PathAndQuery::as_str);
    match (found, has_key(target.unwrap_or_default())) {
        (None, true) => Err(refused("missing_credential", IN_URL)),
        (Some(_), true) => Err(refused("conflicting_credentials", IN_URL)),
        (None, false) => Err(refused("missing_credential", MISSING)),
        (Some(key), false) => Ok(key),
    }
}

/// More than one key.
struct Conflict;

fn in_headers(
    headers: &HeaderMap,
    names: &[HeaderName],
    foreign_prefixes: &[String],
) -> Result<Option<String>, Conflict> {
    let (mut found, mut other) = (None, None);
    for name in names {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else {
            continue;
        };
        if values.next().is_some() {
            return Err(Conflict);
        }
        let text = String::from_utf8_lossy(value.as_bytes());
        let key = match text.split_once(' ') {
            _ if name != AUTHORIZATION => &*text,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest,
            _ => continue,
        };
        // Some proxies join a header that came twice; no key has a comma.
        if key.contains(',') {
            return Err(Conflict);
        }
        if name == AUTHORIZATION && !may_be_key(key, foreign_prefixes) {
            other = Some(key.to_owned());
        } else if found.replace(key.to_owned()).is_some() {
            return Err(Conflict);
        }
    }
    // Whatever follows Bearer is taken when there is nothing else, so that its holder is told what
    // is wrong with it.
    Ok(found.or(other))
}

fn may_be_key(text: &str, foreign_prefixes: &[String]) -> bool {
    let is_foreign = foreign_prefixes
        .iter()
        .any(|prefix| text.starts_with(prefix));
    begins_like_key(text) || text.starts_with("st_") || is_foreign
}

/// Whether a real key, or a session token, stands anywhere in a URL.
fn has_key(target: &str) -> bool {
    let target = unescaped(target);
    let kinds = target.match_indices("k_").map(|(at, _)| at);
    let mut starts = kinds.filter_map(|at| target.get(at.checked_sub(1)?..));
    starts.any(begins_with_key) || has_token(&target)
}

fn begins_with_key(text: &str) -> bool {
    let length = Prefix::read(text).map(|prefix| prefix.length + TAIL);
    let key = length.and_then(|length| text.get(..length));
    key.is_some_and(|key| parse_key(key).is_ok())
}

/// Three parts with dots between them, of which the first has the beginning of a token in it.
fn has_token(target: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    target.split(|c| !is_part(c)).any(|word| {
        let parts: Vec<_> = word.split('.').collect();
        parts.windows(3).any(|parts| {
            let first = parts[0].find("st_").map(|at| &parts[0][at..]);
            first.is_some_and(|first| looks_like_token(&[first, parts[1], parts[2]].join(".")))
        })
    })
}

/// Without percent-encoding; what is none stays as it is.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The page that a request comes from, as the JSON door takes it: its `Origin`, or, only without
/// one, its `Referer`'s. A secret key is judged by whether a browser sent it, so its `Referer` only
/// counts when the browser says that it is one.
pub(crate) fn origin_of(headers: &HeaderMap, key: &str) -> Option<String> {
    let lossy = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let origins: Vec<_> = headers.get_all(ORIGIN).iter().map(lossy).collect();
    if !origins.is_empty() {
        return Some(origins.join(", "));
    }
    let is_secret = key.starts_with("sk_");
    if is_secret && !headers.contains_key("sec-fetch-site") {
        return None;
    }
    let mut referers = headers.get_all(REFERER).iter().map(lossy);
    let page = match (referers.next(), referers.next()) {
        (Some(referer), None) => origin_of_url(&referer),
        _ => None,
    };
    page.or_else(|| is_secret.then(|| "null".to_owned()))
}

/// Scheme, host and port.
fn origin_of_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_scheme = !scheme.is_empty() && !scheme.contains(':');
    is_scheme.then(|| format!("{scheme}://{host}"))
}
