//! Grants that come by themselves: the test credits of a new organization, and those of a plan.
//!
//! Each has an occasion, and the store keeps a second grant for the same one out. So whoever finds
//! that one is missing may make it, however many do so at once.

use std::collections::HashSet;

use keystile_core::manifest::{PlanRules, Rules};
use keystile_core::model::{
    Grant, GrantId, Mode, Occasion, Organization, OrganizationId, Record, Subject, Timestamp,
};
use keystile_store::{Page, Write};

use crate::manage::work::{Failure, Work};
use crate::problem::{ALREADY_GRANTED, Problem};

/// How many grants are read at once.
const A_PAGE: u32 = 100;

/// A grant that an organization has, or is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Due {
    mode: Mode,
    amount: u64,
    reason: String,
    occasion: Occasion,
    expires_at: Option<Timestamp>,
}

impl Work<'_> {
    /// What an organization comes with: the test credits of its product, and its plan's credits for
    /// the period that it is now.
    pub(in crate::manage) fn first_grants(
        &self,
        organization: &Organization,
        rules: &Rules,
    ) -> Result<Vec<Write>, Problem> {
        let now = self.now();
        let mut due: Vec<Due> = test_credits(rules).into_iter().collect();
        due.extend(plan_credits(organization, rules, now));
        due.into_iter()
            .map(|due| self.granting(organization.id, due, now))
            .collect()
    }

    /// The credits of its plan for the period that it is now, as far as it does not have them.
    pub(in crate::manage) async fn missing_grants(
        &self,
        organization: &Organization,
        rules: &Rules,
    ) -> Result<Vec<Write>, Failure> {
        let now = self.now();
        let mut due = plan_credits(organization, rules, now);
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let period = plan_of(organization, rules).and_then(|plan| plan.credits);
        let begun = period.map_or(now, |credits| credits.every.period(now).start);
        let had = self.occasions_since(organization.id, begun).await?;
        due.retain(|one| !had.contains(&(one.mode, one.occasion.to_string())));
        let writes = due
            .into_iter()
            .map(|due| self.granting(organization.id, due, now));
        Ok(writes.collect::<Result<_, Problem>>()?)
    }

    /// What grants were made for since a time. A period's grant is never made before the period.
    async fn occasions_since(
        &self,
        organization: OrganizationId,
        since: Timestamp,
    ) -> Result<HashSet<(Mode, String)>, Failure> {
        let mut found = HashSet::new();
        let mut before = None;
        loop {
            let limit = A_PAGE;
            let page = Page { before, limit };
            let rows = self.app.store.grants(organization, None, page).await?;
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
            let reaches_back = last.created_at < since;
            let occasions = rows.into_iter().filter_map(|row| {
                let occasion = row.occasion?;
                Some((row.mode, occasion.to_string()))
            });
            found.extend(occasions);
            if reaches_back {
                break;
            }
        }
        Ok(found)
    }

    fn granting(
        &self,
        organization: OrganizationId,
        due: Due,
        now: Timestamp,
    ) -> Result<Write, Problem> {
        Ok(Write::Insert(Record::Grant(Grant {
            id: GrantId::new(now, self.fresh()?),
            organization,
            mode: due.mode,
            amount: due.amount,
            reason: due.reason,
            occasion: Some(due.occasion),
            expires_at: due.expires_at,
            created_at: now,
            created_by: self.caller.scope(),
            voided_at: None,
            seq: 0,
        })))
    }
}

/// Somebody else has made a grant that this change makes too: worth another attempt.
pub(in crate::manage) fn or_granted_meanwhile(
    failure: Failure,
    organization: OrganizationId,
) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.code == ALREADY_GRANTED => {
            Failure::Conflict(Subject::Organization(organization))
        }
        other => other,
    }
}

fn test_credits(rules: &Rules) -> Option<Due> {
    (rules.test_grant > 0).then(|| Due {
        mode: Mode::Test,
        amount: rules.test_grant,
        reason: "the test credits that every organization receives".to_owned(),
        occasion: Occasion::Test,
        expires_at: None,
    })
}

/// The plan that holds for an organization: its own, or the product's first.
fn plan_of<'r>(organization: &Organization, rules: &'r Rules) -> Option<&'r PlanRules> {
    match &organization.plan {
        Some(name) => rules.plan(name),
        None => rules.default_plan(),
    }
}

fn plan_credits(organization: &Organization, rules: &Rules, now: Timestamp) -> Vec<Due> {
    let plan = plan_of(organization, rules);
    let Some((plan, credits)) = plan.and_then(|plan| Some((plan, plan.credits?))) else {
        return Vec::new();
    };
    let period = credits.every.period(now);
    let amounts = [(Mode::Live, credits.live), (Mode::Test, credits.test)];
    let due = amounts.into_iter().filter(|(_, amount)| *amount > 0);
    due.map(|(mode, amount)| Due {
        mode,
        amount,
        reason: format!("the plan {} in {}", plan.name, period.name),
        occasion: Occasion::Plan {
            plan: plan.name.to_string(),
            period: period.name.clone(),
        },
        expires_at: Some(period.end),
    })
    .collect()
}
