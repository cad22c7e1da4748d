//! Whether a key is good for a call: hosts, web origins and address ranges, and the checks in
//! their order.
//!
//! Lists are checked once, when somebody stores them, with everything told that is wrong; matching
//! takes no memory.

mod evaluate;
pub mod host;
mod ip;
pub mod limits;
mod origin;

pub use evaluate::{CHECKS, Call, Case, Check, Destination};
pub use ip::IpList;
pub use origin::{OriginList, OriginRemark, same_origin};

/// Most entries that a list can have.
pub const LIST_MAX_ENTRIES: usize = 100;

/// An entry that a list cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EntryProblem {
    /// Its position; of a list that is too long, that of the first entry too many.
    pub index: usize,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// Reads all entries of a list, keeping each once; or tells every problem.
fn read_list<T: PartialEq>(
    entries: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Box<[T]>, Vec<EntryProblem>> {
    if entries.len() > LIST_MAX_ENTRIES {
        let message = format!(
            "{} entries are too many: at most {LIST_MAX_ENTRIES}",
            entries.len()
        );
        return Err(vec![EntryProblem {
            index: LIST_MAX_ENTRIES,
            message,
        }]);
    }
    let (mut kept, mut problems) = (Vec::new(), Vec::new());
    for (index, text) in entries.iter().enumerate() {
        match read(text) {
            Ok(entry) if kept.contains(&entry) => {}
            Ok(entry) => kept.push(entry),
            Err(message) => problems.push(EntryProblem { index, message }),
        }
    }
    if problems.is_empty() {
        Ok(kept.into())
    } else {
        Err(problems)
    }
}
