//! Which rate limits a call is under.

use crate::limit::{MOST_AT_ONCE, Needed, Subject, Visitor};
use crate::manifest::Rules;
use crate::model::{Kind, Mode};
use crate::snapshot::Identity;

/// The windows that an allowed call needs: that of its operation, else that which the manifest
/// gives its key; always its key's own, that of all visitors of a publishable key, its
/// environment's, and that of its organization's plan. With a publishable key the first two are
/// counted for each visitor. `None` where nothing is limited.
#[must_use]
pub fn needed(
    key: &Identity<'_>,
    rules: &Rules,
    operation: Option<u16>,
    visitor: Visitor,
) -> Option<[Option<Needed>; MOST_AT_ONCE]> {
    if !rules.is_limited && key.rate_limit().is_none() {
        return None;
    }
    let (id, of_kind) = (key.id().to_bytes(), rules.kind(key.kind()));
    let number = key.found().key_number();
    let operation = operation.and_then(|index| rules.operations.get(index));
    let of_operation = operation.and_then(|operation| {
        let subject = match key.kind() {
            Kind::Secret => Subject::KeyOperation(id, operation.index),
            Kind::Publishable => Subject::VisitorOperation(id, operation.index, visitor),
        };
        let limit = operation.rate_limit?;
        Some(Needed { subject, limit })
    });
    let of_key = match (key.rate_limit(), of_operation) {
        (Some(own), _) => Some(own),
        (None, Some(_)) => None,
        (None, None) => of_kind.rate_limit,
    };
    let of_key = of_key.map(|limit| Needed {
        subject: match key.kind() {
            Kind::Secret => Subject::Key(number),
            Kind::Publishable => Subject::Visitor(id, visitor),
        },
        limit,
    });
    let of_all_visitors = of_kind.total_rate_limit.map(|limit| Needed {
        subject: Subject::Key(number),
        limit,
    });
    // Looked for among those that have a limit, of which there may be none.
    let mut environments = rules.environments.iter();
    let of_environment = environments.find_map(|environment| {
        let limit = environment.rate_limit?;
        let subject = Subject::Environment(key.found().environment_number());
        (*environment.name == *key.environment_name()).then_some(Needed { subject, limit })
    });
    let any_plan = rules.plans.iter().any(|plan| plan.rate_limit.is_some());
    let plan = any_plan.then(|| plan(key, rules)).flatten();
    let of_organization = plan.and_then(|plan| {
        let live = key.mode() == Mode::Live;
        let subject = Subject::Organization(key.organization_id().to_bytes(), live);
        let limit = plan.rate_limit?;
        Some(Needed { subject, limit })
    });
    Some([
        of_operation,
        of_key,
        of_all_visitors,
        of_environment,
        of_organization,
    ])
}

/// The plan of the organization that a key belongs to.
#[must_use]
pub fn plan<'r>(key: &Identity<'_>, rules: &'r Rules) -> Option<&'r crate::manifest::PlanRules> {
    let named = key.plan_bytes();
    let mut plans = rules.plans.iter();
    let own = plans.find(|plan| Some(plan.name.as_bytes()) == named);
    // One that the manifest does not have any more is the default.
    own.or(rules.default_plan())
}
