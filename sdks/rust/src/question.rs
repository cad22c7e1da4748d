//! Questions about keys.

use std::net::IpAddr;

use serde::Serialize;

use crate::secret::{Secret, sent};
use crate::types::ModeFilter;

/// A question about one key. How it is made says what is asked: about an operation, about scopes, or
/// only whose key it is. Printing it does not show the key.
///
/// ```
/// use keystile_sdk::Question;
///
/// let question = Question::operation("sk_test_…", "POST /v1/analyses").cost(3);
/// assert!(!format!("{question:?}").contains("sk_test_"));
/// ```
#[derive(Debug, Clone, Serialize)]
#[must_use]
pub struct Question {
    #[serde(serialize_with = "sent")]
    pub(crate) key: Secret,
    #[serde(flatten)]
    pub(crate) asked: Asked,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<ModeFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reserve: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    explain: bool,
}

/// What is asked about a key.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    Operation(String),
    #[serde(rename = "scope")]
    Scopes(Vec<String>),
    AuthenticateOnly(bool),
}

impl Question {
    pub(crate) fn new(key: impl Into<Secret>, asked: Asked) -> Self {
        Self {
            key: key.into(),
            asked,
            product: None,
            environment: None,
            mode: None,
            origin: None,
            ip: None,
            cost: None,
            reserve: false,
            idempotency_key: None,
            explain: false,
        }
    }

    /// Whether a key may do something, said as method and path such as `POST /v1/events`. The key is
    /// as it was presented to you, or the token of a session.
    pub fn operation(key: impl Into<Secret>, operation: impl Into<String>) -> Self {
        Self::new(key, Asked::Operation(operation.into()))
    }

    /// Whether a key has all of these scopes. No credits are spent, unless a cost is named.
    pub fn scopes<S: Into<String>>(
        key: impl Into<Secret>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        let scopes = scopes.into_iter().map(Into::into).collect();
        Self::new(key, Asked::Scopes(scopes))
    }

    /// Only whose key it is.
    pub fn authenticate_only(key: impl Into<Secret>) -> Self {
        Self::new(key, Asked::AuthenticateOnly(true))
    }

    /// The product's slug, in place of the client's.
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// The environment's name, in place of the client's.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Which keys are taken, in place of an environment.
    pub fn mode(mut self, mode: ModeFilter) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The `Origin` header of the call, when it had one.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The client's address, when you know it.
    pub fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = Some(ip);
        self
    }

    /// What the call costs, in credits, where the manifest allows a range.
    pub fn cost(mut self, cost: u64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Only sets the cost aside, for a call whose cost is known afterwards.
    pub fn reserve(mut self) -> Self {
        self.reserve = true;
        self
    }

    /// By what a repetition of this call is known for 24 hours: it is charged once.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Adds each check's own result to the answer.
    pub fn explain(mut self) -> Self {
        self.explain = true;
        self
    }

    /// Whether repeating it can charge nothing twice.
    pub(crate) fn is_safe(&self) -> bool {
        let is_operation = matches!(self.asked, Asked::Operation(_));
        self.idempotency_key.is_some() || (!is_operation && self.cost.is_none() && !self.reserve)
    }
}
