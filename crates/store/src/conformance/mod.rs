//! What every database must do, as plain functions over `&dyn Store`, and records to try it with.
//!
//! Each function expects an empty store and panics where a promise is broken, so a test is one
//! line. What needs the same database opened again is given a way to do so.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are the bodies of tests: a broken promise shall panic, and their names say all"
)]

pub mod sample;
