//! Operations about sessions.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::transport::Caller;
use crate::types::{CreatedSession, JsonWebKeySet, SessionRequest};
use http::Method;
use std::sync::Arc;

/// Operations about sessions.
#[derive(Debug, Clone)]
pub struct SessionsResource {
    pub(crate) api: Arc<Caller>,
}

impl SessionsResource {
    /// Make a session for a visitor.
    ///
    /// For pages: send the publishable key as `Authorization: Bearer`. The token works wherever the key does, for a few minutes, from the same origin, and dies with its key. Pages of any origin may read why they are refused: refusals of the key have only `code` and `request_id`.
    pub fn create(&self, key: &str, body: SessionRequest) -> Call<CreatedSession> {
        let operation = Operation::new(Method::POST, "/v1/sessions", &[])
            .holder(key)
            .body(body);
        Call::of(&self.api, operation)
    }

    /// The public keys that session tokens are signed with.
    ///
    /// For checking tokens offline (RFC 7517). An old key stays until all its tokens have ended. May be kept for five minutes; a token that names another key is a reason to ask again.
    pub fn signing_keys(&self) -> Call<JsonWebKeySet> {
        let operation = Operation::new(Method::GET, "/.well-known/jwks.json", &[]).public();
        Call::of(&self.api, operation)
    }
}
