#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

// Under the name by which the tests know it, whose rooms its own tests share.
#[cfg(test)]
extern crate self as keystile_core;

pub mod bytes;
pub mod credit;
pub mod decision;
pub mod engine;
mod ids;
pub mod key;
pub mod limit;
pub mod manifest;
pub mod model;
mod near;
pub mod policy;
pub mod request;
mod segments;
pub mod session;
pub mod snapshot;
