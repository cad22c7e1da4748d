//! Grants by hand, and declaring grants void.

use keystile_core::model::{
    Action, Grant, GrantId, Mode, Organization, OrganizationId, Record, Subject, Timestamp,
};
use keystile_store::{Guard, Write};
use serde_json::json;

use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work, update};
use crate::problem::Problem;

/// The most credits of one grant.
const MOST_OF_A_GRANT: u64 = 1_000_000_000_000;

/// What a grant shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewGrant {
    pub(crate) mode: Mode,
    pub(crate) amount: u64,
    pub(crate) reason: String,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Grants an organization credits.
pub(crate) async fn create_grant(
    work: &Work<'_>,
    organization: OrganizationId,
    new: &NewGrant,
) -> Result<Grant, Problem> {
    work.must_not_be_confined()?;
    work.must_be_the_operators()?;
    work.attempt(async || {
        let owner = work.organization(organization).await?;
        work.must_not_be_built_in(&owner.product)?;
        let now = work.now();
        check(new, now)?;
        let mut grant = Grant {
            id: GrantId::new(now, work.fresh()?),
            organization,
            mode: new.mode,
            amount: new.amount,
            reason: new.reason.clone(),
            occasion: None,
            expires_at: new.expires_at,
            created_at: now,
            created_by: work.caller.scope(),
            voided_at: None,
            seq: 0,
        };
        let details = json!({ "mode": grant.mode, "amount": grant.amount, "reason": grant.reason });
        let mut change = work.change(Action::CreditsGranted, details);
        change.product = Some(owner.product);
        change.organization = Some(organization);
        let subject = Subject::Organization(organization);
        change.guards.push(Guard::Unchanged(subject, owner.seq));
        change
            .writes
            .push(Write::Insert(Record::Grant(grant.clone())));
        change.idempotency = work.remember(&grant.id);
        grant.seq = work.commit(change).await?.seq;
        Ok(grant)
    })
    .await
}

fn check(new: &NewGrant, now: Timestamp) -> Result<(), Problem> {
    let mut fields = Fields::default();
    fields.credits("/amount", new.amount, 1..=MOST_OF_A_GRANT);
    fields.reason("/reason", &new.reason);
    fields.ends("/expires_at", new.expires_at, now);
    fields.finish()
}

/// Declares a grant void: what is left of it ends. One that is void already stays as it is.
pub(crate) async fn void_grant(work: &Work<'_>, id: GrantId) -> Result<Grant, Problem> {
    work.must_not_be_confined()?;
    work.must_be_the_operators()?;
    work.attempt(async || {
        let (before, owner) = work.grant(id).await?;
        if before.voided_at.is_some() {
            return Ok(before);
        }
        let mut after = Grant {
            voided_at: Some(work.now()),
            ..before.clone()
        };
        let details = json!({ "mode": after.mode, "reason": after.reason });
        let mut change = work.change(Action::GrantVoided, details);
        change.product = Some(owner.product);
        change.organization = Some(owner.id);
        let write = update(Record::Grant(after.clone()), before.seq);
        change.writes.push(write);
        after.seq = work.commit(change).await?.seq;
        Ok(after)
    })
    .await
}

impl Work<'_> {
    /// A grant of an organization within the caller's reach that is not deleted.
    pub(crate) async fn grant(&self, id: GrantId) -> Result<(Grant, Organization), Failure> {
        let missing = || Problem::not_found("grant");
        let grant = self.app.store.grant(id).await?.ok_or_else(missing)?;
        match self.organization(grant.organization).await {
            Ok(owner) => Ok((grant, owner)),
            Err(Failure::Problem(problem)) if problem.status == http::StatusCode::NOT_FOUND => {
                Err(missing().into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// An organization whose accounts may be looked at: also one that is deleted, because accounts
    /// are reconciled after customers have left.
    pub(crate) async fn account_owner(&self, id: OrganizationId) -> Result<Organization, Failure> {
        let found = self.app.store.organization(id).await?;
        let reached = found.filter(|row| self.reaches(row));
        reached.ok_or_else(|| Problem::not_found("organization").into())
    }
}
