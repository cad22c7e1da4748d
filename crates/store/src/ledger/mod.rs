//! Credits, as every database must keep them.

mod pack;
mod unpack;

use std::sync::Arc;

use async_trait::async_trait;
use keystile_core::credit::{
    AccountId, Balance, Change, Charged, Entry, Place, Refusal, Remember, SpendOrder, Spent,
    Unchanged,
};
use keystile_core::model::{KeyId, Mode, OrganizationId, SpendId, Timestamp};

pub(crate) use pack::{pack_account, pack_change, pack_entries, pack_key};
pub(crate) use unpack::{unpack_account, unpack_change, unpack_entries, unpack_entry, unpack_key};

use crate::{CommitError, Page, StoreError};

/// The ledger of all credits. Grants are records and are made by [`Writes::commit`]; the ledger
/// takes them in with the same transaction.
///
/// [`Writes::commit`]: crate::Writes::commit
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Charges a call; durable when this returns. Charges that come at the same time share one
    /// commit, in the order in which they were first polled.
    ///
    /// # Errors
    /// [`CommitError::NotWritten`] when nothing was charged, [`CommitError::Unknown`] when it is
    /// not known.
    async fn spend(&self, order: Arc<SpendOrder>) -> Result<Result<Spent, Refusal>, CommitError>;

    /// Changes what became of a charge. `None` when there is no such charge, or it is older than
    /// the ledger goes back.
    ///
    /// # Errors
    /// As [`Self::spend`].
    async fn change_charge(
        &self,
        spend: SpendId,
        change: Change,
    ) -> Result<Option<Result<Changed, Unchanged>>, CommitError>;

    /// A charge as it stands now.
    async fn charged(&self, spend: SpendId) -> Result<Option<Charged>, CommitError>;

    /// What an account holds now.
    async fn balances(&self, account: AccountId) -> Result<Balances, CommitError>;

    /// What a key has spent now: of the day, of the month, in all.
    async fn spent_by(&self, key: KeyId) -> Result<[u64; 3], CommitError>;

    /// What is left of which grant of an account now, in the order in which it is spent.
    async fn left(&self, account: AccountId) -> Result<Vec<Balance>, CommitError>;

    /// Entries of an account before a place, newest first.
    async fn entries(
        &self,
        account: AccountId,
        page: Page<Place>,
    ) -> Result<Vec<Listed>, StoreError>;

    /// Writes down what has ended, and says when something ends next.
    async fn end_due(&self) -> Result<Option<Timestamp>, CommitError>;

    /// How a repetition of a call is known: by keyed hashes, so that nothing a client sent is kept
    /// in clear.
    fn remember(&self, account: AccountId, idempotency_key: &str, asked: &Asked<'_>) -> Remember;
}

/// What is asked under an idempotency key: the same key for anything else is a mistake.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The key that makes the call.
    pub key: KeyId,
    /// What it asks for.
    pub operation: &'a str,
    /// What it costs.
    pub cost: u64,
    /// Whether the cost is only set aside.
    pub reserve: bool,
}

/// What became of a change to a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The charge as it stands now.
    pub charged: Charged,
    /// How many credits remain in the account.
    pub remaining: u64,
}

/// What an account holds. `granted` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balances {
    /// Everything that was ever granted.
    pub granted: u64,
    /// What was spent and not given back.
    pub spent: u64,
    /// What is set aside for calls whose cost is not known yet.
    pub reserved: u64,
    /// What ended unspent.
    pub expired: u64,
    /// What can be spent.
    pub remaining: u64,
}

/// An entry with its place and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it stands.
    pub place: Place,
    /// When it was written.
    pub at: Timestamp,
    /// The entry.
    pub entry: Entry,
}

/// The two accounts of an organization, live first.
#[must_use]
pub fn accounts_of(organization: OrganizationId) -> [AccountId; 2] {
    [Mode::Live, Mode::Test].map(|mode| AccountId { organization, mode })
}
