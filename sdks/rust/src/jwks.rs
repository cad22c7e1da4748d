//! The installation's public keys (RFC 7517): fetched, kept, and fetched again.

use std::collections::HashMap;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::call::{Given, Operation};
use crate::connection::Connection;
use crate::errors::{ConfigurationError, Error, SessionTokenCode, SessionTokenError};
use crate::transport::Caller;

/// Whoever makes up names of keys causes no more fetches than one in so many seconds.
const BETWEEN_FETCHES: i64 = 10;
/// Bytes of a public key (RFC 8037 §2).
const KEY: usize = 32;

/// By their names.
type Known = HashMap<String, Vec<u8>>;

/// The public keys, and when they were asked for.
pub(crate) struct PublicKeys {
    api: Caller,
    cache_for: Duration,
    /// Held while they are fetched, so that many tokens at once wait for one fetch.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Option<(Known, Timestamp)>,
    asked_at: Option<Timestamp>,
}

impl PublicKeys {
    pub(crate) fn new(
        url: String,
        timeout: Duration,
        cache_for: Duration,
    ) -> Result<Self, ConfigurationError> {
        let api = Caller {
            connection: Connection::to(&url)?,
            base: url,
            operator_key: None,
            timeout,
            max_retries: 0,
            retry_delay: Duration::ZERO,
        };
        let state = Mutex::default();
        Ok(Self {
            api,
            cache_for,
            state,
        })
    }

    /// The public key of that name. An unknown one may be new: the keys are fetched again, but not
    /// for every made-up name.
    pub(crate) async fn named(
        &self,
        name: &str,
        now: &(dyn Fn() -> Timestamp + Send + Sync),
    ) -> Result<Vec<u8>, Error> {
        let mut state = self.state.lock().await;
        let at = now();
        let is_fresh = |since: &Timestamp| at.duration_since(*since) < self.kept();
        let fresh = state.known.as_ref().filter(|(_, since)| is_fresh(since));
        let is_needed = match fresh {
            None => true,
            Some((known, _)) => !known.contains_key(name) && state.may_ask(at),
        };
        if is_needed {
            state.asked_at = Some(at);
            state.known = Some((self.fetch().await?, now()));
        }
        let known = state.known.as_ref().and_then(|(known, _)| known.get(name));
        let message = "the token was not signed by this installation, or its key has ended";
        let unknown = || SessionTokenError::new(SessionTokenCode::UnknownSigner, message);
        Ok(known.cloned().ok_or_else(unknown)?)
    }

    fn kept(&self) -> jiff::SignedDuration {
        jiff::SignedDuration::try_from(self.cache_for).unwrap_or_default()
    }

    async fn fetch(&self) -> Result<Known, Error> {
        let operation = Operation::new(Method::GET, "", &[]).public();
        let set = self.api.send::<Set>(&operation, &Given::default()).await?;
        let keys = set.keys.iter().filter_map(named_key);
        Ok(keys.collect())
    }
}

impl State {
    fn may_ask(&self, at: Timestamp) -> bool {
        let pause = jiff::SignedDuration::from_secs(BETWEEN_FETCHES);
        self.asked_at
            .is_none_or(|asked_at| at.duration_since(asked_at) >= pause)
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// A key for Ed25519 with its name; all others are passed over.
fn named_key(key: &Value) -> Option<(String, Vec<u8>)> {
    let text = |name: &str| key.get(name)?.as_str();
    if text("kty") != Some("OKP") || text("crv") != Some("Ed25519") {
        return None;
    }
    let raw = Base64UrlUnpadded::decode_vec(text("x")?).ok()?;
    (raw.len() == KEY).then_some((text("kid")?.to_owned(), raw))
}
