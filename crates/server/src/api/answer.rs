//! What a handler answers with.

use http::StatusCode;
use serde::Serialize;

/// A success.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its JSON.
    pub(crate) body: Vec<u8>,
    /// The version of what it shows, for `ETag`.
    pub(crate) version: Option<u64>,
    /// Whether it repeats what an earlier request did.
    pub(crate) replayed: bool,
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
            body,
            version: None,
            replayed: false,
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
