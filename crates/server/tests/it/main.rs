//! Every test goes through a door that users have. The tree of files follows the tree of
//! addresses; `house.rs` is the server under test.
#![expect(
    clippy::disallowed_methods,
    reason = "tests look at the real clock and environment"
)]

mod coverage;
mod front_door;
mod house;
mod revoked_means_revoked;
mod story;
mod verify;
