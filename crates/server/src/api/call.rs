//! One call of an operation by a checked caller.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use keystile_core::model::Personal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use crate::app::{App, Caller};
use crate::manage::{Request, Work};
use crate::problem::{FieldError, Problem};
use crate::request_id::RequestName;

/// What a handler gets.
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    pub(crate) operation: &'static str,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request: RequestName,
    pub(crate) personal: Personal,
}

impl Call {
    /// The use-case side of this call.
    pub(crate) fn work(&self) -> Work<'_> {
        Work::new(&self.app, &self.caller, self.request())
    }

    /// What is known of the request.
    pub(crate) fn request(&self) -> Request {
        let personal = Some(self.personal.clone());
        Request {
            id: Some(self.request.id),
            personal,
            idempotency: None,
        }
    }

    /// A path parameter; one that cannot be an id names nothing.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.text(name)
            .parse()
            .map_err(|_| Problem::not_found(name))
    }

    /// A path parameter as text.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The body as `T`.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        body::parse(&self.headers, &self.body)
    }

    /// The body as `T`, where it may be left out.
    pub(crate) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.is_empty() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    /// The version that `If-Match` names: the one the caller has read.
    pub(crate) fn expected_version(&self) -> Result<Option<u64>, Problem> {
        let Some(value) = self.headers.get(http::header::IF_MATCH) else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(None);
        }
        let version = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let version = version.and_then(|text| text.parse().ok());
        version
            .map(Some)
            .ok_or_else(|| Problem::bad_request("If-Match is no ETag of ours"))
    }

    /// The query as `T`; unknown and repeated parameters are refused.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut fields = Map::new();
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if fields.insert(name.clone(), scalar(value)).is_some() {
                return Err(Problem::bad_request(format!(
                    "the parameter {name} stands twice"
                )));
            }
        }
        body::from_value(Value::Object(fields)).map_err(|problem| {
            let in_query = |error: &FieldError| FieldError {
                pointer: format!("?{}", error.pointer.trim_start_matches('/')),
                message: error.message.clone(),
            };
            Problem::invalid(problem.errors.iter().map(in_query).collect())
        })
    }
}

/// A query parameter as the JSON that it stands for: numbers and booleans as such.
fn scalar(value: String) -> Value {
    match value.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        digits
            if digits.len() < 10
                && digits.parse::<u32>().is_ok_and(|n| n.to_string() == digits) =>
        {
            digits.parse::<u32>().map_or(Value::Null, Value::from)
        }
        _ => Value::String(value),
    }
}

/// Undoes percent-encoding and `+` (the form that browsers and clients send queries in).
pub(crate) fn decoded(text: &str) -> Result<String, Problem> {
    let broken = || Problem::bad_request("the address has a broken percent-encoding");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit().ok_or_else(broken)?, digit().ok_or_else(broken)?);
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| broken())?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// Reads a cursor.
pub(crate) fn cursor<T: FromStr<Err: Display>>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    cursor
        .map(|text| {
            text.parse().map_err(|_| {
                Problem::bad_request("this is no cursor; take it from next_cursor of the last page")
            })
        })
        .transpose()
}
