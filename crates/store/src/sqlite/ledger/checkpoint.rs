//! Writing down what the entries come to, so that a start need not read all of them.
//!
//! It happens a little with each group: accounts and keys that have changed since the last time are
//! written one after the other, each as it is then. A start reads them, and the entries since the
//! first of them was written; an entry that one of them counts already changes it no more. So
//! nothing need stand still while this goes on.

use keystile_core::credit::{AccountId, Book, Draft};
use keystile_core::model::KeyId;

use super::settings::LedgerSettings;
use super::vouched::{Kind, Vouched, account_id};
use crate::CommitError;
use crate::ledger::{pack_account, pack_key};

/// What is being written down.
#[derive(Debug)]
pub(in crate::sqlite) struct Checkpoint {
    settings: LedgerSettings,
    /// What is still to be written: ordered, so that rows near each other are written together.
    accounts: Vec<AccountId>,
    keys: Vec<KeyId>,
    /// The last group when this began; `None` when nothing is being written.
    begun: Option<u64>,
    /// From which group on entries may be missing in what is written down.
    missing_from: u64,
}

/// How much was written with a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    accounts: usize,
    keys: usize,
    /// From which group on entries may be missing now.
    pub(super) missing_from: u64,
    /// Whether all that was begun is written.
    pub(super) is_complete: bool,
}

impl Checkpoint {
    /// Continues after what was written down.
    pub(super) fn after(missing_from: u64, settings: LedgerSettings) -> Self {
        Self {
            settings,
            accounts: Vec::new(),
            keys: Vec::new(),
            begun: None,
            missing_from,
        }
    }

    /// Writes a little of what is to be written.
    pub(super) fn write_some(
        &self,
        vouched: &mut Vouched<'_>,
        draft: &Draft<'_>,
    ) -> Result<Progress, CommitError> {
        let mut progress = Progress {
            accounts: 0,
            keys: 0,
            missing_from: self.missing_from,
            is_complete: false,
        };
        let Some(begun) = self.begun else {
            return Ok(progress);
        };
        let rows = self.settings.checkpoint_rows.max(1);
        for id in self.accounts.iter().rev().take(rows) {
            if let Some(account) = draft.account(*id) {
                let state = pack_account(account);
                vouched.put(Kind::Account, &account_id(*id), &state)?;
            }
            progress.accounts += 1;
        }
        let room = rows - progress.accounts;
        for id in self.keys.iter().rev().take(room) {
            let state = pack_key(&draft.key(*id));
            vouched.put(Kind::Key, &id.to_bytes(), &state)?;
            progress.keys += 1;
        }
        let all = progress.accounts + progress.keys;
        if all == self.accounts.len() + self.keys.len() {
            progress.missing_from = begun + 1;
            progress.is_complete = true;
        }
        Ok(progress)
    }

    /// The group with which that was written is durable, and is the last.
    pub(super) fn wrote(&mut self, progress: Progress, book: &mut Book, last: u64) {
        let left = self.accounts.len().saturating_sub(progress.accounts);
        self.accounts.truncate(left);
        let left = self.keys.len().saturating_sub(progress.keys);
        self.keys.truncate(left);
        self.missing_from = progress.missing_from;
        if progress.is_complete {
            self.begun = None;
        }
        let groups = last.saturating_sub(self.missing_from.saturating_sub(1));
        let is_due = book.entries_since() >= self.settings.checkpoint_entries
            || groups >= self.settings.checkpoint_groups;
        if self.begun.is_none() && is_due {
            (self.accounts, self.keys) = book.take_touched();
            self.begun = Some(last);
        }
    }
}
