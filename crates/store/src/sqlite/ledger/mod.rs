//! Credits: the book in memory, which the writing thread keeps, and its entries in the database.
//!
//! Charges wait in a list of their own (`queue.rs`) until the writing thread comes to them; then all
//! that wait are decided one after the other and written as one group (`group.rs`). So charges share
//! a commit exactly as far as they come faster than commits are made, and a lone one waits for
//! nothing. What grants do to the book is written with the change that makes them.

mod answers;
mod base;
mod charges;
mod checkpoint;
mod examine;
mod grants;
mod group;
mod load;
mod proof;
mod queue;
mod retention;
mod rows;
mod settings;
mod vouched;
mod walk;

use std::sync::Arc;

use async_trait::async_trait;
use keystile_core::credit::{
    AccountId, Balance, Change, Charged, Place, Refusal, Remember, SpendOrder, Spent, Unchanged,
};
use keystile_core::key::Encoder;
use keystile_core::model::{KeyId, SpendId, Timestamp};

pub(super) use examine::{Grants, examine};
pub(super) use grants::{Changes, Written, refuse_other_than_void};
pub(super) use group::Books;
pub(super) use load::load;
pub(super) use queue::Queue;
pub use settings::LedgerSettings;

use self::answers::told;
use self::queue::{Waiting, Work};
use super::SqliteStore;
use super::writer::{Desk, Refused};
use crate::{Asked, Balances, Changed, CommitError, LedgerStore, Listed, Page, StoreError};

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn spend(&self, order: Arc<SpendOrder>) -> Result<Result<Spent, Refusal>, CommitError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.queue_charge(Work::Spend(order, answer))?;
        told(answered).await
    }

    async fn change_charge(
        &self,
        spend: SpendId,
        change: Change,
    ) -> Result<Option<Result<Changed, Unchanged>>, CommitError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.queue_charge(Work::Change(spend, change, answer))?;
        told(answered).await
    }

    async fn charged(&self, spend: SpendId) -> Result<Option<Charged>, CommitError> {
        let now = self.time();
        self.ask_books(move |desk| desk.charged(spend, now)).await?
    }

    async fn balances(&self, account: AccountId) -> Result<Balances, CommitError> {
        let now = self.time();
        self.ask_books(move |desk| desk.ledger.balances(account, now))
            .await
    }

    async fn left(&self, account: AccountId) -> Result<Vec<Balance>, CommitError> {
        let now = self.time();
        self.ask_books(move |desk| desk.ledger.left(account, now))
            .await
    }

    async fn spent_by(&self, key: KeyId) -> Result<[u64; 3], CommitError> {
        let now = self.time();
        self.ask_books(move |desk| desk.ledger.book.key(key).at(now))
            .await
    }

    async fn entries(
        &self,
        account: AccountId,
        page: Page<Place>,
    ) -> Result<Vec<Listed>, StoreError> {
        let last = self
            .ask_books(move |desk| {
                let account = desk.ledger.book.account(account);
                account.and_then(|account| account.sums.last)
            })
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let integrity = self.integrity.clone();
        self.readers
            .read(move |connection| walk::entries(connection, &integrity, account, last, page))
            .await
    }

    async fn end_due(&self) -> Result<Option<Timestamp>, CommitError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.queue_charge(Work::End(answer))?;
        told(answered).await
    }

    fn remember(&self, account: AccountId, idempotency_key: &str, asked: &Asked<'_>) -> Remember {
        let mut bytes = Vec::with_capacity(128);
        let mut out = Encoder::new(&mut bytes);
        out.bytes(&account.organization.to_bytes());
        out.text(account.mode.as_str());
        out.text(idempotency_key);
        let name = self.integrity.ledger_name(&bytes);
        bytes.clear();
        let mut out = Encoder::new(&mut bytes);
        out.bytes(&asked.key.to_bytes());
        out.text(asked.operation);
        out.number(asked.cost);
        out.flag(asked.reserve);
        let [.., low] = split(self.integrity.ledger_name(&bytes));
        Remember {
            name,
            fingerprint: low,
        }
    }
}

fn split(number: u128) -> [u64; 2] {
    let [high, low] = [number >> 64, number & u128::from(u64::MAX)];
    [high, low].map(|half| u64::try_from(half).unwrap_or(0))
}

impl SqliteStore {
    /// Lets a charge wait for the writing thread.
    fn queue_charge(&self, work: Work) -> Result<(), CommitError> {
        self.let_wait(Waiting::Work(work))
    }

    /// Lets somebody wait for the writing thread, which is told when nobody waits yet.
    fn let_wait(&self, one: Waiting) -> Result<(), CommitError> {
        self.charges
            .put(one, |call| {
                self.writer.queue(Box::new(move |desk| call.serve(desk)))
            })
            .map_err(|refused| CommitError::NotWritten(refused.to_string()))
    }

    /// Asks what the writing thread knows, unless that may not be the truth.
    async fn ask_books<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, CommitError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let look = move |desk: &mut Desk| {
            let sound = desk.refuse_if_unknown();
            let sound = sound.and_then(|()| desk.ledger.refuse_if_damaged());
            // Whoever does not wait any more need not know.
            let _ = answer.send(sound.map(|()| work(desk)));
        };
        self.let_wait(Waiting::Look(Box::new(look)))?;
        let untold = || CommitError::NotWritten(Refused::Busy.to_string());
        answered.await.unwrap_or_else(|_| Err(untold()))
    }

    fn time(&self) -> Timestamp {
        self.latest.see(self.clock.now())
    }
}
