//! Checking the operator's own key: who calls the manage and verify doors.

use http::{HeaderMap, StatusCode};
use keystile_core::decision::DenyReason;
use keystile_core::manifest::{Rules, ScopeSet};
use keystile_core::model::{ModeFilter, Slug, Timestamp};
use keystile_core::request::{Asked, Place, RequestFacts};
use keystile_core::snapshot::Identity;

use super::decide::{Stage, decide_for};
use super::{credential, facts, outcome};
use crate::app::{App, Caller};
use crate::problem::Problem;

/// An operator key that is good for what was asked, and the scopes it has.
pub(super) struct Operator<'a> {
    pub(super) key: Identity<'a>,
    scopes: ScopeSet,
}

/// The operator key that a request carries, good for `scope`.
///
/// # Errors
/// 401 or 403 with the code of the reason, or 503 when nothing can be decided.
pub(super) fn authorize_any<'a>(
    app: &'a App,
    headers: &HeaderMap,
    scope: &str,
    (stage, now): (Stage, Timestamp),
) -> Result<Operator<'a>, Problem> {
    let products = app.engine.index().products();
    let Some(product) = products.get(Slug::OPERATOR) else {
        return Err(Problem::unavailable(
            "undecided",
            "the built-in product is not loaded",
        ));
    };
    let ask = |rules: &Rules| {
        let needed = rules.scope_id(scope).map(ScopeSet::only);
        let lacking = || Problem::unavailable("undecided", "the built-in product lacks a scope");
        Ok::<_, Problem>(RequestFacts {
            credential: credential::find(headers, &rules.credential_headers, |_| false),
            place: Place::Mode(ModeFilter::Any),
            asked: Asked::Scopes(needed.ok_or_else(lacking)?),
            origin: facts::origin(headers),
            from_browser: facts::from_browser(headers),
            ip: None,
            now,
        })
    };
    let decision = decide_for(app, stage, product, ask)?;
    let scopes = decision.scopes;
    match (decision.verdict, decision.key) {
        (Ok(_), Some(key)) => Ok(Operator { key, scopes }),
        (Err(reason), _) => Err(refusal(reason, scope)),
        (Ok(_), None) => Err(refusal(DenyReason::Undecided, scope)),
    }
}

/// Like [`authorize_any`], as the proof that use-cases demand.
///
/// # Errors
/// As there.
pub(crate) fn authorize(
    app: &App,
    headers: &HeaderMap,
    scope: &str,
    stage: Stage,
) -> Result<Caller, Problem> {
    let Operator { key, scopes } = authorize_any(app, headers, scope, (stage, app.now()))?;
    Ok(Caller::operator(key.id(), scopes, key.binding()))
}

fn refusal(reason: DenyReason, scope: &str) -> Problem {
    let status = outcome::wire(reason.code()).status;
    let code = reason.code().as_str();
    let detail = match reason {
        DenyReason::InsufficientScope { .. } => {
            format!("this operator key lacks the scope {scope}")
        }
        DenyReason::MissingCredential => {
            "send an operator key as `Authorization: Bearer <key>`".to_owned()
        }
        other => match outcome::since(other) {
            Some(since) => format!("{}, since {since}", other.message()),
            None => other.message().to_owned(),
        },
    };
    let problem = Problem::new(status, code, detail);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Problem {
            retry_after: Some(1),
            ..problem
        };
    }
    problem
}
