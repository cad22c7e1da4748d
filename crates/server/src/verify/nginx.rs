//! `/gateway/nginx/{product}`: the door for nginx's `auth_request`.
//!
//! It reads only the headers that the shipped configuration sets on the subrequest, each of which
//! replaces whatever the client sent under that name. A missing or doubled one is a refusal:
//! method, path and host are never guessed. nginx knows only 2xx, 401 and 403, so the contract's
//! own status and code go along as headers, and the shipped configuration gives them to the client.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, StatusCode};
use keystile_core::credit::Spent;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Introspection, Permit};
use keystile_core::manifest::Rules;
use keystile_core::model::Slug;
use keystile_core::request::{Asked, Place, RequestFacts};
use keystile_core::snapshot::{Identity, ProductNode};

use super::credential::{self, single};
use super::decide::{Decided, decide, decide_again};
use super::facts::{self, HeaderValueList};
use super::outcome::{self, wire};
use super::spend::{Bill, Paid, Payment, reverse};
use super::strangers;
use super::told::{REQUEST_ID, Told};
use crate::app::App;
use crate::metrics::Door;
use crate::problem::unwinding;

const METHOD: HeaderName = HeaderName::from_static("x-keystile-method");
const TARGET: HeaderName = HeaderName::from_static("x-keystile-uri");
const HOST: HeaderName = HeaderName::from_static("x-keystile-host");
const CLIENT: HeaderName = HeaderName::from_static("x-keystile-client-ip");

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

/// What nginx is told, or what is to be paid before.
#[derive(Debug)]
pub(crate) enum Gate {
    /// The answer.
    Told(Told),
    /// An answer that waits for the ledger.
    Unpaid(UnpaidGate),
}

/// An answer to a call that is not paid yet.
#[derive(Debug)]
pub(crate) struct UnpaidGate {
    /// The answer, but for what paying adds.
    told: Told,
    bill: Box<Bill>,
}

impl UnpaidGate {
    /// Pays, and completes the answer; a call that lost its right meanwhile, or could not be paid,
    /// is refused.
    pub(crate) async fn pay(mut self, app: &App, asked: &Subrequest<'_>) -> Told {
        match self.bill.pay(app).await {
            Paid::Allowed(spent) => {
                self.told.spent(Some(&spent));
                self.told
            }
            Paid::Again(paid) => {
                let told = unwinding(|| Ok(decide_paid(app, asked, paid)));
                let told = told.unwrap_or_else(|problem| {
                    let status = problem.status.as_str();
                    let mut told = Told::with(StatusCode::FORBIDDEN, "undecided", status);
                    told.text(REQUEST_ID, asked.request_id.as_bytes());
                    told
                });
                if let (Ok(spent), true) = (paid, told.status != StatusCode::OK) {
                    reverse(app, spent).await;
                }
                told
            }
        }
    }
}

/// Decides about the request that nginx asks about.
pub(crate) fn forward_auth(app: &App, asked: &Subrequest<'_>) -> Gate {
    let decided = with_product(app, asked, |product, ask| {
        let round = (&mut app.engine.round(), Door::Nginx);
        let of = (product, None, Payment::default());
        decide(app, round, of, ask, |decision, facts| {
            tell(app, asked, facts.ip, decision)
        })
    });
    match decided {
        Err(told) => Gate::Told(told),
        Ok(Decided {
            told,
            bill: Some(bill),
        }) => Gate::Unpaid(UnpaidGate { told, bill }),
        Ok(Decided {
            mut told,
            bill: None,
        }) => {
            told.spent_if_allowed();
            Gate::Told(told)
        }
    }
}

/// Decides again, when the bill was paid or could not be.
fn decide_paid(app: &App, asked: &Subrequest<'_>, paid: Result<Spent, DenyReason>) -> Told {
    let decided = with_product(app, asked, |product, ask| {
        decide_again(app, Door::Nginx, (product, paid), ask, |decision, facts| {
            let mut told = tell(app, asked, facts.ip, decision);
            if decision.is_allowed() {
                told.spent(paid.ok().as_ref());
            }
            told
        })
    });
    decided.unwrap_or_else(|told| told)
}

/// Asks about the subrequest; the answer, where that cannot be asked.
fn with_product<'s, D>(
    app: &App,
    asked: &'s Subrequest<'s>,
    decide: impl FnOnce(
        &ProductNode,
        &dyn Fn(&Rules) -> Result<RequestFacts<'s>, Unasked>,
    ) -> Result<D, Unasked>,
) -> Result<D, Told> {
    if !is_trusted(app, asked.peer) {
        return Err(refused_outright("untrusted_proxy", asked.request_id));
    }
    let products = app.engine.index().products();
    let product = products
        .get(asked.product)
        .filter(|_| asked.product != Slug::OPERATOR);
    let Some(product) = product else {
        return Err(refused_outright("unknown_product", asked.request_id));
    };
    let name = Some(asked.product);
    let ask = |rules: &Rules| {
        let facts = facts_of(app, asked, rules).ok_or(Unasked::Incomplete)?;
        let tried = (facts.ip, facts.credential);
        strangers::may_try(app, Door::Nginx, name, tried).map_err(Unasked::Flood)?;
        Ok(facts)
    };
    match decide(product, &ask) {
        Ok(decided) => Ok(decided),
        Err(Unasked::Flood(reason)) => Err(denied(reason, &product.rules(), asked.request_id)),
        Err(Unasked::Incomplete) => {
            Err(refused_outright("incomplete_subrequest", asked.request_id))
        }
    }
}

fn tell(
    app: &App,
    asked: &Subrequest<'_>,
    client: Option<IpAddr>,
    decision: &Introspection<'_>,
) -> Told {
    let rules = &decision.rules;
    match (decision.verdict, &decision.key) {
        (Ok(permit), Some(key)) => allowed(permit, key, decision, asked.request_id),
        (Err(reason), _) => {
            let reason = strangers::told(app, Some(asked.product), client, reason);
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
) -> Told {
    let mut told = Told::new(StatusCode::OK, Code::Ok);
    told.put("x-keystile-key-id", |out| key.id().push_to(out));
    told.word("x-keystile-kind", key.kind().as_str());
    told.word("x-keystile-mode", key.mode().as_str());
    told.put("x-keystile-organization", |out| {
        key.organization_id().push_to(out);
    });
    let external_id = key.external_id_bytes().unwrap_or_default();
    told.text("x-keystile-organization-external-id", external_id);
    told.put("x-keystile-project", |out| key.project_id().push_to(out));
    told.text("x-keystile-environment", key.environment_name().as_bytes());
    told.put("x-keystile-scopes", |out| push_scopes(decision, out));
    told.text("x-keystile-request-id", request_id.as_bytes());
    told.text(REQUEST_ID, request_id.as_bytes());
    if let Some(allowance) = &decision.allowance {
        told.allowance(allowance);
    }
    told
}

fn push_scopes(decision: &Introspection<'_>, out: &mut Vec<u8>) {
    for (index, name) in decision.rules.scope_names(decision.scopes).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
}

fn denied(reason: DenyReason, rules: &Rules, request_id: &str) -> Told {
    let wire = wire(reason.code());
    let status = match wire.status {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    let missing = match reason {
        DenyReason::InsufficientScope { missing } => Some(rules.scope_name(missing)),
        _ => None,
    };
    let challenge = outcome::challenge(rules.slug.as_str(), reason, missing);
    let mut told = Told::with(status, wire.shown.as_str(), wire.status.as_str());
    told.text(REQUEST_ID, request_id.as_bytes());
    told.text("www-authenticate", challenge.as_bytes());
    if let DenyReason::RateLimited(allowance) = reason {
        told.allowance(&allowance);
        told.word("retry-after", &allowance.reset_seconds.to_string());
    }
    told
}

/// A subrequest that nothing can be decided on: the proxy is not set up as shipped.
fn refused_outright(code: &'static str, request_id: &str) -> Told {
    let mut told = Told::with(StatusCode::FORBIDDEN, code, "403");
    told.text(REQUEST_ID, request_id.as_bytes());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_environment_is_read_from_the_doors_own_url() {
        assert_eq!(configured(Some("environment=staging")), Some("staging"));
        assert_eq!(configured(Some("a=b&environment=x")), Some("x"));
        assert_eq!(configured(None), None);
    }
}
