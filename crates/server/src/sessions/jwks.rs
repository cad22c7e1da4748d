//! The public keys with which session tokens can be checked offline: a JWK set (RFC 7517 §5).

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;

/// The public halves of the signing keys, newest first. An old one stays until all its tokens have
/// ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JsonWebKeySet")]
pub(crate) struct KeySet {
    keys: Vec<PublicKey>,
}

/// An Ed25519 public key (RFC 8037 §2).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JsonWebKey")]
struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    /// Its thumbprint (RFC 7638), which tokens name.
    kid: String,
    /// The key in base64url.
    x: String,
}

/// The set as it is now.
pub(crate) fn key_set(app: &App) -> KeySet {
    let keyring = app.engine.keyring();
    let public = keyring.signing().iter().map(|key| PublicKey {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        r#use: "sig",
        kid: key.id().to_owned(),
        x: key.public(),
    });
    KeySet {
        keys: public.collect(),
    }
}
