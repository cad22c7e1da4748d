//! What operations answer that are about verify.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::CreditsLeft;
use crate::types::Kind;
use crate::types::Mode;
use crate::types::RateLimitLeft;
use crate::types::Session;
use crate::words::words;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

words! {
/// Which modes a verify accepts.
ModeFilter {
/// Live keys only.
Live => "live",
/// Test keys only.
Test => "test",
/// Both: the caller has said that it does not matter.
Any => "any",
}
}

/// The verdict about one key, with all that may be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifyAnswer {
    /// Whether the call may go on.
    pub valid: bool,
    /// A stable word: `ok`, or why not.
    pub code: String,
    /// The same for people.
    pub message: String,
    /// Since when the key does not work, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The first scope that the key lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_scope: Option<String>,
    /// The key, when it is one of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<VerifiedKey>,
    /// The customer it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<VerifiedOrganization>,
    /// The project it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<VerifiedProject>,
    /// The environment it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<VerifiedEnvironment>,
    /// The session, when its token was presented in place of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// What is left of the rate limit that has least left, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitLeft>,
    /// The organization's credits of the key's mode, when the call was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<CreditsLeft>,
    /// Names the charge, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_id: Option<String>,
    /// Each check's own result, when `explain` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckResult>>,
    /// The request, as the log knows it; in a batch it stands once, beside the results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifiedKey {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its mode.
    pub mode: Mode,
    /// Its name.
    pub name: String,
    /// Its preview.
    pub preview: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When it was expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifiedOrganization {
    /// Its id.
    pub id: String,
    /// Its external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifiedProject {
    /// Its id.
    pub id: String,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifiedEnvironment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckResult {
    /// Its check.
    pub check: String,
    /// Its passed.
    pub passed: bool,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
