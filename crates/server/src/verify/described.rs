//! A verdict as the API description has it; the hot path writes it by hand (`answer.rs`).

use keystile_core::limit::Allowance;
use keystile_core::model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::possession::OwnSession;

/// The verdict about one key, with all that may be told.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VerifyAnswer {
    /// Whether the call may go on.
    valid: bool,
    /// A stable word: `ok`, or why not.
    code: String,
    /// The same for people.
    message: String,
    /// Since when the key does not work, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// The first scope that the key lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_scope: Option<String>,
    /// The key, when it is one of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<VerifiedKey>,
    /// The customer it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<VerifiedOrganization>,
    /// The project it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<VerifiedProject>,
    /// The environment it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<VerifiedEnvironment>,
    /// The session, when its token was presented in place of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<OwnSession>,
    /// What is left of the rate limit that has least left, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimitLeft>,
    /// The organization's credits of the key's mode, when the call was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<CreditsLeft>,
    /// Names the charge, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_id: Option<keystile_core::model::SpendId>,
    /// Each check's own result, when `explain` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckResult>>,
    /// The request, as the log knows it; in a batch it stands once, beside the results.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VerifiedKey {
    id: keystile_core::model::KeyId,
    kind: keystile_core::model::Kind,
    mode: keystile_core::model::Mode,
    name: String,
    preview: String,
    scopes: Vec<String>,
    metadata: Option<serde_json::Map<String, serde_json::Value>>,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VerifiedOrganization {
    id: keystile_core::model::OrganizationId,
    external_id: Option<String>,
    plan: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VerifiedProject {
    id: keystile_core::model::ProjectId,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VerifiedEnvironment {
    id: keystile_core::model::EnvironmentId,
    name: String,
}

/// What is left of an organization's credits.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CreditsLeft {
    /// How many can be spent.
    pub(super) remaining: u64,
}

/// What is left of a rate limit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RateLimitLeft {
    /// How many calls its period has room for.
    limit: u32,
    /// How many more there may be now.
    remaining: u32,
    /// In how many seconds there is room for more; 0 when nothing counts.
    reset_seconds: u32,
}

impl From<Allowance> for RateLimitLeft {
    fn from(left: Allowance) -> Self {
        Self {
            limit: left.limit,
            remaining: left.remaining,
            reset_seconds: left.reset_seconds,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct CheckResult {
    check: String,
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}
