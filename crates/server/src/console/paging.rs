//! Lists that are longer than a page.

use std::str::FromStr;

use keystile_store::Page as Part;

use super::visit::Visit;
use crate::problem::Problem;

/// What a page shows of a list, and where the next one begins.
pub(super) struct Cut<T, C> {
    pub(super) rows: Vec<T>,
    pub(super) next: Option<C>,
}

/// A part with one row more than is shown, which tells that there is more.
pub(super) fn part<C>(before: Option<C>, shown: u32) -> Part<C> {
    let limit = shown.saturating_add(1);
    Part { before, limit }
}

/// Leaves that one row out again.
pub(super) fn cut<T, C>(mut rows: Vec<T>, shown: u32, cursor: impl Fn(&T) -> C) -> Cut<T, C> {
    let shown = usize::try_from(shown).unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| has_more).map(cursor);
    Cut { rows, next }
}

/// All rows of a list that people made by hand, which is therefore not long.
pub(super) async fn all<T, C, F>(
    read: impl Fn(Part<C>) -> F,
    cursor: impl Fn(&T) -> C,
) -> Result<Vec<T>, Problem>
where
    F: Future<Output = Result<Vec<T>, keystile_store::StoreError>>,
{
    const AT_ONCE: u32 = 200;
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let found = cut(read(part(before, AT_ONCE)).await?, AT_ONCE, &cursor);
        rows.extend(found.rows);
        match found.next {
            Some(next) => before = Some(next),
            None => return Ok(rows),
        }
    }
}

impl Visit {
    /// Where the page begins that the link to it names.
    pub(super) fn before<C: FromStr>(&self, field: &str) -> Option<C> {
        self.query.filled(field)?.parse().ok()
    }
}
