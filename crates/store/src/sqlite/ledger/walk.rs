//! The entries of an account: each names the one before it, so no index is needed.

use keystile_core::credit::{AccountId, Place};
use rusqlite::Connection;

use super::rows::{self, GroupRow};
use crate::ledger::unpack_entries;
use crate::sqlite::errors::unavailable;
use crate::{Listed, Page, StoreError};

/// Entries of an account before a place, from the last on; at most so many.
pub(super) fn entries(
    connection: &Connection,
    account: AccountId,
    last: Option<Place>,
    page: Page<Place>,
) -> Result<Vec<Listed>, StoreError> {
    let mut walk = Walk {
        connection,
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
            let found = rows::one(self.connection, place.group);
            let found = found.map_err(|error| unavailable(&error))?;
            let Some(found) = found else {
                return Ok(None);
            };
            let entries = unpack_entries(&found.row.entries).ok_or(StoreError::Tampered {
                subject: format!("group {} of the ledger", place.group),
                problem: "it cannot be read".into(),
            })?;
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
