//! Every test goes through a door that users have. The tree of files follows the tree of
//! addresses; `house.rs` is the server under test.

mod coverage;
mod faults;
mod front_door;
mod house;
mod kept_open;
mod lists;
mod moving_in;
mod revoked_means_revoked;
mod story;
mod verify;
