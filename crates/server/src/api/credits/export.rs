//! The ledger of a whole account as CSV (RFC 4180), written while it is read: memory holds a few
//! pages of it, however long it is and however slowly it is taken.

use std::fmt::Write;
use std::sync::Arc;

use keystile_core::credit::{AccountId, Place};
use keystile_store::Page as Part;

use super::entry::{EntryView, show};
use super::view::PartView;
use crate::api::flow::Pieces;
use crate::api::{Answer, Body, Call};
use crate::app::App;
use crate::problem::Problem;

/// How many entries are read at once.
const ENTRIES: u32 = 500;

const HEADER: &str = "id,at,mode,type,amount,spend_id,key,operation,grants,change_granted,\
                      change_spent,change_reserved,change_expired,change_remaining,expires_at,\
                      reserved_until,threshold,remaining\r\n";

/// The first page is read before anything is answered, so that what is wrong with the whole still
/// is a problem.
pub(super) async fn answer(call: &Call, account: AccountId) -> Result<Answer, Problem> {
    let name = format!("ledger-{}-{}.csv", account.organization, account.mode);
    let mut begun = HEADER.to_owned();
    let last = page(&call.app, account, None, &mut begun).await?;
    let Some(last) = last else {
        return Ok(Answer::csv(name, begun.into_bytes().into()));
    };
    let (pieces, body) = Body::flowing();
    tokio::spawn(rest(Arc::clone(&call.app), account, begun, last, pieces));
    Ok(Answer::csv(name, body))
}

async fn rest(app: Arc<App>, account: AccountId, begun: String, last: Place, pieces: Pieces) {
    let (mut text, mut last) = (begun, Some(last));
    while pieces.send(text.into_bytes()).await.is_ok() {
        let Some(before) = last else { return };
        text = String::new();
        match page(&app, account, Some(before), &mut text).await {
            Ok(next) => last = next,
            Err(problem) => return pieces.cut_off(&problem).await,
        }
    }
}

/// Writes the entries before a place; where to go on, if there may be more.
async fn page(
    app: &App,
    account: AccountId,
    before: Option<Place>,
    out: &mut String,
) -> Result<Option<Place>, Problem> {
    let limit = ENTRIES;
    let rows = app.store.entries(account, Part { before, limit }).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let last = rows.last().map(|row| row.place).filter(|_| is_full);
    for row in rows {
        write(&show(app, row).await?, out);
    }
    Ok(last)
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
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
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

/// A text that others wrote: one that a spreadsheet would take for a formula begins with an
/// apostrophe, and one with separators is quoted. Numbers are ours and stay numbers.
fn text(cell: &str) -> String {
    let guard = match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => "'",
        false => "",
    };
    if cell.contains([',', '"', '\r', '\n']) || !guard.is_empty() {
        return format!("\"{guard}{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p01_a_cell_is_never_a_formula_and_never_more_than_a_cell() {
        for (cell, written) in [
            ("POST /v1/analyses", "POST /v1/analyses"),
            ("", ""),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\rx", "\"'\rx\""),
            ("a,b", "\"a,b\""),
            ("a\"b\r\nc", "\"a\"\"b\r\nc\""),
        ] {
            assert_eq!(text(cell), written, "{cell:?}");
        }
    }
}
