//! Days and months in UTC.

use super::Timestamp;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Days since 1970-01-01.
#[must_use]
pub fn day(at: Timestamp) -> i32 {
    i32::try_from(at.millis().div_euclid(DAY)).unwrap_or(i32::MAX)
}

/// Months since January 1970.
#[must_use]
pub fn month(at: Timestamp) -> i32 {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.millis()) else {
        return i32::MAX;
    };
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1
}
