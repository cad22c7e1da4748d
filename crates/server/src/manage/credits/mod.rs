//! Credits: grants by hand and by themselves, and what becomes of charges.
//!
//! Grants are records, so making one is a change like any other, and the ledger takes it in with the
//! same transaction. What becomes of a charge stands in the ledger alone and has no row in the
//! journal.

mod automatic;
mod grants;
mod renewal;
mod spends;

pub(in crate::manage) use automatic::or_granted_meanwhile;
pub(crate) use grants::{NewGrant, create_grant, void_grant};
pub(crate) use renewal::{plans_with_credits, renew, renew_many};
pub(crate) use spends::{change_spend, check_amount, unread, write_ends_down};
