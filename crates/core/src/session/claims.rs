//! The claims of a token as they stand in it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::LIFETIME_MAX_SECONDS;
use crate::model::{EnvironmentId, KeyId, OrganizationId, SessionId, Timestamp, VisitorId};

/// Registered names are those of RFC 7519 §4.1 and RFC 8693 §4.2 (`scope`). A name that stands
/// twice is refused; others are left to later versions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims<'a> {
    /// The base address of the installation.
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    /// The product, by its slug.
    #[serde(borrow)]
    pub(super) aud: Cow<'a, str>,
    /// The visitor.
    pub(super) sub: VisitorId,
    /// The session.
    pub(super) jti: SessionId,
    /// When it was made, in seconds since 1970.
    pub(super) iat: i64,
    /// From when on it is refused, in seconds since 1970.
    pub(super) exp: i64,
    /// Scopes, with one space between.
    #[serde(borrow)]
    pub(super) scope: Cow<'a, str>,
    /// The origin of the page it was made for.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Cow<'a, str>>,
    /// The key it was made with.
    pub(super) key: KeyId,
    /// The value of that key, which is public.
    #[serde(borrow)]
    pub(super) publishable_key: Cow<'a, str>,
    /// The customer that key belongs to.
    pub(super) organization: OrganizationId,
    /// The environment that owns that key.
    pub(super) environment: EnvironmentId,
}

impl Claims<'_> {
    /// When it ends, if it lasts for as long as a session can.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        let lasts = self.exp.checked_sub(self.iat)?;
        let can_be = (1..=i64::from(LIFETIME_MAX_SECONDS)).contains(&lasts);
        let millis = self.exp.checked_mul(1000)?;
        can_be.then(|| Timestamp::from_millis(millis))
    }
}
