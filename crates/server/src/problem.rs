//! Answers that say what was wrong: RFC 9457 problem details.
//!
//! The public half (status, code, words, fields) is sent; the private half is only ever logged.
//! Neither repeats anything that may be a key, wherever a client has put it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::StatusCode;
use keystile_core::key::{RandomError, masked};
use keystile_store::{CommitError, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

/// The code of a grant that is made once and was made by somebody else.
pub(crate) const ALREADY_GRANTED: &str = "already_granted";

/// An answer other than success.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// A stable word for programs.
    pub(crate) code: &'static str,
    /// What was wrong and what to do, for people.
    pub(crate) detail: String,
    /// What is wrong with which field.
    pub(crate) errors: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub(crate) retry_after: Option<u32>,
    /// For the log only.
    pub(crate) private: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FieldError {
    /// Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter.
    pub(crate) pointer: String,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

/// The body of an answer other than success (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemBody<'a> {
    /// Always `about:blank`: the code says which problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// A stable word for programs.
    code: &'a str,
    /// What was wrong and what to do.
    detail: &'a str,
    /// The request, as the log knows it.
    request_id: &'a str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    errors: Vec<FieldError>,
}

/// The body of a refusal that any page may read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Refusal")]
pub(crate) struct RefusalBody<'a> {
    /// A stable word for programs.
    pub(crate) code: &'a str,
    /// The request, as the log knows it.
    pub(crate) request_id: &'a str,
}

impl FieldError {
    /// Something wrong at `pointer`.
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
        }
    }
}

impl Problem {
    /// A problem of that status and code.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (errors, retry_after, private) = (Vec::new(), None, None);
        Self {
            status,
            code,
            detail: detail.into(),
            errors,
            retry_after,
            private,
        }
    }

    /// The request cannot be read as what it claims to be.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// The request can be read, and asks for something that cannot be.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.pointer, only.message),
            many => format!("{} fields are wrong; see errors", many.len()),
        };
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail);
        Self { errors, ..problem }
    }

    /// One field is wrong.
    pub(crate) fn field(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(pointer, message)])
    }

    /// There is no such thing, or none that the caller may know of: the same words for both.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// The state of things does not allow it.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The caller is known, and may not do this.
    pub(crate) fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// It cannot be answered now; nothing was changed unless `detail` says otherwise.
    pub(crate) fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self {
            retry_after: Some(1),
            ..problem
        }
    }

    /// Adds what only the log may know.
    #[must_use]
    pub(crate) fn because(self, private: impl fmt::Display) -> Self {
        Self {
            private: Some(masked(&private.to_string()).into_owned()),
            ..self
        }
    }

    /// The body as JSON.
    pub(crate) fn to_json(&self, request_id: &str) -> Vec<u8> {
        let shown =
            |error: &FieldError| FieldError::new(masked(&error.pointer), masked(&error.message));
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &masked(&self.detail),
            request_id,
            errors: self.errors.iter().map(shown).collect(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::unavailable(
                "store_unavailable",
                "the database does not answer; try again",
            )
            .because(error),
            StoreError::Tampered { .. } => Self::unavailable(
                "row_refused",
                "a row that this rests on is not as Keystile wrote it, so it is refused; \
                 `keystile audit verify` names it",
            )
            .because(error),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Conflict(subject) => Self::conflict(
                "changed_meanwhile",
                format!("{subject} was changed by somebody else; read it again and retry"),
            ),
            CommitError::Taken { field: "occasion" } => Self::conflict(
                ALREADY_GRANTED,
                "somebody else has just made this grant, which is made once",
            ),
            CommitError::Taken { field } => Self::conflict(
                "already_exists",
                format!("the {field} is taken; choose another, or change the one that has it"),
            ),
            CommitError::TooManyKeys { at_most } => Self::conflict(
                "too_many_keys",
                format!("at most {at_most} active keys are allowed here; revoke one first"),
            ),
            CommitError::TooManyCredits { room } => Self::conflict(
                "too_many_credits",
                format!("at most {room} credits more can be granted to this organization"),
            ),
            CommitError::NoOwner => Self::conflict(
                "last_owner",
                "the installation keeps an owner: make somebody else one first",
            ),
            CommitError::HasOwner => Self::conflict(
                "has_owner",
                "the installation has an owner already: sign in, or have yourself invited",
            ),
            CommitError::IdempotencyTaken => Self::conflict(
                "idempotency_key_in_flight",
                "a request with this Idempotency-Key is being worked on; ask again in a moment",
            ),
            CommitError::NotWritten(_) => {
                Self::unavailable("not_written", "nothing was changed; try again").because(error)
            }
            CommitError::Unknown(_) => Self::unavailable(
                "outcome_unknown",
                "it is not known whether the change was written; look before you repeat it",
            )
            .because(error),
            CommitError::Tampered { .. } => Self::unavailable(
                "row_refused",
                "a row that this changes is not as Keystile wrote it, so nothing was changed; \
                 `keystile audit verify` names it",
            )
            .because(error),
        }
    }
}

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        Self::unavailable("no_randomness", "no key could be made; nothing was changed")
            .because(error)
    }
}

/// A bug in one request must not end others.
pub(crate) fn unwinding<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken()))
}

pub(crate) fn broken() -> Problem {
    let detail = "this is a mistake of Keystile's; the log has more under the request's id";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x08_a_panic_ends_one_request_with_500_and_tells_nothing() {
        let refused = unwinding::<()>(|| panic!("sk_live_oZXPq7Bv2mKd")).unwrap_err();
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!refused.detail.contains("oZXP") && refused.private.is_none());
        assert!(unwinding(|| Ok(())).is_ok());
    }
}
