//! What is asked of the ledger, and what it answers.

use std::sync::Arc;

use super::{AccountId, Charge};
use crate::model::{KeyId, SpendCaps, SpendId, Timestamp};

/// A call that everything else allows and that costs credits.
#[derive(Debug, Clone)]
pub struct SpendOrder {
    /// Whose credits.
    pub account: AccountId,
    /// The key that makes the call.
    pub key: KeyId,
    /// How many, at least one.
    pub amount: u64,
    /// How much that key may spend.
    pub caps: Option<SpendCaps>,
    /// Sets them aside for so many milliseconds, until the cost is known.
    pub reserve_millis: Option<i64>,
    /// The operation, as the manifest writes it.
    pub operation: Option<Arc<str>>,
    /// By what a repetition of the call is known.
    pub remember: Option<Remember>,
    /// When the remaining credits reach one of these from above, an entry says so.
    pub thresholds: Arc<[u64]>,
}

/// How a repetition of a call is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Remember {
    /// A keyed hash of the account and the caller's idempotency key.
    pub name: u128,
    /// A hash of what is asked, to notice the same idempotency key for something else.
    pub fingerprint: u64,
}

/// A call is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Names the charge.
    pub spend: SpendId,
    /// How many credits remain in the account.
    pub remaining: u64,
    /// Whether this is the charge of an earlier call, known by its idempotency key.
    pub repeated: bool,
}

/// A call is not paid for; nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There are not enough credits.
    Exhausted {
        /// How many remain.
        remaining: u64,
        /// Until when the latest grant of the organization's plan counts, if it ever had one.
        recurring_until: Option<Timestamp>,
    },
    /// The key may not spend so much.
    CapReached {
        /// Which cap.
        period: CapPeriod,
        /// How much it lets the key spend.
        cap: u64,
        /// How much the key has spent.
        spent: u64,
    },
    /// The idempotency key stands for another charge.
    Mismatch,
    /// So many charges are remembered that no other can be.
    TooManyRemembered,
}

/// What a cap counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapPeriod {
    /// The day.
    Day,
    /// The month.
    Month,
    /// The key's whole life.
    Total,
}

impl CapPeriod {
    /// As JSON writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}

/// A charge as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// Its id.
    pub spend: SpendId,
    /// Whose credits.
    pub account: AccountId,
    /// The charge as it was made.
    pub charge: Charge,
    /// When it was a reservation: until when.
    pub reserved_until: Option<Timestamp>,
    /// When it was a reservation that was settled: for how much.
    pub settled: Option<u64>,
    /// How much of it was given back since, reservations released included.
    pub returned: u64,
    /// Whether it was a reservation whose time ended before anybody settled or released it.
    pub ran_out: bool,
}

impl Charged {
    /// How much the call costs as it stands: settled or reserved, less what was given back.
    #[must_use]
    pub fn net(&self) -> u64 {
        self.cost().saturating_sub(self.returned)
    }

    /// How much the call was charged: what was settled, else the whole.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.settled.unwrap_or(self.charge.amount)
    }

    /// Whether it is a reservation that was neither settled nor released yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.reserved_until.is_some() && self.settled.is_none() && self.returned == 0
    }
}

/// What shall become of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So much of it is given back; `None` is all that is left of it.
    Refund {
        /// How much.
        amount: Option<u64>,
    },
    /// The call was refused after all.
    Reverse,
    /// The reservation becomes a charge of so much.
    Settle {
        /// How much; may be 0.
        amount: u64,
    },
    /// The reservation is free again.
    Release,
}

/// Why nothing became of a change to a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// More would be given back than is left of it.
    TooMuch {
        /// How much is left of it.
        left: u64,
    },
    /// It is a reservation, which is settled or released, not refunded.
    Open,
    /// It is no reservation.
    NotReserved,
    /// The reservation was settled, released or ran out before.
    Ended,
}
