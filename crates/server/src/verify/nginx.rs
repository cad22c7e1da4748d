//! `/gateway/nginx/{product}`: the door for nginx's `auth_request`.
//!
//! It reads only the headers that the shipped configuration sets on the subrequest, each of which
//! replaces whatever the client sent under that name. A missing or doubled one is a refusal:
//! method, path and host are never guessed. nginx knows only 2xx, 401 and 403, so the contract's
//! own status and code go along as headers, and the shipped configuration gives them to the client.

use std::cell::Cell;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Introspection, Permit};
use keystile_core::limit::Allowance;
use keystile_core::manifest::Rules;
use keystile_core::model::Slug;
use keystile_core::request::{Asked, Place, RequestFacts};
use keystile_core::snapshot::Identity;

use super::credential::{self, single};
use super::decide::decide;
use super::facts::{self, HeaderValueList};
use super::outcome::{self, wire};
use super::strangers;
use crate::app::App;
use crate::metrics::Door;

const METHOD: HeaderName = HeaderName::from_static("x-keystile-method");
const TARGET: HeaderName = HeaderName::from_static("x-keystile-uri");
const HOST: HeaderName = HeaderName::from_static("x-keystile-host");
const CLIENT: HeaderName = HeaderName::from_static("x-keystile-client-ip");

const STATUS: HeaderName = HeaderName::from_static("x-keystile-status");
const CODE: HeaderName = HeaderName::from_static("x-keystile-code");

const KEY_ID: HeaderName = HeaderName::from_static("x-keystile-key-id");
const KIND: HeaderName = HeaderName::from_static("x-keystile-kind");
const MODE: HeaderName = HeaderName::from_static("x-keystile-mode");
const ORGANIZATION: HeaderName = HeaderName::from_static("x-keystile-organization");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-keystile-organization-external-id");
const PROJECT: HeaderName = HeaderName::from_static("x-keystile-project");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-keystile-environment");
const SCOPES: HeaderName = HeaderName::from_static("x-keystile-scopes");
const CREDITS: HeaderName = HeaderName::from_static("x-keystile-credits-remaining");
const SPEND: HeaderName = HeaderName::from_static("x-keystile-spend-id");
const REQUEST: HeaderName = HeaderName::from_static("x-keystile-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

type Reply = Response<Full<Bytes>>;

/// What nginx asks.
pub(crate) struct Subrequest<'a> {
    /// The product, from the path.
    pub(crate) product: &'a str,
    /// The query of the configured URL: `environment=NAME` for hosts that no base URL claims.
    pub(crate) query: Option<&'a str>,
    /// Everything that nginx sent.
    pub(crate) headers: &'a HeaderMap,
    /// Who sent it.
    pub(crate) peer: Option<SocketAddr>,
    /// Its name in answers and logs.
    pub(crate) request_id: &'a str,
}

/// Why the engine is not asked.
enum Unasked {
    /// The subrequest lacks what the shipped configuration sends, or has it twice.
    Incomplete,
    /// It comes out of a flood.
    Flood(DenyReason),
}

/// Decides about the request that nginx asks about.
pub(crate) fn forward_auth(app: &App, asked: &Subrequest<'_>) -> Reply {
    if !is_trusted(app, asked.peer) {
        return refused_outright("untrusted_proxy", asked.request_id);
    }
    let products = app.engine.index().products();
    let product = products
        .get(asked.product)
        .filter(|_| asked.product != Slug::OPERATOR);
    let Some(product) = product else {
        return refused_outright("unknown_product", asked.request_id);
    };
    let (client, name) = (Cell::new(None), Some(asked.product));
    let ask = |rules: &Rules| {
        let facts = facts_of(app, asked, rules).ok_or(Unasked::Incomplete)?;
        client.set(facts.ip);
        let tried = (facts.ip, facts.credential);
        strangers::may_try(app, Door::Nginx, name, tried).map_err(Unasked::Flood)?;
        Ok(facts)
    };
    let decision = match decide(app, Door::Nginx, product, ask) {
        Ok(decision) => decision,
        Err(Unasked::Flood(reason)) => return denied(reason, &product.rules(), asked.request_id),
        Err(Unasked::Incomplete) => {
            return refused_outright("incomplete_subrequest", asked.request_id);
        }
    };
    let rules = &decision.rules;
    match (decision.verdict, &decision.key) {
        (Ok(permit), Some(key)) => allowed(permit, key, &decision, asked.request_id),
        (Err(reason), _) => {
            let reason = strangers::told(app, name, client.get(), reason);
            denied(reason, rules, asked.request_id)
        }
        (Ok(_), None) => denied(DenyReason::Undecided, rules, asked.request_id),
    }
}

fn is_trusted(app: &App, peer: Option<SocketAddr>) -> bool {
    peer.is_some_and(|peer| {
        let ip = peer.ip().to_canonical();
        app.settings
            .trusted_proxies
            .iter()
            .any(|range| range.contains(&ip))
    })
}

fn facts_of<'a>(app: &App, asked: &Subrequest<'a>, rules: &Rules) -> Option<RequestFacts<'a>> {
    let one = |name| {
        single(asked.headers, name)
            .ok()
            .flatten()
            .filter(|text| !text.is_empty())
    };
    let (method, path, host) = (one(&METHOD)?, one(&TARGET)?, one(&HOST)?);
    let client = HeaderValueList::new(asked.headers, &CLIENT);
    let is_foreign = |text: &str| rules.foreign_format(text).is_some();
    Some(RequestFacts {
        credential: credential::find(asked.headers, &rules.credential_headers, is_foreign),
        place: Place::At {
            host,
            target: path,
            otherwise: configured(asked.query),
        },
        asked: Asked::Operation { method, path },
        origin: facts::origin(asked.headers),
        from_browser: facts::from_browser(asked.headers),
        ip: facts::client_ip(asked.peer, &client, &app.settings.trusted_proxies),
        now: app.now(),
    })
}

/// The environment that the door's own configured URL names.
fn configured(query: Option<&str>) -> Option<&str> {
    query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("environment="))
}

/// Only a permit makes identity headers, and it makes all of them, empty where nothing is known,
/// so that none of the client's own can survive.
fn allowed(
    _permit: Permit,
    key: &Identity<'_>,
    decision: &Introspection<'_>,
    request_id: &str,
) -> Reply {
    let mut told = Told::default();
    told.put(KEY_ID, |out| key.id().push_to(out));
    told.put(ORGANIZATION, |out| {
        key.organization_id().push_to(out);
    });
    told.put(EXTERNAL_ID, |out| {
        push_encoded(key.external_id_bytes().unwrap_or_default(), out);
    });
    told.put(PROJECT, |out| key.project_id().push_to(out));
    told.put(ENVIRONMENT, |out| {
        push_encoded(key.environment_name().as_bytes(), out);
    });
    told.put(SCOPES, |out| push_scopes(decision, out));
    told.put(REQUEST, |out| push_encoded(request_id.as_bytes(), out));
    let mut reply = base(StatusCode::OK, Code::Ok);
    let headers = reply.headers_mut();
    told.move_into(headers);
    headers.insert(KIND, HeaderValue::from_static(key.kind().as_str()));
    headers.insert(MODE, HeaderValue::from_static(key.mode().as_str()));
    headers.insert(CREDITS, HeaderValue::from_static(""));
    headers.insert(SPEND, HeaderValue::from_static(""));
    if let Some(id) = headers.get(REQUEST).cloned() {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(allowance) = &decision.allowance {
        tell_allowance(headers, allowance);
    }
    reply
}

/// How much is left, as draft-ietf-httpapi-ratelimit-headers writes it.
fn tell_allowance(headers: &mut HeaderMap, allowance: &Allowance) {
    let Allowance {
        limit,
        period_seconds,
        remaining,
        reset_seconds,
    } = allowance;
    let policy = format!("\"keystile\";q={limit};w={period_seconds}");
    let left = format!("\"keystile\";r={remaining};t={reset_seconds}");
    headers.insert(RATE_LIMIT_POLICY, text(&policy));
    headers.insert(RATE_LIMIT, text(&left));
}

/// Header values that are written into one piece of memory and then share it.
#[derive(Default)]
struct Told {
    bytes: Vec<u8>,
    ends: Vec<(HeaderName, usize)>,
}

impl Told {
    fn put(&mut self, name: HeaderName, write: impl FnOnce(&mut Vec<u8>)) {
        if self.bytes.is_empty() {
            self.bytes.reserve(384);
            self.ends.reserve(8);
        }
        write(&mut self.bytes);
        self.ends.push((name, self.bytes.len()));
    }

    fn move_into(self, headers: &mut HeaderMap) {
        let (all, mut begin) = (Bytes::from(self.bytes), 0);
        for (name, end) in self.ends {
            let value = HeaderValue::from_maybe_shared(all.slice(begin..end));
            headers.insert(name, value.unwrap_or_else(|_| HeaderValue::from_static("")));
            begin = end;
        }
    }
}

fn push_scopes(decision: &Introspection<'_>, out: &mut Vec<u8>) {
    for (index, name) in decision.rules.scope_names(decision.scopes).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
}

fn denied(reason: DenyReason, rules: &Rules, request_id: &str) -> Reply {
    let wire = wire(reason.code());
    let status = match wire.status {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    let mut reply = named(status, wire.shown, request_id);
    let missing = match reason {
        DenyReason::InsufficientScope { missing } => Some(rules.scope_name(missing)),
        _ => None,
    };
    let challenge = outcome::challenge(rules.slug.as_str(), reason, missing);
    let headers = reply.headers_mut();
    headers.insert(STATUS, HeaderValue::from(wire.status.as_u16()));
    headers.insert(header::WWW_AUTHENTICATE, text(&challenge));
    if let DenyReason::RateLimited(allowance) = reason {
        tell_allowance(headers, &allowance);
        headers.insert(header::RETRY_AFTER, allowance.reset_seconds.into());
    }
    reply
}

/// A subrequest that nothing can be decided on: the proxy is not set up as shipped.
fn refused_outright(code: &'static str, request_id: &str) -> Reply {
    let mut reply = named(StatusCode::FORBIDDEN, Code::Undecided, request_id);
    reply
        .headers_mut()
        .insert(CODE, HeaderValue::from_static(code));
    reply
        .headers_mut()
        .insert(STATUS, HeaderValue::from_static("403"));
    reply
}

/// What every answer has, with the request's id.
fn named(status: StatusCode, code: Code, request_id: &str) -> Reply {
    let mut reply = base(status, code);
    reply.headers_mut().insert(REQUEST_ID, text(request_id));
    reply
}

fn base(status: StatusCode, code: Code) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.reserve(16);
    headers.insert(CODE, HeaderValue::from_static(code.as_str()));
    headers.insert(
        STATUS,
        match wire(code).status {
            StatusCode::OK => HeaderValue::from_static("200"),
            other => HeaderValue::from(other.as_u16()),
        },
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// Anything as a header value: what no header can carry is percent-encoded.
fn text(value: &str) -> HeaderValue {
    let mut bytes = Vec::with_capacity(value.len());
    push_encoded(value.as_bytes(), &mut bytes);
    HeaderValue::from_maybe_shared(Bytes::from(bytes))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Nearly every text can be carried as it is, spaces included; of any other, all that is not
/// plain is percent-encoded.
fn push_encoded(value: &[u8], out: &mut Vec<u8>) {
    let carried = |byte: u8| (byte == b'\t') | (b' '..0x7f).contains(&byte);
    if value.iter().fold(true, |all, byte| all & carried(*byte)) {
        out.extend_from_slice(value);
        return;
    }
    for byte in value {
        match byte {
            0x21..=0x7e if *byte != b'%' => out.push(*byte),
            other => out.extend_from_slice(format!("%{other:02X}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h18_values_that_no_header_can_carry_are_encoded() {
        assert_eq!(text("plain"), "plain");
        assert_eq!(text("caf\u{e9}\r\nX: y"), "caf%C3%A9%0D%0AX:%20y");
    }

    #[test]
    fn the_configured_environment_is_read_from_the_doors_own_url() {
        assert_eq!(configured(Some("environment=staging")), Some("staging"));
        assert_eq!(configured(Some("a=b&environment=x")), Some("x"));
        assert_eq!(configured(None), None);
    }
}
