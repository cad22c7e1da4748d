//! `GET /v1/keys/self` and `POST /v1/keys/self/revoke`: whoever holds a key may know what it may
//! do, and whoever holds a secret one may end it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use keystile_core::credit::AccountId;
use keystile_core::decision::DenyReason;
use keystile_core::limit::Allowance;
use keystile_core::manifest::ScopeSet;
use keystile_core::model::{
    EnvironmentId, KeyId, Kind, Mode, ModeFilter, OrganizationId, ProjectId, SessionId, Slug,
    SpendCaps, Timestamp,
};
use keystile_core::request::{Asked, Credential, Place, RequestFacts};
use keystile_core::session::SessionBrief;
use keystile_core::snapshot::{CurrentRules, Identity, ProductNode};
use schemars::JsonSchema;
use serde::Serialize;

use super::decide::{Stage, decide_at};
use super::described::{CreditsLeft, RateLimitLeft};
use super::{credential, facts, outcome, strangers};
use crate::app::{App, Caller};
use crate::metrics::Door;
use crate::problem::Problem;

/// What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
/// kind, mode and scopes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnKey")]
pub(crate) struct Possession {
    kind: Kind,
    mode: Mode,
    scopes: Vec<String>,
    /// The session, when its token was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<OwnSession>,
    #[serde(flatten)]
    secret: Option<SecretPart>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SecretPart {
    id: KeyId,
    name: String,
    preview: String,
    product: Slug,
    organization: OrganizationId,
    project: ProjectId,
    environment: OwnEnvironment,
    expires_at: Option<Timestamp>,
    /// What is left of the rate limit that has least left, if there is one; asking counts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimitLeft>,
    /// The organization's credits of the key's mode, where the product has calls that cost some.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<CreditsLeft>,
    /// What is left of the key's own spending caps, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_caps: Option<CapsLeft>,
}

/// How many credits the key may still spend; absent where it has no such cap.
#[derive(Debug, Serialize, JsonSchema)]
struct CapsLeft {
    /// Today (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<u64>,
    /// This month (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<u64>,
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OwnEnvironment {
    id: EnvironmentId,
    name: String,
}

/// A session whose token was sent in place of the key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct OwnSession {
    id: SessionId,
    /// From when on it is refused.
    expires_at: Timestamp,
}

impl OwnSession {
    fn of(brief: SessionBrief) -> Self {
        Self {
            id: brief.id,
            expires_at: brief.ends_at,
        }
    }
}

/// Why the holder is told nothing, with the challenge to send along.
pub(crate) struct Refused {
    pub(crate) problem: Problem,
    pub(crate) challenge: Option<HeaderValue>,
}

impl From<Problem> for Box<Refused> {
    fn from(problem: Problem) -> Self {
        let challenge = None;
        Self::new(Refused { problem, challenge })
    }
}

/// Where a key may be when it is not known yet whose it is.
const HEADERS: [&str; 2] = ["authorization", "x-api-key"];

/// Somebody who presented a key, or the token of a session, that is good.
pub(crate) struct Holder<'a> {
    pub(crate) key: Identity<'a>,
    pub(crate) product: Slug,
    /// What they presented.
    pub(crate) text: &'a str,
    pub(crate) session: Option<SessionBrief>,
    scopes: ScopeSet,
    rules: CurrentRules<'a>,
    /// What is left of its rate limits.
    allowance: Option<Allowance>,
}

impl Holder<'_> {
    /// What they may do.
    pub(crate) fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.rules.scope_names(self.scopes)
    }
}

/// Checks whoever presents a key to ask for nothing but themselves.
///
/// # Errors
/// When the key is missing or does not work.
pub(crate) fn holder<'a>(
    app: &'a App,
    at: (Door, Stage),
    (headers, ip, now): (&'a HeaderMap, Option<IpAddr>, Timestamp),
) -> Result<Holder<'a>, Box<Refused>> {
    let index = app.engine.index();
    let operator = index.products().get(Slug::OPERATOR).cloned();
    let Some(operator) = operator else {
        return Err(refuse(Slug::OPERATOR, DenyReason::Undecided));
    };
    let products = index.products();
    let is_foreign = |text: &str| {
        let knows = |product: &Arc<ProductNode>| product.rules().foreign_format(text).is_some();
        products.iter().any(knows)
    };
    let credential = credential::find(headers, HEADERS, is_foreign);
    strangers::may_try(app, at.0, None, (ip, credential))
        .map_err(|reason| refuse(Slug::OPERATOR, reason))?;
    let (text, product) = match credential {
        Credential::Text(text) => (text, app.engine.product_of(text, now)),
        _ => ("", None),
    };
    let product = product.unwrap_or(operator);
    let asked = RequestFacts {
        credential,
        place: Place::Mode(ModeFilter::Any),
        asked: Asked::Authenticate,
        origin: facts::origin(headers),
        from_browser: facts::from_browser(headers),
        ip,
        now,
    };
    let Ok(decision) = decide_at(app, at, &product, |_| Ok::<_, Infallible>(asked));
    let left = || app.engine.allowance(&decision, app.tick(), ip);
    let allowance = (at.1 == Stage::OwnKey).then(left).flatten();
    let refused = |reason| Err(refuse(product.slug().as_str(), reason));
    match (decision.verdict, decision.key) {
        (Ok(_), Some(key)) => Ok(Holder {
            key,
            product: product.slug().clone(),
            text,
            session: decision.session,
            scopes: decision.scopes,
            rules: decision.rules,
            allowance,
        }),
        (Err(reason), Some(_)) => refused(reason),
        // Which products there are is nothing for strangers.
        (Err(reason), None) => Err(refuse(
            Slug::OPERATOR,
            strangers::told(app, None, ip, reason),
        )),
        (Ok(_), None) => refused(DenyReason::Undecided),
    }
}

/// What the holder may be told, and what the ledger knows besides.
pub(crate) struct Known {
    told: Possession,
    /// Whose credits the key spends, and how much it may, where there is anything to spend for.
    spends: Option<(AccountId, Option<SpendCaps>)>,
}

/// Tells the holder, as far as the ledger need not be asked.
///
/// # Errors
/// When the key is missing or does not work.
pub(crate) fn tell_holder(
    app: &App,
    headers: &HeaderMap,
    ip: Option<IpAddr>,
) -> Result<Known, Box<Refused>> {
    let at = (Door::Possession, Stage::OwnKey);
    let holder = holder(app, at, (headers, ip, app.now()))?;
    let key = &holder.key;
    let account = AccountId {
        organization: key.organization_id(),
        mode: key.mode(),
    };
    let spends = holder
        .rules
        .has_costs()
        .then(|| (account, key.spend_caps()));
    let told = told(&holder);
    Ok(Known { told, spends })
}

impl Known {
    /// All of it, with what is left of credits.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub(crate) async fn with_credits(mut self, app: &App) -> Result<Possession, Problem> {
        if let (Some(secret), Some((account, caps))) = (&mut self.told.secret, self.spends) {
            let remaining = app.store.balances(account).await?.remaining;
            secret.credits = Some(CreditsLeft { remaining });
            if let Some(caps) = caps {
                let [day, month, total] = app.store.spent_by(secret.id).await?;
                let left = |cap: Option<u64>, spent| cap.map(|cap| cap.saturating_sub(spent));
                secret.spend_caps = Some(CapsLeft {
                    day: left(caps.day, day),
                    month: left(caps.month, month),
                    total: left(caps.total, total),
                });
            }
        }
        Ok(self.told)
    }
}

/// The holder of a secret key, who may revoke it.
///
/// # Errors
/// When the key is missing, does not work, or is not secret: anybody can read a publishable key in
/// a page, and nobody shall end it by that.
pub(crate) fn who_may_revoke(
    app: &App,
    stage: Stage,
    headers: &HeaderMap,
    ip: Option<IpAddr>,
) -> Result<(KeyId, Caller), Box<Refused>> {
    let at = (Door::Possession, stage);
    let holder = holder(app, at, (headers, ip, app.now()))?;
    if holder.key.kind() != Kind::Secret {
        let detail = "a publishable key is public, so holding it is no right to revoke it; \
                      revoke it with an operator key";
        return Err(Problem::forbidden("publishable_key", detail).into());
    }
    let id = holder.key.id();
    Ok((id, Caller::holder(id, holder.product)))
}

fn told(holder: &Holder<'_>) -> Possession {
    let key = &holder.key;
    let secret = (key.kind() == Kind::Secret).then(|| SecretPart {
        id: key.id(),
        name: key.name().to_owned(),
        preview: keystile_core::key::preview(key.start()),
        product: holder.product.clone(),
        organization: key.organization_id(),
        project: key.project_id(),
        environment: OwnEnvironment {
            id: key.environment_id(),
            name: key.environment_name().to_owned(),
        },
        expires_at: key.expires_at(),
        rate_limit: holder.allowance.map(RateLimitLeft::from),
        credits: None,
        spend_caps: None,
    });
    Possession {
        kind: key.kind(),
        mode: key.mode(),
        scopes: holder.scope_names().map(str::to_owned).collect(),
        session: holder.session.map(OwnSession::of),
        secret,
    }
}

fn refuse(realm: &str, reason: DenyReason) -> Box<Refused> {
    let wire = outcome::wire(reason.code());
    let detail = match outcome::since(reason) {
        Some(since) => format!("{}, since {since}", reason.message()),
        None => reason.message().to_owned(),
    };
    let challenge = outcome::challenge(realm, reason, None);
    let challenge =
        HeaderValue::from_str(&challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    let mut problem = Problem::new(wire.status, reason.code().as_str(), detail);
    if let DenyReason::RateLimited(allowance) = reason {
        problem.retry_after = Some(allowance.reset_seconds);
    }
    let challenge = Some(challenge);
    Box::new(Refused { problem, challenge })
}

/// The header the challenge goes into.
pub(crate) const CHALLENGE: header::HeaderName = header::WWW_AUTHENTICATE;
