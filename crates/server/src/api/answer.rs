//! What a handler answers with.

use http::StatusCode;
use serde::Serialize;

use super::flow::Body;

/// A success.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// What it is.
    pub(crate) media: &'static str,
    /// All of it, or how it comes.
    pub(crate) body: Body,
    /// The version of what it shows, for `ETag`.
    pub(crate) version: Option<u64>,
    /// Whether it repeats what an earlier request did.
    pub(crate) replayed: bool,
    /// Under which name a browser keeps it.
    pub(crate) file_name: Option<String>,
}

impl Answer {
    /// 200 with this as JSON.
    pub(crate) fn ok(value: &impl Serialize) -> Self {
        Self::with(StatusCode::OK, value)
    }

    /// 201 with this as JSON.
    pub(crate) fn created(value: &impl Serialize) -> Self {
        Self::with(StatusCode::CREATED, value)
    }

    /// Any status with this as JSON.
    pub(crate) fn with(status: StatusCode, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self {
            status,
            media: "application/json",
            body: body.into(),
            version: None,
            replayed: false,
            file_name: None,
        }
    }

    /// 200 with CSV (RFC 4180) that begins with a line of names. The name of the file is plain
    /// ASCII without quotes.
    pub(crate) fn csv(file_name: String, body: Body) -> Self {
        Self {
            status: StatusCode::OK,
            media: "text/csv; charset=utf-8; header=present",
            body,
            version: None,
            replayed: false,
            file_name: Some(file_name),
        }
    }

    /// Names the version that is shown.
    pub(crate) fn version(self, seq: u64) -> Self {
        Self {
            version: Some(seq),
            ..self
        }
    }

    /// Says that an earlier request did it.
    pub(crate) fn replayed(self) -> Self {
        Self {
            replayed: true,
            ..self
        }
    }
}
