//! The ledger of a whole account as CSV.

use std::fmt::Write;
use std::sync::Arc;

use keystile_core::credit::{AccountId, Place};
use keystile_store::Page as Part;

use super::entry::{EntryView, show};
use super::view::PartView;
use crate::api::csv::{self, or_empty, row, text};
use crate::api::{Answer, Call};
use crate::app::App;
use crate::problem::Problem;

/// How many entries are read at once.
const ENTRIES: u32 = 500;

/// The ledger of an account.
pub(crate) struct Ledger {
    pub(crate) app: Arc<App>,
    pub(crate) account: AccountId,
}

impl Ledger {
    /// What its file is called.
    pub(crate) fn file_name(account: AccountId) -> String {
        format!("ledger-{}-{}.csv", account.organization, account.mode)
    }
}

impl csv::Table for Ledger {
    type Cursor = Place;

    const HEADER: &'static str = "id,at,mode,type,amount,spend_id,key,operation,grants,\
                                  change_granted,change_spent,change_reserved,change_expired,\
                                  change_remaining,expires_at,reserved_until,threshold,remaining";

    async fn page(
        &self,
        before: Option<Place>,
        out: &mut String,
    ) -> Result<Option<Place>, Problem> {
        let limit = ENTRIES;
        let part = Part { before, limit };
        let rows = self.app.store.entries(self.account, part).await?;
        let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
        let last = rows.last().map(|row| row.place).filter(|_| is_full);
        for row in rows {
            write(&show(&self.app, row).await?, out);
        }
        Ok(last)
    }
}

pub(super) async fn answer(call: &Call, account: AccountId) -> Result<Answer, Problem> {
    let app = Arc::clone(&call.app);
    let body = csv::body(Ledger { app, account }).await?;
    Ok(Answer::csv(Ledger::file_name(account), body))
}

fn write(entry: &EntryView, out: &mut String) {
    let changes = &entry.changes;
    let cells = [
        entry.id.clone(),
        entry.at.to_string(),
        entry.mode.to_string(),
        entry.r#type.as_str().to_owned(),
        or_empty(entry.amount),
        or_empty(entry.spend_id),
        or_empty(entry.key),
        text(entry.operation.as_deref().unwrap_or_default()),
        grants(&entry.grants),
        changes.granted.to_string(),
        changes.spent.to_string(),
        changes.reserved.to_string(),
        changes.expired.to_string(),
        changes.remaining.to_string(),
        or_empty(entry.expires_at),
        or_empty(entry.reserved_until),
        or_empty(entry.threshold),
        or_empty(entry.remaining),
    ];
    row(&cells, out);
}

/// Such as `grant_01h…=5 grant_01j…=2`.
fn grants(parts: &[PartView]) -> String {
    let mut cell = String::new();
    for part in parts {
        let space = if cell.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(cell, "{space}{}={}", part.id, part.amount);
    }
    cell
}
