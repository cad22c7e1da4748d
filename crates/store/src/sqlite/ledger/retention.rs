//! Groups that are older than the retention time go, a few with each new group; what their entries
//! came to stays as a sum for each account and key.

use keystile_core::credit::{Book, Draft, Entry, Movement};
use keystile_core::key::LedgerEnd;
use keystile_core::model::Timestamp;

use super::base;
use super::rows::{self, Linked};
use super::settings::LedgerSettings;
use super::vouched::{Kind, Vouched, account_id, charge_id};
use crate::CommitError;
use crate::ledger::{pack_account, pack_key, unpack_account, unpack_key};
use crate::sqlite::columns::integer;
use crate::sqlite::commit::not_written;

/// How many groups go with one that is written: more than one, so that the ledger shrinks to what
/// is kept.
const GROUPS: u64 = 3;

/// Where the ledger begins.
#[derive(Debug)]
pub(super) struct Retention {
    kept_millis: i64,
    base: LedgerEnd,
    /// When the first group that is kept was written, once that was looked at.
    first: Option<Timestamp>,
}

/// The ledger begins later, once that is durable.
pub(super) struct Removed {
    base: LedgerEnd,
    first: Option<Timestamp>,
}

impl Retention {
    pub(super) fn new(base: LedgerEnd, settings: &LedgerSettings) -> Self {
        Self {
            kept_millis: settings.kept_millis,
            base,
            first: None,
        }
    }

    /// The last group that is not kept.
    pub(super) fn base(&self) -> LedgerEnd {
        self.base
    }

    /// That is durable.
    pub(super) fn removed(&mut self, removed: &Removed) {
        (self.base, self.first) = (removed.base, removed.first);
    }

    fn is_old(&self, at: Timestamp, now: Timestamp) -> bool {
        at.plus_millis(self.kept_millis) <= now
    }

    /// Removes groups before `missing_from` that are old and that nothing open needs.
    pub(super) fn remove_some(
        &self,
        vouched: &mut Vouched<'_>,
        draft: &Draft<'_>,
        missing_from: u64,
    ) -> Result<Removed, CommitError> {
        let mut removed = Removed {
            base: self.base,
            first: self.first,
        };
        let now = draft.group().at;
        for _ in 0..GROUPS {
            let number = removed.base.number + 1;
            let is_kept = removed.first.is_some_and(|at| !self.is_old(at, now));
            if is_kept || number >= missing_from {
                break;
            }
            let step = match Step::read(vouched, removed.base, number) {
                Ok(step) => step,
                // What cannot be summed up stays; that is no reason to refuse charges.
                Err(CommitError::Tampered { subject, problem }) => {
                    tracing::error!(%subject, problem, "the ledger is kept as it is");
                    removed.first = Some(Timestamp::from_millis(i64::MAX));
                    break;
                }
                Err(error) => return Err(error),
            };
            removed.first = Some(step.linked.row.at);
            if !self.is_old(step.linked.row.at, now) || step.is_needed(draft) {
                break;
            }
            removed = Removed {
                base: step.linked.end(),
                first: None,
            };
            step.sum_up(vouched)?;
        }
        if removed.base != self.base {
            base::write(vouched, removed.base)?;
        }
        Ok(removed)
    }
}

/// A group that may go, and what the entries before it come to.
struct Step {
    linked: Linked,
    entries: Vec<Entry>,
    book: Book,
}

impl Step {
    fn read(vouched: &Vouched<'_>, base: LedgerEnd, number: u64) -> Result<Self, CommitError> {
        let found = rows::one(vouched.connection(), number).map_err(|error| not_written(&error))?;
        let sound = found.and_then(Result::ok);
        let linked = sound.filter(|linked| linked.fits(vouched.integrity(), base));
        let entries = linked.as_ref().and_then(|linked| linked.row.unpack());
        let (Some(linked), Some(entries)) = (linked, entries) else {
            return Err(CommitError::Tampered {
                subject: format!("group {number} of the ledger"),
                problem: "it was altered or removed".into(),
            });
        };
        let mut book = Book::new(0);
        for entry in &entries {
            read_before(vouched, &mut book, entry)?;
        }
        Ok(Self {
            linked,
            entries,
            book,
        })
    }

    /// Each entry with its index.
    fn entries(&self) -> impl Iterator<Item = (u16, &Entry)> {
        (0..=u16::MAX).zip(&self.entries)
    }

    /// Whether something is open that was begun there: a reservation, or a charge that is known
    /// again.
    fn is_needed(&self, draft: &Draft<'_>) -> bool {
        let group = self.linked.row.group();
        self.entries().any(|(index, entry)| {
            let spend = group.place(index).spend_id(group.at);
            let (Movement::Spent(charge) | Movement::Reserved { charge, .. }) = &entry.movement
            else {
                return false;
            };
            let account = draft.account(entry.account);
            let is_open = account.is_some_and(|account| account.reservation(spend).is_some());
            let asked = charge.remember;
            is_open || asked.is_some_and(|asked| draft.is_remembered(asked, spend))
        })
    }

    /// Adds what the entries come to, to what those before came to, and removes them.
    fn sum_up(mut self, vouched: &mut Vouched<'_>) -> Result<(), CommitError> {
        let group = self.linked.row.group();
        for (index, entry) in (0..=u16::MAX).zip(&self.entries) {
            self.book.replay(group, index, entry);
        }
        let (accounts, keys) = self.book.take_touched();
        for id in accounts {
            if let Some(account) = self.book.account(id) {
                vouched.put(Kind::BaseAccount, &account_id(id), &pack_account(account))?;
            }
        }
        for id in keys {
            let state = pack_key(&self.book.key(id));
            vouched.put(Kind::BaseKey, &id.to_bytes(), &state)?;
        }
        for (index, _) in self.entries() {
            vouched.remove(Kind::Charge, &charge_id(group.place(index)))?;
        }
        vouched
            .connection()
            .prepare_cached("DELETE FROM ledger WHERE number = ?1")
            .and_then(|mut statement| statement.execute([integer(group.number)]))
            .map(drop)
            .map_err(|error| not_written(&error))
    }
}

/// Reads what the entries that are gone came to, for the account and the key of this one.
fn read_before(vouched: &Vouched<'_>, book: &mut Book, entry: &Entry) -> Result<(), CommitError> {
    let account = entry.account;
    if book.account(account).is_none()
        && let Some(state) = vouched.get(Kind::BaseAccount, &account_id(account))?
        && let Some(before) = unpack_account(&state)
    {
        book.load_account(account, before);
    }
    if let Some(key) = entry.movement.key()
        && book.key(key).last.is_none()
        && let Some(state) = vouched.get(Kind::BaseKey, &key.to_bytes())?
        && let Some(before) = unpack_key(&state)
    {
        book.load_key(key, before);
    }
    Ok(())
}
