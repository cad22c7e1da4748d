//! What goes on beside requests: keeping the index at the head of the journal, and digests
//! under the current pepper.

mod load;
mod refresh;
mod rehash;
mod signing;

pub use load::{Background, LoadError, Loaded, load};
pub use refresh::follow;
pub use rehash::rehash_used;
pub use signing::retire_signing_keys;
