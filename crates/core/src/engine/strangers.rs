//! Floods of keys that nobody has, from one address.
//!
//! Looking a key up costs little, so good keys from the same address are never refused for it: only
//! what is told of the bad ones changes. A session token that was not seen before costs the check
//! of a signature, and that is spared.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::net::IpAddr;

use super::Engine;
use crate::decision::DenyReason;
use crate::limit::{Allowance, Needed, Subject, Visitor};
use crate::model::RateLimit;
use crate::request::Credential;
use crate::session::{self, SessionError};

/// So many keys that nobody has may one address present at one product in any minute.
pub const STRANGERS: RateLimit = RateLimit {
    limit: 600,
    period_seconds: 60,
};

/// Who presents them, and where.
#[derive(Debug, Clone, Copy)]
pub struct Stranger<'a> {
    /// The product that is asked; `None` where it follows from the key.
    pub product: Option<&'a str>,
    /// The address, as far as it is known.
    pub client: Option<IpAddr>,
}

impl Stranger<'_> {
    fn window(&self) -> Needed {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        // Two products that share a number share a window: that harms nobody.
        let product = hasher.hash_one(self.product);
        Needed {
            subject: Subject::Strangers(product, Visitor::Address(self.client)),
            limit: STRANGERS,
        }
    }
}

impl Engine {
    /// What an address is told of a credential that nobody has, once it has presented too many:
    /// [`DenyReason::RateLimited`]. Any other reason stays, and is not counted. `tick` tells
    /// milliseconds of a clock that never steps.
    #[must_use]
    pub fn told_to(
        &self,
        stranger: &Stranger<'_>,
        reason: DenyReason,
        tick: impl FnOnce() -> u64,
    ) -> DenyReason {
        if !is_of_nobody(reason) {
            return reason;
        }
        let taken = self.limiter.take([stranger.window()], tick());
        taken.map_or_else(DenyReason::RateLimited, |_| reason)
    }

    /// Whether it is worth the while to look at a credential from an address. `tick` tells
    /// milliseconds of a clock that never steps.
    ///
    /// # Errors
    /// What is left to an address that has presented too many keys which nobody has, when the
    /// signature of what it presents now would have to be checked.
    pub fn may_try(
        &self,
        stranger: &Stranger<'_>,
        credential: Credential<'_>,
        tick: impl FnOnce() -> u64,
    ) -> Result<(), Allowance> {
        let Credential::Text(text) = credential else {
            return Ok(());
        };
        if !session::is_token(text) {
            return Ok(());
        }
        match self.limiter.left([stranger.window()], tick()) {
            Some(left) if left.remaining == 0 && !self.sessions.knows(text) => Err(left),
            _ => Ok(()),
        }
    }
}

/// Whether a refusal says that the credential is nobody's. One that was somebody's, such as a
/// session that has ended, says something to whoever holds it.
const fn is_of_nobody(reason: DenyReason) -> bool {
    match reason {
        DenyReason::MalformedKey(_) | DenyReason::UnknownKey => true,
        DenyReason::InvalidSession(why) => {
            !matches!(why, SessionError::Expired { .. } | SessionError::Key)
        }
        _ => false,
    }
}
