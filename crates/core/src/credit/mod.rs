//! Credits: what an organization was given, what it spent, and what is left, to the unit.
//!
//! The ledger is a sequence of [`Entry`]s. A [`Book`] is what all of them come to: applying an entry
//! is the only way in which anything in it changes, whether the entry was just decided or is read
//! again at a start. So a balance is always the sum of what is written down.
//!
//! Entries are decided and written in groups ([`Draft`]): each is decided on what those before it
//! left, and a group that could not be written is taken back as if it had never been.
//!
//! Open `draft.rs` first for what can happen, and `account.rs` for what it does to a balance.

mod account;
mod book;
mod draft;
mod due;
mod entry;
mod key;
mod moves;
mod order;
mod place;
mod remembered;
mod reservations;

pub use account::{Account, Balance, Part, Returned, Sums};
pub use book::{Book, Group};
pub use draft::Draft;
pub use entry::{Charge, Entry, Movement, ReturnReason};
pub use key::KeySpending;
pub use order::{CapPeriod, Change, Charged, Refusal, Remember, SpendOrder, Spent, Unchanged};
pub use place::{MAX_ENTRIES, Place};
pub use remembered::REMEMBERED_MILLIS;
pub use reservations::{Reservation, Reservations};

use crate::model::{Mode, OrganizationId};

/// Whose credits: an organization's for one mode. Live and test never touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId {
    /// The organization.
    pub organization: OrganizationId,
    /// The mode of the keys that spend from it.
    pub mode: Mode,
}

/// The most credits that an account may ever have been granted: what every JSON reader can count
/// exactly (2^53 - 1).
pub const MOST_GRANTED: u64 = (1 << 53) - 1;
