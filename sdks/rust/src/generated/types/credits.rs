//! What operations answer that are about credits.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Mode;
use crate::words::words;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// The two accounts of an organization, which never touch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credits {
    /// What live keys spend from.
    pub live: Balance,
    /// What test keys spend from.
    pub test: Balance,
}

/// What an account holds. `granted` is always the sum of the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balance {
    /// Everything that was ever granted.
    pub granted: u64,
    /// What was spent, less refunds.
    pub spent: u64,
    /// What is set aside for calls whose cost is not known yet.
    pub reserved: u64,
    /// What ended unspent, with its time or because its grant was declared void.
    pub expired: u64,
    /// What can be spent.
    pub remaining: u64,
}

/// One entry of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// Its id, for ever; of `spent` and `reserved` that of the spend.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Its mode.
    pub mode: Mode,
    /// What happened.
    pub r#type: LedgerEntryType,
    /// What it does to each sum of the account.
    pub changes: LedgerChanges,
    /// The grants that credits were added to, came from, or went back to.
    pub grants: Vec<GrantPart>,
    /// How many credits it is about; absent where the credits that remain reached a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// The spend that it is, or that it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_id: Option<String>,
    /// The key that made the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The operation of the call, as the manifest writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Of `granted`: when what is left of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Of `reserved`: until when, unless it is settled or released before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_until: Option<Timestamp>,
    /// Of `credits.low` and `credits.exhausted`: what was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u64>,
    /// Of `credits.low` and `credits.exhausted`: how many credits remained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

words! {
/// What an entry of the ledger says.
LedgerEntryType {
/// Credits were granted.
Granted => "granted",
/// What was left of a grant ended with its time.
Expired => "expired",
/// What was left of a grant ended because it was declared void.
Voided => "voided",
/// A call was charged.
Spent => "spent",
/// Credits were set aside for a call.
Reserved => "reserved",
/// The cost of a call became known; the rest of its reservation is free.
Settled => "settled",
/// All or a part of a charge was given back.
Refunded => "refunded",
/// A charge was taken back, because its call was refused after all.
Reversed => "reversed",
/// A reservation was given back.
Released => "released",
/// A reservation ended with its time.
RanOut => "ran_out",
/// The credits that remain reached a threshold of the manifest.
CreditsLow => "credits.low",
/// Nothing remains.
CreditsExhausted => "credits.exhausted",
}
}

/// What an entry adds to each sum of its account; less than nothing takes away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LedgerChanges {
    /// Its granted.
    pub granted: i64,
    /// Its spent.
    pub spent: i64,
    /// Its reserved.
    pub reserved: i64,
    /// Its expired.
    pub expired: i64,
    /// Its remaining.
    pub remaining: i64,
}

/// So many credits of a grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GrantPart {
    /// The grant.
    pub id: String,
    /// How many.
    pub amount: u64,
}

/// One grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OneGrant {
    /// Its grant.
    pub grant: Grant,
}

/// Credits that an organization was given at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Its organization.
    pub organization: String,
    /// Its mode.
    pub mode: Mode,
    /// How many.
    pub amount: u64,
    /// How many of them can still be spent.
    pub remaining: u64,
    /// Why, for people.
    pub reason: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who made it: an operator key, `local` or `system`.
    pub created_by: String,
    /// What it was made for, if that happens once only; `null` for grants by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occasion: Option<GrantOccasion>,
    /// When what is left of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was declared void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<Timestamp>,
}

/// What a grant was made for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum GrantOccasion {
    /// The test credits that every organization receives.
    #[serde(rename = "test")]
    Test,
    /// A period of a plan.
    #[serde(rename = "plan")]
    #[non_exhaustive]
    Plan {
        /// The plan's name.
        plan: String,
        /// The period, such as `2026-11`.
        period: String,
    },
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// One charge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OneSpend {
    /// Its spend.
    pub spend: Spend,
}

/// A charge as it stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spend {
    /// Its id.
    pub id: String,
    /// Its organization.
    pub organization: String,
    /// Its mode.
    pub mode: Mode,
    /// The key that made the call.
    pub key: String,
    /// How many credits the call was charged, or how many were reserved.
    pub amount: u64,
    /// Its status.
    pub status: SpendStatus,
    /// How much was refunded since.
    pub refunded: u64,
    /// What the call costs as it stands: reserved or spent, less what was given back.
    pub net: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The grants it came from.
    pub grants: Vec<GrantPart>,
    /// The operation, as the manifest writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Of a reservation that was settled: for how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<u64>,
    /// Of a reservation: until when credits are set aside unless it is settled or released before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_until: Option<Timestamp>,
}

words! {
/// What became of a charge.
SpendStatus {
/// The call was charged.
Spent => "spent",
/// Credits are set aside; nothing is spent yet.
Reserved => "reserved",
/// A reservation became a charge.
Settled => "settled",
/// A reservation was given back.
Released => "released",
/// A reservation's time ended before it was settled.
RanOut => "ran_out",
/// All of it was given back.
Refunded => "refunded",
/// A part of it was given back.
PartlyRefunded => "partly_refunded",
}
}

/// A charge that was changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedSpend {
    /// Its spend.
    pub spend: Spend,
    /// Its credits.
    pub credits: RemainingCredits,
}

/// What is left of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RemainingCredits {
    /// What can be spent.
    pub remaining: u64,
}
