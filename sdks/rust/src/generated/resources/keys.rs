//! Operations about keys.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    AdoptKey, AdoptedKey, ChangeKey, ChangedKey, CreateKey, CreatedKey, EndedKey, GetKeyUsageQuery,
    ImportKeys, ImportedKeys, Key, ListEnvironmentKeysQuery, ListKeysQuery, RetireValue,
    RevealedKey, RotateKey, RotatedKey, Usage,
};
use http::Method;
use std::sync::Arc;

/// Operations about keys.
#[derive(Debug, Clone)]
pub struct KeysResource {
    pub(crate) api: Arc<Caller>,
}

impl KeysResource {
    /// Create a key.
    ///
    /// The secret of a secret key is in this answer and nowhere else.
    ///
    /// Needs the scope `keys:write`.
    pub fn create(&self, environment: &str, body: CreateKey) -> Call<CreatedKey> {
        let operation = Operation::new(
            Method::POST,
            "/v1/environments/{environment}/keys",
            &[("environment", environment)],
        )
        .body(body)
        .with_idempotency_key();
        Call::of(&self.api, operation)
    }

    /// List the keys of an environment.
    ///
    /// Newest first; deleted keys are not listed.
    ///
    /// Needs the scope `keys:read`.
    pub fn list_in_environment(
        &self,
        environment: &str,
        query: ListEnvironmentKeysQuery,
    ) -> Pages<Key> {
        let operation = Operation::new(
            Method::GET,
            "/v1/environments/{environment}/keys",
            &[("environment", environment)],
        )
        .query(query);
        Pages::of(&self.api, operation)
    }

    /// Adopt a key that another system has just accepted.
    ///
    /// From then on it is verified here like any other, and the other system need not be asked again. Adopting it again answers the same key and changes nothing, so that no Idempotency-Key is needed.
    ///
    /// Needs the scope `keys:write`.
    pub fn adopt(&self, body: AdoptKey) -> Call<AdoptedKey> {
        let operation = Operation::new(Method::POST, "/v1/keys/adopt", &[]).body(body);
        Call::of(&self.api, operation)
    }

    /// Import keys of another system by their digests.
    ///
    /// Their texts need not be known: each goes on working as it is, until it is rotated. Importing the same rows again changes nothing.
    ///
    /// Needs the scope `keys:write`.
    pub fn import(&self, body: ImportKeys) -> Call<ImportedKeys> {
        let operation = Operation::new(Method::POST, "/v1/keys/import", &[]).body(body);
        Call::of(&self.api, operation)
    }

    /// List keys.
    ///
    /// Newest first; deleted keys are not listed.
    ///
    /// Needs the scope `keys:read`.
    pub fn list(&self, query: ListKeysQuery) -> Pages<Key> {
        let operation = Operation::new(Method::GET, "/v1/keys", &[]).query(query);
        Pages::of(&self.api, operation)
    }

    /// Show a key.
    ///
    /// `effective` is the proof that the last change which took rights away is in force.
    ///
    /// Needs the scope `keys:read`.
    pub fn get(&self, key: &str) -> Call<ChangedKey> {
        let operation = Operation::new(Method::GET, "/v1/keys/{key}", &[("key", key)]);
        Call::of(&self.api, operation)
    }

    /// Change a key.
    ///
    /// What takes rights away is in force on every node when this answers, and `effective` proves it. With `If-Match`, a key that has changed since is left alone (412).
    ///
    /// Needs the scope `keys:write`.
    pub fn update(&self, key: &str, body: ChangeKey) -> Call<ChangedKey> {
        let operation = Operation::new(Method::PATCH, "/v1/keys/{key}", &[("key", key)]).body(body);
        Call::of(&self.api, operation)
    }

    /// Revoke a key and remove it from lists.
    ///
    /// Its history stays.
    ///
    /// Needs the scope `keys:write`.
    pub fn delete(&self, key: &str) -> Call<EndedKey> {
        let operation = Operation::new(Method::DELETE, "/v1/keys/{key}", &[("key", key)]);
        Call::of(&self.api, operation)
    }

    /// Give a key a new value.
    ///
    /// Id, name and rights stay. Rotating again during a grace ends the oldest value.
    ///
    /// Needs the scope `keys:write`.
    pub fn rotate(&self, key: &str, body: RotateKey) -> Call<RotatedKey> {
        let operation =
            Operation::new(Method::POST, "/v1/keys/{key}/rotate", &[("key", key)]).body(body);
        Call::of(&self.api, operation)
    }

    /// Shorten or end the grace of a key's old value.
    ///
    /// After a rotation with grace: the old value ends now, or earlier than was said. Asking again changes nothing and proves the same.
    ///
    /// Needs the scope `keys:write`.
    pub fn retire(&self, key: &str, body: RetireValue) -> Call<ChangedKey> {
        let operation =
            Operation::new(Method::POST, "/v1/keys/{key}/retire", &[("key", key)]).body(body);
        Call::of(&self.api, operation)
    }

    /// Show a recoverable secret again.
    ///
    /// Only where the product's manifest says `reveal = "recoverable"`. The audit log says who saw it before the answer does. 409 `not_recoverable` where there is nothing to show, `key_is_revoked` where there is nothing any more.
    ///
    /// Needs the scope `keys:write`.
    pub fn reveal(&self, key: &str) -> Call<RevealedKey> {
        let operation = Operation::new(Method::POST, "/v1/keys/{key}/reveal", &[("key", key)]);
        Call::of(&self.api, operation)
    }

    /// Revoke a key for good.
    ///
    /// When this answers, no request that begins afterwards is allowed on any node. Asking again changes nothing and proves the same.
    ///
    /// Needs the scope `keys:write`.
    pub fn revoke(&self, key: &str) -> Call<EndedKey> {
        let operation = Operation::new(Method::POST, "/v1/keys/{key}/revoke", &[("key", key)]);
        Call::of(&self.api, operation)
    }

    /// Show how a key is used.
    ///
    /// Allowed and refused calls, up to this moment. Of calls with texts that are no key, only metrics know.
    ///
    /// Needs the scope `usage:read`.
    pub fn usage(&self, key: &str, query: GetKeyUsageQuery) -> Call<Usage> {
        let operation =
            Operation::new(Method::GET, "/v1/keys/{key}/usage", &[("key", key)]).query(query);
        Call::of(&self.api, operation)
    }
}
