//! Every test goes through a door that users have. The tree of files follows the tree of
//! addresses; `house.rs` is the server under test.

mod coverage;
mod credits;
mod decisions;
mod embed;
mod ends;
mod exposed;
mod faults;
mod front_door;
mod hands;
mod house;
mod kept_open;
mod lane;
mod lists;
mod moving_in;
mod own_key;
mod portal;
mod rate_limits;
mod reveal;
mod revoked_means_revoked;
mod session_limits;
mod session_tokens;
mod sessions;
mod signing_keys;
mod socket;
mod spend_caps;
mod spending;
mod story;
mod strangers;
mod systems;
mod uses;
mod verify;
