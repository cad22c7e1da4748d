//! The binary as its users have it: started, killed, started again.
#![expect(
    clippy::disallowed_methods,
    reason = "tests look at the real clock and environment"
)]

mod accounts;
mod canary;
mod crash;
mod credits;
mod demo;
mod documents;
mod exhaustion;
mod key_material;
mod moving_in;
mod moving_in_at_work;
mod people;
mod process;
mod refusals;
mod settings;
mod shutdown;
mod tampering;
mod uses;
