//! What goes on beside requests: keeping the index at the head of the journal and digests under
//! the current pepper, writing down what keys were used for, and what credits do by themselves.

mod credits;
mod exposure;
mod load;
mod refresh;
mod rehash;
mod sealed;
mod signing;
mod uses;

pub use credits::keep_credits;
pub use exposure::mark_exposed;
pub use load::{Background, LoadError, Loaded, load};
pub use refresh::follow;
pub use rehash::rehash_used;
pub use sealed::destroy_left_secrets;
pub use signing::retire_signing_keys;
pub(crate) use uses::{Uses, write_uses_down};
