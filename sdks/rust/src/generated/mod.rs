//! The parts that follow from the interface description.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

pub(crate) mod bodies;
pub(crate) mod resources;
pub(crate) mod types;
