//! Every test goes through a door that users have. The tree of files follows the tree of
//! addresses; `house.rs` is the server under test.

mod coverage;
mod decisions;
mod exposed;
mod faults;
mod front_door;
mod hands;
mod house;
mod kept_open;
mod lists;
mod rate_limits;
mod revoked_means_revoked;
mod story;
mod systems;
mod uses;
mod verify;
