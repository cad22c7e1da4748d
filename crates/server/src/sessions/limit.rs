//! How often sessions can be made with one key from one address: so many at once, and as many
//! more a minute, evenly.
//!
//! A fixed number of cells is shared by all pairs of key and address, each of which has one by a
//! hash that nobody outside can foresee. So memory is bounded, no pair ever pushes out another, and
//! none gets rid of its own count. Two pairs that share a cell share its count, which with this many
//! cells matters to hardly anyone.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use keystile_core::model::{KeyId, Timestamp};

use crate::app::App;
use crate::problem::Problem;

/// So many sessions at once, and so many a minute.
const A_MINUTE: u64 = 60;

const PERIOD_MILLIS: u64 = 60_000;

const CELLS: usize = 1 << 16;

/// The counts, each as the time at which it would be used up by one session after the other (the
/// theoretical arrival time of the generic cell rate algorithm, ITU-T I.371).
pub(crate) struct Creations {
    cells: Box<[AtomicU64]>,
    places: RandomState,
}

impl fmt::Debug for Creations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Creations")
    }
}

impl Default for Creations {
    fn default() -> Self {
        Self {
            cells: (0..CELLS).map(|_| AtomicU64::new(0)).collect(),
            places: RandomState::new(),
        }
    }
}

impl Creations {
    /// Counts one more; how many milliseconds to wait when that is too many.
    fn take(&self, key: KeyId, address: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let place = self.places.hash_one((key, address.map(network)));
        let place = usize::try_from(place).unwrap_or(0) % CELLS;
        let Some(cell) = self.cells.get(place) else {
            return Ok(());
        };
        let now = u64::try_from(now.millis()).unwrap_or(0);
        let next = |used: u64| used.max(now).saturating_add(PERIOD_MILLIS / A_MINUTE);
        let taken = cell.try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            Some(next(used)).filter(|next| *next <= now.saturating_add(PERIOD_MILLIS))
        });
        taken
            .map(drop)
            .map_err(|used| next(used) - now - PERIOD_MILLIS)
    }
}

/// What counts as one address: with IPv6, a whole /64 belongs to one household.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(long) => IpAddr::V6((long.to_bits() >> 64 << 64).into()),
        short => short,
    }
}

/// Asks whether one more session may be made with a key from an address. This is the one place
/// that is asked.
///
/// # Errors
/// 429 `rate_limited`, with the time after which it may.
pub(super) fn may_create(
    app: &App,
    key: KeyId,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), Problem> {
    app.creations.take(key, address, now).map_err(|wait| {
        let detail = format!("one address makes {A_MINUTE} sessions a minute with one key");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        Problem {
            retry_after: Some(u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX)),
            ..problem
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn what_is_used_up_comes_back_one_by_one() {
        let creations = Creations::default();
        let address = "192.0.2.7".parse().ok();
        let key = KeyId::from_u128(1);
        for _ in 0..60 {
            assert_eq!(creations.take(key, address, at(0)), Ok(()));
        }
        assert_eq!(creations.take(key, address, at(0)), Err(1_000));
        assert_eq!(creations.take(key, address, at(999)), Err(1));
        assert_eq!(creations.take(key, address, at(1_000)), Ok(()));
        assert_eq!(creations.take(key, address, at(1_000)), Err(1_000));
        assert_eq!(creations.take(KeyId::from_u128(2), address, at(0)), Ok(()));
        let other = "192.0.2.8".parse().ok();
        assert_eq!(creations.take(key, other, at(0)), Ok(()));
        assert_eq!(creations.take(key, None, at(0)), Ok(()));
    }

    #[test]
    fn n06_addresses_of_one_household_count_together() {
        let same = |one: &str, other: &str| {
            network(one.parse().unwrap()) == network(other.parse().unwrap())
        };
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.7", "192.0.2.7"));
        assert!(!same("192.0.2.7", "192.0.2.8"));
    }
}
