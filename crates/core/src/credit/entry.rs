//! What the ledger is made of.

use std::sync::Arc;

use super::account::{Part, Returned};
use super::order::Remember;
use super::{AccountId, Place};
use crate::model::{GrantId, KeyId, SpendId, Timestamp};

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose credits it moves.
    pub account: AccountId,
    /// The account's entry before this one.
    pub previous: Option<Place>,
    /// What it does.
    pub movement: Movement,
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// Credits were granted.
    Granted {
        /// The grant.
        grant: GrantId,
        /// How many.
        amount: u64,
        /// When what is left of them ends.
        ends_at: Option<Timestamp>,
        /// Whether they come again with every period of a plan.
        recurring: bool,
    },
    /// What was left of a grant ended with its time.
    Expired {
        /// The grant.
        grant: GrantId,
        /// How many credits were left.
        amount: u64,
    },
    /// A grant was declared void: what was left of it ended.
    Voided {
        /// The grant.
        grant: GrantId,
        /// How many credits were left.
        amount: u64,
    },
    /// A call was charged.
    Spent(Charge),
    /// Credits were set aside for a call whose cost is known only afterwards.
    Reserved {
        /// How many at most, for what.
        charge: Charge,
        /// When they are free again unless they are settled before.
        ends_at: Timestamp,
    },
    /// The cost of a call became known: the rest of what was set aside is free.
    Settled {
        /// The reservation.
        spend: SpendId,
        /// The key that made the call.
        key: KeyId,
        /// What the call cost.
        amount: u64,
        /// Where the rest went.
        returned: Vec<Returned>,
    },
    /// All or a part of a charge was given back.
    Returned {
        /// The charge.
        spend: SpendId,
        /// The key that made the call.
        key: KeyId,
        /// How many credits.
        amount: u64,
        /// Why.
        reason: ReturnReason,
        /// Where they went.
        returned: Vec<Returned>,
        /// What is remembered no longer, because nothing is left of the charge.
        forgets: Option<u128>,
    },
    /// The credits that remain reached a threshold of the manifest from above, or nothing.
    Reached {
        /// The threshold; 0 is nothing.
        threshold: u64,
        /// How many remain.
        remaining: u64,
    },
}

impl Movement {
    /// The key whose spending it changes.
    #[must_use]
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::Spent(charge) | Self::Reserved { charge, .. } => Some(charge.key),
            Self::Settled { key, .. } | Self::Returned { key, .. } => Some(*key),
            Self::Granted { .. }
            | Self::Expired { .. }
            | Self::Voided { .. }
            | Self::Reached { .. } => None,
        }
    }
}

/// A charge, and which grants it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The key that made the call.
    pub key: KeyId,
    /// How many credits, at least one.
    pub amount: u64,
    /// Which grants they came from, in the order in which they were taken.
    pub parts: Vec<Part>,
    /// The operation, as the manifest writes it.
    pub operation: Option<Arc<str>>,
    /// By what a repetition of the call is known.
    pub remember: Option<Remember>,
}

/// Why credits were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnReason {
    /// The product asked for it.
    Refunded,
    /// The key lost its right while the charge was being written, so the call was refused.
    Reversed,
    /// The product released the reservation.
    Released,
    /// The reservation's time ended.
    RanOut,
}

impl ReturnReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Refunded, Self::Reversed, Self::Released, Self::RanOut];

    /// As JSON and exports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
            Self::Released => "released",
            Self::RanOut => "ran_out",
        }
    }

    /// Whether it gives back a reservation as a whole, rather than something spent.
    #[must_use]
    pub const fn ends_reservation(self) -> bool {
        matches!(self, Self::Released | Self::RanOut)
    }
}
