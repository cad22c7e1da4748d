//! The entries of an account: each names the one before it, so no index is needed.

use keystile_core::credit::{AccountId, Place};
use keystile_core::key::{Integrity, LedgerEnd};
use rusqlite::Connection;

use super::base;
use super::rows::{self, GroupRow, Unknown};
use crate::ledger::unpack_entries;
use crate::sqlite::errors::unavailable;
use crate::{Listed, Page, StoreError};

/// Entries of an account before a place, from the last on; at most so many.
pub(super) fn entries(
    connection: &Connection,
    integrity: &Integrity,
    account: AccountId,
    last: Option<Place>,
    page: Page<Place>,
) -> Result<Vec<Listed>, StoreError> {
    // One view, so that groups that go meanwhile are not missed.
    let view = connection
        .unchecked_transaction()
        .map_err(|error| unavailable(&error))?;
    let base = base::read(&view, integrity).map_err(|error| unavailable(&error))?;
    let base = base.map_err(|problem| StoreError::Tampered {
        subject: "the ledger".into(),
        problem: problem.into(),
    })?;
    let mut walk = Walk {
        connection: &view,
        integrity,
        base,
        group: None,
    };
    let mut next = match page.before {
        Some(before) => walk.at(before)?.and_then(|listed| {
            let is_own = listed.entry.account == account;
            listed.entry.previous.filter(|_| is_own)
        }),
        None => last,
    };
    let mut found = Vec::new();
    let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
    while let Some(place) = next
        && found.len() < wanted
    {
        // Where the ledger goes back no further, the list ends.
        let Some(listed) = walk.at(place)? else {
            break;
        };
        next = listed.entry.previous;
        found.push(listed);
    }
    Ok(found)
}

struct Walk<'a> {
    connection: &'a Connection,
    integrity: &'a Integrity,
    base: LedgerEnd,
    /// The group that was read last, with its entries.
    group: Option<(GroupRow, Vec<keystile_core::credit::Entry>)>,
}

impl Walk<'_> {
    fn at(&mut self, place: Place) -> Result<Option<Listed>, StoreError> {
        let is_there = self
            .group
            .as_ref()
            .is_some_and(|(row, _)| row.number == place.group);
        if !is_there {
            let reach = (self.base, u64::MAX);
            let found = rows::sound(self.connection, self.integrity, reach, place.group);
            let Some(found) = found.map_err(told)? else {
                return Ok(None);
            };
            let entries = unpack_entries(&found.row.entries)
                .ok_or(Unknown::Altered(place.group))
                .map_err(told)?;
            self.group = Some((found.row, entries));
        }
        let group = self.group.as_ref();
        Ok(group.and_then(|(row, entries)| {
            let entry = entries.get(usize::from(place.index))?;
            Some(Listed {
                place,
                at: row.at,
                entry: entry.clone(),
            })
        }))
    }
}

fn told(unknown: Unknown) -> StoreError {
    match unknown {
        Unknown::Database(error) => unavailable(&error),
        Unknown::Altered(group) => StoreError::Tampered {
            subject: format!("group {group} of the ledger"),
            problem: "it was altered or removed".into(),
        },
    }
}
