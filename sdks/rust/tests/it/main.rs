//! The SDK against a real Keystile, and against servers that misbehave.

mod decisions;
mod fake;
mod installation;
mod keys;
mod manage;
mod middleware;
mod package;
mod refusals;
mod sessions;
mod transport;
mod verify;
