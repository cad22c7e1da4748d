//! The in-memory index: every key by its digest, kept current by the journal.
//!
//! It is filled once at start and then changed in place, one journal row at a time; applying a
//! change never copies it. Readers take no lock. It knows nothing of where records come from.

mod apply;
mod entry;
mod grants;
mod ids;
mod index;
mod node;
mod policy;
mod segments;
mod state;
mod table;
mod terms;
mod text;

pub use apply::{Applied, ApplyProblem};
pub use entry::KeyEntry;
pub use index::{Found, Index, Products};
pub use node::{CurrentRules, EnvironmentNode, OrganizationDetails, ProductNode};
pub use terms::{Standing, Terms};
