//! The checks in the order of the contract: the first that fails decides.

use super::same_origin;
use crate::decision::DenyReason;
use crate::manifest::{Operation, OperationError, Rules, ScopeSet};
use crate::model::Kind;
use crate::request::{Asked, Origin, Place, RequestFacts};
use crate::session::Session;
use crate::snapshot::{Standing, Terms};

/// A call, as far as it can be worked out before anything is known of its key.
#[derive(Debug)]
pub struct Call<'a> {
    /// What is said of it.
    pub facts: &'a RequestFacts<'a>,
    /// The rules of the product.
    pub rules: &'a Rules,
    /// The session whose token was sent in place of the key.
    pub session: Option<&'a Session>,
    /// Where it goes.
    pub destination: Destination<'a>,
    /// What it wants to do, if it names an operation.
    operation: Result<Option<&'a Operation>, DenyReason>,
}

/// What all checks look at: the call and the key.
#[derive(Debug)]
pub struct Case<'a, 'i> {
    /// The call.
    pub call: &'a Call<'a>,
    /// The key that was presented.
    pub key: &'a Terms<'i>,
    /// The scopes the key has at this moment.
    pub scopes: ScopeSet,
    /// How the key stands.
    standing: Standing,
}

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// To an environment, and to what path in it, when a gateway guards that.
    Environment(&'a str, Option<&'a str>),
    /// Wherever the mode fits.
    Anywhere,
    /// To no environment of the product.
    Nowhere,
}

/// A check and its name.
pub type Check = (&'static str, fn(&Case<'_, '_>) -> Result<(), DenyReason>);

/// Every check after the key was found, with the name that `explain` gives it.
pub const CHECKS: [Check; 8] = [
    ("state", state),
    ("organization", organization),
    ("environment", environment),
    ("browser", browser),
    ("origin", origin),
    ("ip", address),
    ("operation", operation),
    ("scope", scope),
];

impl<'a> Call<'a> {
    /// Works it out.
    #[must_use]
    pub fn new(
        facts: &'a RequestFacts<'a>,
        rules: &'a Rules,
        session: Option<&'a Session>,
    ) -> Self {
        let destination = destination(facts, rules);
        Self {
            facts,
            rules,
            session,
            destination,
            operation: operation_asked(facts, destination, rules),
        }
    }

    /// The operation that it names, if the product has it.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.operation.ok().flatten()
    }
}

impl<'a, 'i> Case<'a, 'i> {
    /// Brings together what the checks need.
    #[must_use]
    pub fn new(call: &'a Call<'a>, key: &'a Terms<'i>) -> Self {
        let (mut scopes, standing) = (key.scopes(call.rules), key.standing(call.facts.now));
        if let Some(session) = call.session {
            scopes = scopes.intersection(&session.scopes(call.rules));
        }
        Self {
            call,
            key,
            scopes,
            standing,
        }
    }

    /// Runs the checks up to the first that fails.
    ///
    /// # Errors
    /// The reason of the first that fails.
    pub fn decide(&self) -> Result<(), DenyReason> {
        CHECKS.iter().try_for_each(|(_, check)| check(self))
    }
}

fn operation_asked<'a>(
    facts: &RequestFacts<'a>,
    destination: Destination<'a>,
    rules: &'a Rules,
) -> Result<Option<&'a Operation>, DenyReason> {
    let found = match facts.asked {
        Asked::Authenticate | Asked::Scopes(_) => return Ok(None),
        Asked::Known(found) => found.and_then(|index| {
            let known = rules.operations.get(index);
            known.ok_or(OperationError::Unknown)
        }),
        Asked::Operation { method, path } => {
            let path = match destination {
                Destination::Environment(_, Some(rest)) => rest,
                _ => path,
            };
            rules.operations.find(method, path)
        }
    };
    found.map(Some).map_err(DenyReason::UnknownOperation)
}

fn destination<'a>(facts: &RequestFacts<'a>, rules: &'a Rules) -> Destination<'a> {
    match facts.place {
        Place::Mode(_) => Destination::Anywhere,
        Place::Named(name) => Destination::Environment(name, None),
        Place::At {
            host,
            target,
            otherwise,
        } => match rules.environment_at(host, target) {
            Some(place) => match rules.environments.get(place.environment) {
                Some(environment) => {
                    Destination::Environment(&environment.name, Some(place.target))
                }
                None => Destination::Nowhere,
            },
            None => otherwise.map_or(Destination::Nowhere, |name| {
                Destination::Environment(name, Some(target))
            }),
        },
    }
}

fn state(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    match case.standing {
        Standing::Good | Standing::Suspended => Ok(()),
        Standing::Untrusted => Err(DenyReason::Undecided),
        Standing::Revoked { since } => Err(DenyReason::RevokedKey { since }),
        Standing::Expired { since } => Err(DenyReason::ExpiredKey { since }),
        Standing::Disabled { since } => Err(DenyReason::DisabledKey { since }),
    }
}

fn organization(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    match case.standing {
        Standing::Suspended => Err(DenyReason::OrganizationSuspended),
        _ => Ok(()),
    }
}

fn environment(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    let fits = match (case.call.destination, case.call.facts.place) {
        (Destination::Nowhere, _) => return Err(DenyReason::UnknownHost),
        (Destination::Environment(name, _), _) => case.key.environment_name() == name,
        (Destination::Anywhere, Place::Mode(filter)) => filter.accepts(case.key.mode()),
        (Destination::Anywhere, _) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(DenyReason::WrongEnvironment)
    }
}

fn browser(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    let secret = case.key.kind() == Kind::Secret;
    if secret
        && case.call.facts.from_browser
        && case.call.rules.kind(Kind::Secret).refuse_in_browser
    {
        return Err(DenyReason::SecretKeyInBrowser);
    }
    Ok(())
}

fn origin(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    let list = case.key.allowed_origins();
    let bound = case.call.session.and_then(Session::origin);
    if list.is_none() && bound.is_none() {
        return Ok(());
    }
    let allows = |origin: &str| {
        list.is_none_or(|list| list.allows(origin, case.key.mode()))
            && bound.is_none_or(|bound| same_origin(bound, origin))
    };
    match case.call.facts.origin {
        Origin::Of(origin) if allows(origin) => Ok(()),
        Origin::Of(_) | Origin::Malformed => Err(DenyReason::OriginNotAllowed { named: true }),
        Origin::Absent => Err(DenyReason::OriginNotAllowed { named: false }),
    }
}

fn address(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    let Some(list) = case.key.allowed_ips() else {
        return Ok(());
    };
    match case.call.facts.ip {
        Some(address) if list.allows(address) => Ok(()),
        address => Err(DenyReason::IpNotAllowed {
            known: address.is_some(),
        }),
    }
}

fn operation(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    case.call.operation.map(|_| ())
}

fn scope(case: &Case<'_, '_>) -> Result<(), DenyReason> {
    let needed = match case.call.facts.asked {
        Asked::Authenticate => return Ok(()),
        Asked::Scopes(needed) => needed,
        Asked::Operation { .. } | Asked::Known(_) => case
            .call
            .operation?
            .map_or(ScopeSet::EMPTY, |operation| ScopeSet::only(operation.scope)),
    };
    match needed.difference(&case.scopes).iter().next() {
        None => Ok(()),
        Some(missing) => Err(DenyReason::InsufficientScope { missing }),
    }
}
