//! What goes on beside requests: keeping the index at the head of the journal.

mod load;
mod refresh;

pub use load::{LoadError, load};
pub use refresh::follow;
