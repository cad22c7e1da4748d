//! Tables as CSV (RFC 4180), written while they are read: memory holds a few pages of one, however
//! long it is and however slowly it is taken.

use super::Body;
use super::flow::Pieces;
use crate::problem::Problem;

/// A table that is read page by page.
pub(crate) trait Table: Send + Sync + 'static {
    /// Where a page ends.
    type Cursor: Copy + Send;

    /// The names of the columns, as the first line.
    const HEADER: &'static str;

    /// Writes the rows of the page before a place; where to go on, if there may be more.
    fn page(
        &self,
        before: Option<Self::Cursor>,
        out: &mut String,
    ) -> impl Future<Output = Result<Option<Self::Cursor>, Problem>> + Send;
}

/// All of a table. The first page is read before anything is answered, so that what is wrong with
/// the whole still is a problem.
pub(crate) async fn body(table: impl Table) -> Result<Body, Problem> {
    let mut begun = header(&table);
    let Some(last) = table.page(None, &mut begun).await? else {
        return Ok(begun.into_bytes().into());
    };
    let (pieces, body) = Body::flowing();
    tokio::spawn(rest(table, begun, last, pieces));
    Ok(body)
}

fn header<T: Table>(_: &T) -> String {
    format!("{}\r\n", T::HEADER)
}

async fn rest<T: Table>(table: T, begun: String, last: T::Cursor, pieces: Pieces) {
    let (mut text, mut last) = (begun, Some(last));
    while pieces.send(text.into_bytes()).await.is_ok() {
        if last.is_none() {
            return;
        }
        text = String::new();
        match table.page(last, &mut text).await {
            Ok(next) => last = next,
            Err(problem) => return pieces.cut_off(&problem).await,
        }
    }
}

/// Writes a row.
pub(crate) fn row(cells: &[String], out: &mut String) {
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

pub(crate) fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A text that others wrote: one that a spreadsheet would take for a formula begins with an
/// apostrophe, and one with separators is quoted. Numbers are ours and stay numbers.
pub(crate) fn text(cell: &str) -> String {
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
