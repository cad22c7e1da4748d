//! Calls: what is asked, and how one call may differ from others.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::errors::{ConfigurationError, Error};
use crate::secret::Secret;
use crate::transport::Caller;

/// The answer of a [`Call`], once it comes.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A call that is made when it is awaited.
///
/// ```no_run
/// # use std::time::Duration;
/// # use keystile_sdk::{Client, Error, types::CreateOrganization};
/// # async fn example(client: Client) -> Result<(), Error> {
/// let body = CreateOrganization::new("keepem", "Riverside Concerts");
/// let call = client.organizations().create(body).idempotency_key("signup-17");
/// let created = call.timeout(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct Call<T> {
    given: Given,
    make: Box<dyn FnOnce(Given) -> Answer<T> + Send>,
}

/// How one call differs from others.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) origin: Option<String>,
}

impl<T> Call<T> {
    pub(crate) fn new(make: impl FnOnce(Given) -> Answer<T> + Send + 'static) -> Self {
        let (given, make) = (Given::default(), Box::new(make));
        Self { given, make }
    }

    /// Bounds the call with all its tries, in place of the client's own bound.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.given.timeout = Some(timeout);
        self
    }

    /// By what a repetition of a creating call is known for 24 hours. One is made up when this is
    /// left out, so that the call can be tried again when the network fails.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.given.idempotency_key = Some(key.into());
        self
    }

    /// Names the page that a session is made for: only for `sessions().create`.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.given.origin = Some(origin.into());
        self
    }
}

impl<T: DeserializeOwned + 'static> Call<T> {
    /// A call whose answer is told as it came.
    pub(crate) fn of(api: &Arc<Caller>, operation: Operation) -> Self {
        let api = Arc::clone(api);
        Self::new(move |given| Box::pin(async move { api.send(&operation, &given).await }))
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Answer<T>;

    fn into_future(self) -> Self::IntoFuture {
        (self.make)(self.given)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}

/// One operation of the API, as the generated part describes it.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) verb: Method,
    /// Filled in, or what is wrong with one of its parts.
    pub(crate) path: Result<String, ConfigurationError>,
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Body,
    pub(crate) credential: Credential,
    pub(crate) takes_idempotency_key: bool,
    /// Trying again cannot do any harm.
    pub(crate) is_safe: bool,
}

/// What is sent.
#[derive(Clone)]
pub(crate) enum Body {
    None,
    /// JSON, or what was wrong with what should become it.
    Json(Result<Vec<u8>, String>),
    /// Sent as TOML, or as JSON when it is an object.
    Manifest(String),
}

/// Who calls.
#[derive(Clone)]
pub(crate) enum Credential {
    Operator,
    /// The holder of a key, with that key.
    Holder(Secret),
    Nobody,
}

impl Operation {
    /// With the variable parts of the path. An empty one, or one of dots, would lead elsewhere.
    pub(crate) fn new(verb: Method, template: &str, parts: &[(&str, &str)]) -> Self {
        let fill = |path: String, (name, value): &(&str, &str)| match *value {
            "" | "." | ".." => Err(ConfigurationError::new(format!(
                "{name} is empty or made of dots"
            ))),
            value => Ok(path.replace(&format!("{{{name}}}"), &escaped(value))),
        };
        Self {
            is_safe: verb == Method::GET,
            verb,
            path: parts.iter().try_fold(template.to_owned(), fill),
            query: Map::new(),
            body: Body::None,
            credential: Credential::Operator,
            takes_idempotency_key: false,
        }
    }

    pub(crate) fn body(mut self, body: impl Serialize) -> Self {
        self.body = Body::Json(serde_json::to_vec(&body).map_err(|error| error.to_string()));
        self
    }

    pub(crate) fn manifest(mut self, manifest: impl Into<String>) -> Self {
        self.body = Body::Manifest(manifest.into());
        self
    }

    pub(crate) fn query(mut self, query: impl Serialize) -> Self {
        if let Ok(Value::Object(fields)) = serde_json::to_value(query) {
            self.query = fields;
        }
        self
    }

    pub(crate) fn holder(mut self, key: &str) -> Self {
        self.credential = Credential::Holder(Secret::new(key));
        self
    }

    pub(crate) fn public(mut self) -> Self {
        self.credential = Credential::Nobody;
        self
    }

    pub(crate) fn with_idempotency_key(mut self) -> Self {
        self.takes_idempotency_key = true;
        self
    }

    pub(crate) fn safe(mut self, is_safe: bool) -> Self {
        self.is_safe = is_safe;
        self
    }

    /// Path and query, as they stand in a request.
    pub(crate) fn target(&self) -> Result<String, ConfigurationError> {
        let mut target = self.path.clone()?;
        for (at, (name, value)) in self.query.iter().enumerate() {
            let value = match value {
                Value::String(text) => escaped(text),
                other => escaped(&other.to_string()),
            };
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{name}={value}"));
        }
        Ok(target)
    }
}

/// Percent-encoded (RFC 3986 §2.1), but for what may stand anywhere.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
