//! Operations about own key.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::transport::Caller;
use crate::types::{OwnKey, OwnKeyEnded};
use http::Method;
use std::sync::Arc;

/// Operations about own key.
#[derive(Debug, Clone)]
pub struct OwnKeyResource {
    pub(crate) api: Arc<Caller>,
}

impl OwnKeyResource {
    /// What the key that is sent may do.
    ///
    /// Send the key itself as `Authorization: Bearer` or `X-API-Key`. Asking is counted against no rate limit.
    pub fn get(&self, key: &str) -> Call<OwnKey> {
        let operation = Operation::new(Method::GET, "/v1/keys/self", &[]).holder(key);
        Call::of(&self.api, operation)
    }

    /// Revoke the secret key that is sent.
    ///
    /// For good, as soon as this answers: for whoever finds a key where it should not be. 403 `publishable_key` for publishable keys, which anybody can read in a page.
    pub fn revoke(&self, key: &str) -> Call<OwnKeyEnded> {
        let operation = Operation::new(Method::POST, "/v1/keys/self/revoke", &[]).holder(key);
        Call::of(&self.api, operation)
    }
}
