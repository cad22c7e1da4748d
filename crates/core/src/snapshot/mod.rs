//! The in-memory index: every key by its digest, kept current by the journal.
//!
//! It is filled once at start and then changed in place, one journal row at a time; applying a
//! change never copies it. Readers take no lock. It knows nothing of where records come from.

mod apply;
mod entry;
mod index;
mod node;
mod state;
mod table;

pub use apply::{Applied, ApplyProblem};
pub use entry::{KeyEntry, Standing};
pub use index::{Found, Index, Products};
pub use node::{
    EnvironmentNode, OrganizationDetails, OrganizationNode, Policy, ProductNode, ProjectNode,
};
