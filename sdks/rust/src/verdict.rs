//! Verdicts, and whose call it is.

use std::fmt;

use crate::call::Call;
use crate::errors::Error;
use crate::generated::resources::CreditsResource;
use crate::types::{
    ChangedSpend, CreditsLeft, RateLimitLeft, RefundSpend, Session, SettleSpend,
    VerifiedEnvironment, VerifiedKey, VerifiedOrganization, VerifiedProject, VerifyAnswer,
};

/// What is known of a key: look at [`Verdict::verified`] first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verdict {
    /// Whose call it is; `None` when it is refused.
    pub verified: Option<Verified>,
    /// A stable word: `ok`, or why not.
    pub code: String,
    /// The same for people.
    pub message: String,
    /// Since when the key does not work, where that is known.
    pub since: Option<String>,
    /// The first scope that the key lacks.
    pub missing_scope: Option<String>,
    /// What is left of the rate limit that has least left, if there is one.
    pub rate_limit: Option<RateLimitLeft>,
    /// The request, as Keystile's log knows it.
    pub request_id: Option<String>,
    /// All that was told, also of a key that is refused; `None` when nobody was asked.
    pub answer: Option<Box<VerifyAnswer>>,
}

impl Verdict {
    /// Whether the call may go on.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.verified.is_some()
    }

    /// A refusal that nobody had to be asked for.
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self {
            verified: None,
            code: code.to_owned(),
            message: message.into(),
            since: None,
            missing_scope: None,
            rate_limit: None,
            request_id: None,
            answer: None,
        }
    }

    /// Reads a verdict. Whatever is not exactly one is no yes: something that is no Keystile must
    /// not let anybody in.
    pub(crate) fn read(answer: VerifyAnswer, credits: &CreditsResource) -> Result<Self, Error> {
        if answer.code.is_empty() || answer.valid != (answer.code == "ok") {
            return Err(no_verdict());
        }
        let verified = if answer.valid {
            Some(Verified::read(&answer, credits).ok_or_else(no_verdict)?)
        } else {
            None
        };
        Ok(Self {
            verified,
            code: answer.code.clone(),
            message: answer.message.clone(),
            since: answer.since.clone(),
            missing_scope: answer.missing_scope.clone(),
            rate_limit: answer.rate_limit.clone(),
            request_id: answer.request_id.clone(),
            answer: Some(Box::new(answer)),
        })
    }
}

pub(crate) fn no_verdict() -> Error {
    let what = "it is not a verdict: is this Keystile, and not older than this package?";
    Error::unexpected(what)
}

/// Whose call it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The key.
    pub key: VerifiedKey,
    /// The customer it belongs to.
    pub organization: VerifiedOrganization,
    /// The project it belongs to.
    pub project: VerifiedProject,
    /// The environment it belongs to.
    pub environment: VerifiedEnvironment,
    /// The session, when its token was presented in place of the key.
    pub session: Option<Session>,
    /// What is left of the rate limit that has least left, if there is one.
    pub rate_limit: Option<RateLimitLeft>,
    /// The credits that remain, when the call was charged.
    pub credits: Option<CreditsLeft>,
    /// What the call was charged, when it was.
    pub spend: Option<SpendHandle>,
    /// The request, as Keystile's log knows it.
    pub request_id: Option<String>,
}

impl Verified {
    fn read(answer: &VerifyAnswer, credits: &CreditsResource) -> Option<Self> {
        let spend = answer.spend_id.clone().map(|id| SpendHandle {
            id,
            credits: credits.clone(),
        });
        let verified = Self {
            key: answer.key.clone()?,
            organization: answer.organization.clone()?,
            project: answer.project.clone()?,
            environment: answer.environment.clone()?,
            session: answer.session.clone(),
            rate_limit: answer.rate_limit.clone(),
            credits: answer.credits.clone(),
            spend,
            request_id: answer.request_id.clone(),
        };
        let ids = [
            &verified.key.id,
            &verified.organization.id,
            &verified.project.id,
            &verified.environment.id,
        ];
        (!ids.iter().any(|id| id.is_empty())).then_some(verified)
    }
}

/// The charge of one call.
#[derive(Clone)]
#[non_exhaustive]
pub struct SpendHandle {
    /// Its id, `spend_…`.
    pub id: String,
    credits: CreditsResource,
}

impl SpendHandle {
    /// Gives all of it back. It may be repeated.
    pub fn refund(&self) -> Call<ChangedSpend> {
        self.credits.refund_spend(&self.id, RefundSpend::new())
    }

    /// Gives a part of it back. Repeating it gives that part back again.
    pub fn refund_part(&self, amount: u64) -> Call<ChangedSpend> {
        let part = RefundSpend::new().amount(amount);
        self.credits.refund_spend(&self.id, part)
    }

    /// Turns a reservation into a charge of `amount`; the rest is free again.
    pub fn settle(&self, amount: u64) -> Call<ChangedSpend> {
        self.credits
            .settle_spend(&self.id, SettleSpend::new(amount))
    }

    /// Gives a reservation back: the call cost nothing.
    pub fn release(&self) -> Call<ChangedSpend> {
        self.credits.release_spend(&self.id)
    }
}

impl fmt::Debug for SpendHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpendHandle({})", self.id)
    }
}
