//! The in-memory index: every key by its digest, kept current by the journal.
//!
//! It is filled once at start and then changed in place, one journal row at a time; applying a
//! change never copies it. Readers take no lock. It knows nothing of where records come from.

mod address;
mod apply;
mod brief;
mod cards;
mod cells;
mod environments;
mod grants;
mod identity;
mod index;
mod node;
mod numbers;
mod policy;
mod state;
mod table;
mod terms;
mod uses;

pub use address::CoarseAddress;
pub use apply::{Applied, ApplyProblem};
pub use identity::Identity;
pub(crate) use index::Search;
pub use index::{Found, Index, Products};
pub use node::{CurrentRules, EnvironmentNode, ProductNode};
pub(crate) use table::Value;
pub use terms::{Standing, Terms};
pub use uses::{Collected, LastUse};
