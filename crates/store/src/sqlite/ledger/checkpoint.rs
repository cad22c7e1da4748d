//! Writing down what the entries come to, so that a start need not read all of them.
//!
//! It happens a little with each group: accounts and keys that have changed since the last time are
//! written one after the other, each as it is then. A start reads them, and the entries since the
//! first of them was written; an entry that one of them counts already changes it no more. So
//! nothing need stand still while this goes on.

use keystile_core::credit::{AccountId, Book, Draft};
use keystile_core::key::{Encoder, Integrity, RowTag};
use keystile_core::model::KeyId;
use rusqlite::{Connection, params};

use crate::ledger::{pack_account, pack_key};
use crate::sqlite::columns::integer;

/// How many rows are written with a group: so few that its charges hardly wait for them.
const ROWS_OF_A_GROUP: usize = 64;

/// After so many entries what they come to is written down again: a start reads half a million in
/// some tenths of a second.
const ENTRIES: u64 = 500_000;

/// The same for groups.
const GROUPS: u64 = 20_000;

/// What is being written down.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Checkpoint {
    /// What is still to be written: ordered, so that rows near each other are written together.
    accounts: Vec<AccountId>,
    keys: Vec<KeyId>,
    /// The last group when this began; `None` when nothing is being written.
    begun: Option<u64>,
    /// The last group when the last one began.
    before: u64,
}

/// How much was written with a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    accounts: usize,
    keys: usize,
}

impl Checkpoint {
    /// Continues after what was written down when the ledger ended there.
    pub(super) fn after(group: u64) -> Self {
        Self {
            before: group,
            ..Self::default()
        }
    }

    /// Writes a little of what is to be written.
    pub(super) fn write_some(
        &self,
        connection: &Connection,
        integrity: &Integrity,
        draft: &Draft<'_>,
    ) -> rusqlite::Result<Progress> {
        let mut progress = Progress {
            accounts: 0,
            keys: 0,
        };
        let Some(begun) = self.begun else {
            return Ok(progress);
        };
        for id in self.accounts.iter().rev().take(ROWS_OF_A_GROUP) {
            if let Some(account) = draft.account(*id) {
                write_account(connection, integrity, *id, &pack_account(account))?;
            }
            progress.accounts += 1;
        }
        let room = ROWS_OF_A_GROUP - progress.accounts;
        for id in self.keys.iter().rev().take(room) {
            write_key(connection, integrity, *id, &pack_key(&draft.key(*id)))?;
            progress.keys += 1;
        }
        let all = progress.accounts + progress.keys;
        if all == self.accounts.len() + self.keys.len() {
            connection
                .prepare_cached("UPDATE ledger_state SET missing_from = ?1")?
                .execute([integer(begun + 1)])?;
        }
        Ok(progress)
    }

    /// The group with which that was written is durable, and is the last.
    pub(super) fn wrote(&mut self, progress: Progress, book: &mut Book, last: u64) {
        let left = self.accounts.len().saturating_sub(progress.accounts);
        self.accounts.truncate(left);
        let left = self.keys.len().saturating_sub(progress.keys);
        self.keys.truncate(left);
        if self.accounts.is_empty() && self.keys.is_empty() {
            self.before = self.begun.take().unwrap_or(self.before);
        }
        let is_due = book.entries_since() >= ENTRIES || last.saturating_sub(self.before) >= GROUPS;
        if self.begun.is_none() && is_due {
            (self.accounts, self.keys) = book.take_touched();
            self.begun = Some(last);
        }
    }
}

/// What the tag of an account covers.
pub(super) fn account_content(id: AccountId, state: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(state.len() + 64);
    let mut out = Encoder::new(&mut content);
    out.text("account/1");
    out.bytes(&id.organization.to_bytes());
    out.text(id.mode.as_str());
    out.bytes(state);
    content
}

/// What the tag of a key's spending covers.
pub(super) fn key_content(id: KeyId, state: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(state.len() + 64);
    let mut out = Encoder::new(&mut content);
    out.text("key/1");
    out.bytes(&id.to_bytes());
    out.bytes(state);
    content
}

fn write_account(
    connection: &Connection,
    integrity: &Integrity,
    id: AccountId,
    state: &[u8],
) -> rusqlite::Result<()> {
    let RowTag(tag) = integrity.ledger_tag(&account_content(id, state));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO accounts (organization, mode, state, tag) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id.organization.to_bytes(),
            id.mode.as_str(),
            state,
            tag
        ])
        .map(drop)
}

fn write_key(
    connection: &Connection,
    integrity: &Integrity,
    id: KeyId,
    state: &[u8],
) -> rusqlite::Result<()> {
    let RowTag(tag) = integrity.ledger_tag(&key_content(id, state));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO key_spending (key, state, tag) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id.to_bytes(), state, tag])
        .map(drop)
}
