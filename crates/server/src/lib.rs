#![doc = include_str!("../README.md")]

mod api;
mod app;
pub mod background;
pub mod client;
pub mod config;
mod console;
mod control;
mod embed;
mod front;
mod gzip;
mod hexadecimal;
pub mod installation;
mod manage;
mod metrics;
mod object;
mod openapi;
mod problem;
mod reference;
mod request_id;
mod sessions;
mod system;
#[cfg(test)]
mod testing;
mod verify;

pub use app::{App, Caller};
pub use control::describe_audit;
pub use front::{CONTROL_SOCKET, Running, StartError, start};
pub use manage::bootstrap::take_bootstrap_key;
pub use manage::people::setup_link;
pub use openapi::document as openapi_document;
pub use system::OsRandom;
