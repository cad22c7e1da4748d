//! How often sessions can be made with one key from one address.

use std::net::IpAddr;

use http::StatusCode;
use keystile_core::model::{KeyId, RateLimit};

use crate::app::App;
use crate::problem::Problem;

/// So many sessions in any minute.
const LIMIT: RateLimit = RateLimit {
    limit: 60,
    period_seconds: 60,
};

/// Asks whether one more session may be made with a key from an address. This is the one place
/// that is asked.
///
/// # Errors
/// 429 `rate_limited`, with the time after which it may.
pub(super) fn may_create(app: &App, key: KeyId, address: Option<IpAddr>) -> Result<(), Problem> {
    let admitted = app.engine.admit_session(key, address, LIMIT, app.tick());
    admitted.map_err(|left| {
        let detail = format!(
            "one address makes {} sessions a minute with one key",
            LIMIT.limit
        );
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        Problem {
            retry_after: Some(left.reset_seconds),
            ..problem
        }
    })
}
