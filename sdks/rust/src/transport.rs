//! Carries calls out: in bounded time, and repeated where that can do no harm.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::{Body, Credential, Given, Operation};
use crate::connection::Connection;
use crate::errors::{ApiError, ConfigurationError, Error, KeyFormatCode, KeyFormatError};
use crate::secret::{Secret, masked};
use crate::types::FieldError;

/// In bytes: longer than any answer of Keystile.
const LONGEST_ANSWER: usize = 16 << 20;

/// Carries calls out.
pub(crate) struct Caller {
    pub(crate) base: String,
    pub(crate) operator_key: Option<Secret>,
    pub(crate) connection: Connection,
    /// For calls that are given no other.
    pub(crate) timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) retry_delay: Duration,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl Caller {
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        given: &Given,
    ) -> Result<T, Error> {
        let request = self.prepare(operation, given)?;
        let after = given.timeout.unwrap_or(self.timeout);
        let tries = self.with_tries(&request, operation);
        let Ok(content) = tokio::time::timeout(after, tries).await else {
            return Err(Error::Timeout { after });
        };
        let content = content?;
        let is_object = content.trim_ascii_start().starts_with(b"{");
        let answer = serde_json::from_slice(&content).ok();
        let answer = answer.filter(|_| is_object);
        answer.ok_or_else(|| self.garbage(StatusCode::OK))
    }

    async fn with_tries(
        &self,
        request: &Request<Full<Bytes>>,
        operation: &Operation,
    ) -> Result<Bytes, Error> {
        let can_repeat = operation.is_safe || operation.takes_idempotency_key;
        let mut tries = 0;
        loop {
            match self.once(request.clone()).await {
                Err(error) if can_repeat && tries < self.max_retries && is_passing(&error) => {
                    tokio::time::sleep(self.wait(tries)).await;
                    tries += 1;
                }
                ended => return ended,
            }
        }
    }

    /// Twice as long each time, and never quite the same for all who wait.
    fn wait(&self, tries: u32) -> Duration {
        let [random] = random().unwrap_or_default();
        let share = 0.5 + f64::from(random) / 512.0;
        let wait = self.retry_delay.saturating_mul(1 << tries.min(10));
        wait.mul_f64(share)
    }

    fn prepare(&self, operation: &Operation, given: &Given) -> Result<Request<Full<Bytes>>, Error> {
        let target = format!("{}{}", self.base, operation.target()?);
        let mut request = Request::builder()
            .method(operation.verb.clone())
            .uri(target);
        if let Some(headers) = request.headers_mut() {
            self.head(operation, given, headers)?;
        }
        let (kind, content) = match &operation.body {
            Body::None => (None, Vec::new()),
            Body::Json(Ok(content)) => (Some("application/json"), content.clone()),
            Body::Json(Err(why)) => {
                let message = format!("the body cannot be written as JSON: {why}");
                return Err(ConfigurationError::new(message).into());
            }
            Body::Manifest(text) if text.trim_start().starts_with('{') => {
                (Some("application/json"), text.clone().into_bytes())
            }
            Body::Manifest(text) => (Some("application/toml"), text.clone().into_bytes()),
        };
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(content.into()));
        request.map_err(|_| ConfigurationError::new("url is not an address").into())
    }

    fn head(
        &self,
        operation: &Operation,
        given: &Given,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let credential = match &operation.credential {
            Credential::Operator => self.operator_key.as_ref(),
            Credential::Holder(key) => Some(key),
            Credential::Nobody => None,
        };
        if let Some(key) = credential {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        let text = |name: &str, value: &str| {
            let value = HeaderValue::from_str(value);
            let message = format!("{name} has characters that cannot stand in a header");
            value.map_err(|_| ConfigurationError::new(message))
        };
        if operation.takes_idempotency_key
            && let Some(key) = given.idempotency_key.clone().or_else(idempotency_key)
        {
            headers.insert("idempotency-key", text("idempotency_key", &key)?);
        }
        if let Some(origin) = &given.origin {
            headers.insert(ORIGIN, text("origin", origin)?);
        }
        Ok(())
    }

    async fn once(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Error> {
        let unreachable = || Error::Connection {
            url: self.base.clone(),
        };
        let answer = self.connection.send(request).await;
        let (head, body) = answer.map_err(|_| unreachable())?.into_parts();
        let content = match Limited::new(body, LONGEST_ANSWER).collect().await {
            Ok(content) => content.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(Error::unexpected("longer than any answer of Keystile"));
            }
            Err(_) => return Err(unreachable()),
        };
        if head.status.is_success() {
            Ok(content)
        } else if head.status.is_redirection() {
            let base = &self.base;
            let what = format!("{base} redirects elsewhere; nothing is sent there: check url");
            Err(Error::unexpected(what))
        } else {
            Err(self.problem(head.status, &head.headers, &content))
        }
    }

    fn problem(&self, status: StatusCode, headers: &HeaderMap, content: &[u8]) -> Error {
        let seconds = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let retry_after = seconds.and_then(|seconds| seconds.parse().ok());
        let told = serde_json::from_slice::<Told>(content).ok();
        let told = match told.filter(|told| !told.code.is_empty()) {
            Some(told) => told,
            None if is_passing_status(status.as_u16()) => Told {
                code: "undecided".into(),
                detail: "something between here and Keystile answered in its place".into(),
                ..Told::default()
            },
            None => return self.garbage(status),
        };
        Error::from(Box::new(ApiError {
            status: status.as_u16(),
            code: masked(&told.code),
            detail: masked(&told.detail),
            request_id: masked(&told.request_id),
            errors: told.errors.into_iter().map(masked_field).collect(),
            retry_after: retry_after.map(Duration::from_secs),
        }))
    }

    fn garbage(&self, status: StatusCode) -> Error {
        let (base, status) = (&self.base, status.as_u16());
        Error::unexpected(format!(
            "{base} does not answer as Keystile does (status {status}): check url"
        ))
    }
}

/// What is read of a problem, whatever is missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    code: String,
    detail: String,
    request_id: String,
    errors: Vec<FieldError>,
}

fn masked_field(mut field: FieldError) -> FieldError {
    field.message = masked(&field.message);
    field
}

/// What cannot stand in a header is no key, and must not be shown by whoever refuses it.
fn bearer(key: &Secret) -> Result<HeaderValue, KeyFormatError> {
    let wrong = || KeyFormatError {
        code: KeyFormatCode::Character,
        message: "the key has characters that no key has".into(),
    };
    let key = key.reveal();
    if !is_visible(key) {
        return Err(wrong());
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a text has nothing but visible characters of ASCII.
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_passing(error: &Error) -> bool {
    match error {
        Error::Connection { .. } => true,
        Error::Api(problem) => is_passing_status(problem.status),
        _ => false,
    }
}

fn is_passing_status(status: u16) -> bool {
    matches!(status, 502..=504)
}

/// One that nobody had before; `None` when the system has no randomness, and then a call is not
/// known again.
pub(crate) fn idempotency_key() -> Option<String> {
    let random = random::<16>()?;
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}
