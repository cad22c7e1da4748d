//! The SQL for single rows of a table of records.

use super::arrivals::FUNCTION;

/// The statements of a table, put together once.
pub(super) struct Statements {
    /// `t.a, t.b, …, t.tag` for a table or an alias `t`.
    pub(super) columns: String,
    /// Reads the row with an identity.
    pub(super) one: String,
    /// Hands the rows whose `rowid` lies in a range to [`FUNCTION`].
    pub(super) range: String,
    /// Writes a new row.
    pub(super) insert: String,
    /// Writes all but the identity of a row.
    pub(super) update: String,
    /// Removes a row.
    pub(super) delete: String,
}

impl Statements {
    /// Those of the table of that name, of whose columns so many are the identity.
    pub(super) fn of(name: &str, columns: &[&str], identity: usize) -> Self {
        let (ids, rest) = columns.split_at_checked(identity).unwrap_or((columns, &[]));
        let numbered = |names: &[&str], first: usize, between: &str| {
            let terms = names.iter().zip(first..);
            let terms: Vec<_> = terms.map(|(name, at)| format!("{name} = ?{at}")).collect();
            terms.join(between)
        };
        let matches = numbered(ids, 1, " AND ");
        let listed: Vec<_> = columns.iter().map(|column| format!("t.{column}")).collect();
        let listed = listed.join(", ");
        let places: Vec<_> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        Self {
            one: format!("SELECT {listed} FROM {name} t WHERE {matches}"),
            range: format!(
                "SELECT {FUNCTION}({listed}, t.rowid) FROM {name} t \
                 WHERE t.rowid BETWEEN ?1 AND ?2 ORDER BY t.rowid"
            ),
            insert: format!(
                "INSERT INTO {name} ({}) VALUES ({})",
                columns.join(", "),
                places.join(", ")
            ),
            update: format!(
                "UPDATE {name} SET {} WHERE {matches}",
                numbered(rest, identity + 1, ", ")
            ),
            delete: format!("DELETE FROM {name} WHERE {matches}"),
            columns: listed,
        }
    }
}
