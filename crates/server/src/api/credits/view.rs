//! What answers show of grants and charges.

use std::collections::HashMap;

use keystile_core::credit::{Charged, Part, Place};
use keystile_core::model::{
    Grant, GrantId, KeyId, Mode, Occasion, OrganizationId, SpendId, Timestamp,
};
use keystile_store::accounts_of;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::manage::unread;
use crate::problem::Problem;

/// Credits that an organization was given at once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Grant")]
pub(super) struct GrantView {
    id: GrantId,
    organization: OrganizationId,
    mode: Mode,
    /// How many.
    amount: u64,
    /// How many of them can still be spent.
    remaining: u64,
    /// Why, for people.
    reason: String,
    /// What it was made for, if that happens once only; `null` for grants by hand.
    occasion: Option<OccasionView>,
    /// When what is left of it ends.
    expires_at: Option<Timestamp>,
    /// When it was declared void.
    voided_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Who made it: an operator key, `local` or `system`.
    created_by: String,
}

/// What a grant was made for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "GrantOccasion")]
enum OccasionView {
    /// The test credits that every organization receives.
    Test,
    /// A period of a plan.
    Plan {
        /// The plan's name.
        plan: String,
        /// The period, such as `2026-11`.
        period: String,
    },
}

impl From<Occasion> for OccasionView {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Test => Self::Test,
            Occasion::Plan { plan, period } => Self::Plan { plan, period },
        }
    }
}

/// What is left of which grant of an organization.
pub(super) struct Left(HashMap<GrantId, u64>);

impl Left {
    pub(super) async fn of(app: &App, organization: OrganizationId) -> Result<Self, Problem> {
        let mut left = HashMap::new();
        for account in accounts_of(organization) {
            let balances = app.store.left(account).await.map_err(unread)?;
            left.extend(balances.iter().map(|one| (one.grant, one.remaining)));
        }
        Ok(Self(left))
    }

    pub(super) fn show(&self, grant: Grant) -> GrantView {
        GrantView {
            id: grant.id,
            organization: grant.organization,
            mode: grant.mode,
            amount: grant.amount,
            remaining: self.0.get(&grant.id).copied().unwrap_or(0),
            reason: grant.reason,
            occasion: grant.occasion.map(OccasionView::from),
            expires_at: grant.expires_at,
            voided_at: grant.voided_at,
            created_at: grant.created_at,
            created_by: grant.created_by,
        }
    }
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SpendStatus")]
pub(super) enum Status {
    /// The call was charged.
    Spent,
    /// Credits are set aside; nothing is spent yet.
    Reserved,
    /// A reservation became a charge.
    Settled,
    /// A reservation was given back.
    Released,
    /// A reservation's time ended before it was settled.
    RanOut,
    /// All of it was given back.
    Refunded,
    /// A part of it was given back.
    PartlyRefunded,
}

/// A charge as it stands now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Spend")]
pub(super) struct SpendView {
    id: SpendId,
    organization: OrganizationId,
    mode: Mode,
    /// The key that made the call.
    key: KeyId,
    /// The operation, as the manifest writes it.
    operation: Option<String>,
    /// How many credits the call was charged, or how many were reserved.
    amount: u64,
    status: Status,
    /// Of a reservation that was settled: for how much.
    settled: Option<u64>,
    /// How much was refunded since.
    refunded: u64,
    /// What the call costs as it stands: reserved or spent, less what was given back.
    net: u64,
    /// Of a reservation: until when credits are set aside unless it is settled or released before.
    reserved_until: Option<Timestamp>,
    at: Timestamp,
    /// The grants it came from.
    grants: Vec<PartView>,
}

/// So many credits of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "GrantPart")]
pub(super) struct PartView {
    /// The grant.
    pub(super) id: GrantId,
    /// How many.
    pub(super) amount: u64,
}

impl From<&Part> for PartView {
    fn from(part: &Part) -> Self {
        Self {
            id: part.grant,
            amount: part.amount,
        }
    }
}

impl From<&Charged> for SpendView {
    fn from(charged: &Charged) -> Self {
        let charge = &charged.charge;
        let status = status(charged);
        let ended_unspent = matches!(status, Status::Released | Status::RanOut);
        Self {
            id: charged.spend,
            organization: charged.account.organization,
            mode: charged.account.mode,
            key: charge.key,
            operation: charge.operation.as_deref().map(str::to_owned),
            amount: charge.amount,
            status,
            settled: charged.settled,
            refunded: if ended_unspent { 0 } else { charged.returned },
            net: charged.net(),
            reserved_until: charged.reserved_until,
            at: Place::written_at(charged.spend),
            grants: charge.parts.iter().map(PartView::from).collect(),
        }
    }
}

fn status(charged: &Charged) -> Status {
    let was_reserved = charged.reserved_until.is_some();
    match (charged.returned, charged.net(), charged.settled) {
        _ if charged.is_open() => Status::Reserved,
        _ if charged.ran_out => Status::RanOut,
        (_, _, None) if was_reserved => Status::Released,
        (0, _, None) => Status::Spent,
        (0, _, Some(_)) => Status::Settled,
        (_, 0, _) => Status::Refunded,
        _ => Status::PartlyRefunded,
    }
}
