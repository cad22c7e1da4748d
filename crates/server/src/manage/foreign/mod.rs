//! Keys that another system made: taken over by their digests, or when they are first presented.
//!
//! Their texts are not kept, but for publishable keys that are adopted, and, sealed, secrets that are
//! adopted where secrets can be shown again. From then on they are keys like any other, until a rotation gives
//! them a value of ours.

mod adopt;
mod customers;
mod import;
mod names;
mod place;
mod row;
mod write;

pub(crate) use adopt::{Adopted, Adoption, adopt_key};
pub(crate) use import::{Import, MOST_ROWS, Outcome, import_keys};
pub(crate) use place::Ownership;
pub(crate) use row::ImportRow;
