//! What operations answer.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

mod credits;
mod environments;
mod installation;
mod keys;
mod organizations;
mod own_key;
mod products;
mod projects;
mod sessions;
mod verify;

pub use credits::*;
pub use environments::*;
pub use installation::*;
pub use keys::*;
pub use organizations::*;
pub use own_key::*;
pub use products::*;
pub use projects::*;
pub use sessions::*;
pub use verify::*;
