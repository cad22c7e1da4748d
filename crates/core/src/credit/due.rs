//! When which account has something that ends.

use std::collections::BTreeSet;

use super::AccountId;
use crate::model::Timestamp;

/// Accounts by the time at which something of them ends next.
#[derive(Debug, Default)]
pub(super) struct Due(BTreeSet<(Timestamp, AccountId)>);

impl Due {
    /// The account's next end was `before` and is `after`.
    pub(super) fn moved(
        &mut self,
        account: AccountId,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.0.remove(&(before, account));
        }
        if let Some(after) = after {
            self.0.insert((after, account));
        }
    }

    /// The account of which something ends first, if that is over.
    pub(super) fn first(&self, now: Timestamp) -> Option<AccountId> {
        let (end, account) = self.0.first()?;
        (*end <= now).then_some(*account)
    }

    /// When something ends next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(end, _)| *end)
    }
}
