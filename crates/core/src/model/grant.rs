//! Credits that an organization was given at once.

use std::fmt;
use std::str::FromStr;

use super::{GrantId, Mode, OrganizationId, Timestamp};
use crate::key::Encoder;

/// A grant as it was made. What is left of it is the ledger's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// Whose credits.
    pub organization: OrganizationId,
    /// The mode of the keys that may spend them.
    pub mode: Mode,
    /// How many, at least one.
    pub amount: u64,
    /// Why, for people.
    pub reason: String,
    /// What it was made for, if that happens once only.
    pub occasion: Option<Occasion>,
    /// When what is left of it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; recorded, decides nothing.
    pub created_by: String,
    /// When it was declared void.
    pub voided_at: Option<Timestamp>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// What a grant is made for at most once for each organization and mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// The test credits that every organization receives.
    Test,
    /// A period of a plan.
    Plan {
        /// The plan's name.
        plan: String,
        /// The period's name, such as `2026-11`.
        period: String,
    },
}

impl Grant {
    /// When it ends, with its time or because it was declared void.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        [self.expires_at, self.voided_at]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("grant/1");
        out.bytes(&self.id.to_bytes());
        out.bytes(&self.organization.to_bytes());
        out.text(self.mode.as_str());
        out.number(self.amount);
        out.text(&self.reason);
        let occasion = self.occasion.as_ref().map(ToString::to_string);
        out.maybe_text(occasion.as_deref());
        out.maybe_time(self.expires_at);
        out.time(self.created_at);
        out.text(&self.created_by);
        out.maybe_time(self.voided_at);
        out.number(self.seq);
    }
}

impl Occasion {
    /// Whether it comes again with every period of a plan.
    #[must_use]
    pub fn recurs(&self) -> bool {
        matches!(self, Self::Plan { .. })
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test => f.write_str("test"),
            Self::Plan { plan, period } => write!(f, "plan/{period}/{plan}"),
        }
    }
}

impl FromStr for Occasion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "test" {
            return Ok(Self::Test);
        }
        let (period, plan) = text
            .strip_prefix("plan/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or(())?;
        Ok(Self::Plan {
            plan: plan.into(),
            period: period.into(),
        })
    }
}
