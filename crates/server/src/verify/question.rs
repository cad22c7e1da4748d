//! A question about one key, as it is asked.

use std::borrow::Cow;
use std::net::IpAddr;

use keystile_core::model::ModeFilter;
use schemars::JsonSchema;
use serde::Deserialize;

use super::spend::Payment;
use crate::problem::Problem;

/// A question about one key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyRequest")]
pub(crate) struct Question<'a> {
    /// The key that was presented to you, or the token of a session, as it came.
    #[serde(borrow)]
    pub(crate) key: Cow<'a, str>,
    /// The product; may be left out when your operator key is bound to one.
    #[serde(borrow, default)]
    pub(crate) product: Option<Text<'a>>,
    /// The environment by name. This or `mode`, unless your operator key is bound to one.
    #[serde(borrow, default)]
    pub(crate) environment: Option<Text<'a>>,
    /// Which modes are good. This or `environment`.
    #[serde(default)]
    pub(crate) mode: Option<ModeFilter>,
    /// What is to be done, as method and path such as `POST /v1/events`. This, `scope` or
    /// `authenticate_only`.
    #[serde(borrow, default)]
    pub(crate) operation: Option<Text<'a>>,
    /// The scope that is needed, or several that are needed together.
    #[serde(borrow, default)]
    pub(crate) scope: Option<ScopeAsk<'a>>,
    /// Ask only whose key it is.
    #[serde(default)]
    pub(crate) authenticate_only: Option<bool>,
    /// The `Origin` header of the call, when it had one.
    #[serde(borrow, default)]
    pub(crate) origin: Option<Text<'a>>,
    /// The client's address, when you know it.
    #[serde(default)]
    pub(crate) ip: Option<IpAddr>,
    /// What the call costs, in credits, where the manifest allows a range for its operation.
    #[serde(default)]
    pub(crate) cost: Option<u64>,
    /// By what a repetition of this call is known for 24 hours, 1 to 255 characters: it is charged
    /// once. The same text for another key, operation or cost is an error.
    #[serde(borrow, default)]
    #[schemars(length(min = 1, max = 255))]
    pub(crate) idempotency_key: Option<Text<'a>>,
    /// Only sets the cost aside, for a call whose cost is known afterwards: settle or release it.
    #[serde(default)]
    pub(crate) reserve: bool,
    /// Adds each check's own result to the answer.
    #[serde(default)]
    pub(crate) explain: bool,
}

impl Question<'_> {
    /// How the call is paid for.
    pub(super) fn payment(&self, at: At) -> Result<Payment<'_>, Problem> {
        let key = self.idempotency_key.as_deref();
        if let Some(text) = key
            && (text.is_empty() || text.chars().count() > 255)
        {
            let message = "an idempotency key has 1 to 255 characters";
            return Err(Problem::field(at.pointer("idempotency_key"), message));
        }
        Ok(Payment {
            cost: self.cost,
            idempotency_key: key,
            reserve: self.reserve,
        })
    }
}

/// A text that is borrowed from the body unless it has escapes; serde borrows a `Cow` that stands
/// alone, but not one inside an `Option`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// One scope or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ScopeAsk<'a> {
    /// This one.
    One(#[serde(borrow)] Cow<'a, str>),
    /// All of these.
    All(Vec<String>),
}

/// Where a question stands in the body, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// It is the body.
    Alone,
    /// It is one of several.
    Among(usize),
}

impl At {
    pub(super) fn pointer(self, field: &str) -> String {
        match self {
            Self::Alone => format!("/{field}"),
            Self::Among(index) => format!("/requests/{index}/{field}"),
        }
    }
}
