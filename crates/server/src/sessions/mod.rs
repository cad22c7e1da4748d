//! Sessions: a page's visitor gets a token for a few minutes, made with the page's publishable key.
//!
//! Who gets one is decided by the engine, like any call with that key; this room only asks, counts
//! and signs. It stores nothing: a token is all there is of a session.

mod create;
mod jwks;
mod limit;

pub(crate) use create::{CreatedSession, SessionRequest, create};
pub(crate) use jwks::{KeySet, key_set};
