//! Floods of keys that nobody has, at doors that anybody can reach.
//!
//! An address that presents too many gets 429 instead of 401, and what costs more than a look-up is
//! spared. A good key from the same address goes through: the limit is on refusals.

use std::net::IpAddr;

use keystile_core::decision::DenyReason;
use keystile_core::engine::Stranger;
use keystile_core::request::Credential;

use crate::app::App;
use crate::metrics::Door;

/// What is told to whoever is refused for that reason.
pub(super) fn told(
    app: &App,
    product: Option<&str>,
    client: Option<IpAddr>,
    reason: DenyReason,
) -> DenyReason {
    let stranger = Stranger { product, client };
    app.engine.told_to(&stranger, reason, || app.tick())
}

/// Whether a credential may be tried that comes from an address.
///
/// # Errors
/// Why not.
pub(super) fn may_try(
    app: &App,
    door: Door,
    product: Option<&str>,
    (client, credential): (Option<IpAddr>, Credential<'_>),
) -> Result<(), DenyReason> {
    let stranger = Stranger { product, client };
    let tried = app.engine.may_try(&stranger, credential, || app.tick());
    tried.map_err(|left| {
        let reason = DenyReason::RateLimited(left);
        app.metrics.verdict(door, reason.code());
        reason
    })
}
