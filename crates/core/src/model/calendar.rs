//! The calendar of UTC in whole numbers: which day, month and year a time lies in, and when these
//! begin.
//!
//! The Gregorian calendar goes on in both directions for as far as a [`Timestamp`] reaches, also
//! before it was introduced, and the year before 1 is 0 (ISO 8601). There are no leap seconds in
//! this count (POSIX).

use super::Timestamp;

const DAY_MILLIS: i64 = 86_400_000;

/// So many days have 400 years, after which the calendar repeats.
const DAYS_OF_400_YEARS: i64 = 146_097;

/// The days of the months of a year that is no leap year.
const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Timestamp {
    /// The day it lies in, in UTC, counted from 1970-01-01, which is 0; days before are negative.
    #[must_use]
    pub const fn utc_day(self) -> i64 {
        self.millis().div_euclid(DAY_MILLIS)
    }

    /// The month it lies in, in UTC, counted from January 1970, which is 0; months before are
    /// negative.
    #[must_use]
    pub fn utc_month(self) -> i64 {
        Date::of(self.utc_day()).month_number()
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// Astronomical: the year before 1 is 0.
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
}

impl Date {
    /// The day of that number, counted from 1970-01-01.
    pub(crate) fn of(day: i64) -> Self {
        let year = year_of(day);
        let mut rest = day - first_of_year(year);
        let mut month = 1;
        for length in months(year) {
            if rest < length {
                break;
            }
            rest -= length;
            month += 1;
        }
        Self {
            year,
            month,
            day: rest + 1,
        }
    }

    /// How many months its month is after January 1970.
    pub(crate) const fn month_number(self) -> i64 {
        (self.year - 1970) * 12 + self.month - 1
    }
}

/// When the day of that number begins; stops at the ends of the range.
pub(crate) const fn midnight(day: i64) -> Timestamp {
    Timestamp::from_millis(day.saturating_mul(DAY_MILLIS))
}

/// The first day of a month, both counted from 1970.
pub(crate) fn first_of_month(month: i64) -> i64 {
    let year = 1970 + month.div_euclid(12);
    let before = usize::try_from(month.rem_euclid(12)).unwrap_or_default();
    first_of_year(year) + months(year).take(before).sum::<i64>()
}

/// New Year's day of a year, counted from 1970-01-01.
pub(crate) const fn first_of_year(year: i64) -> i64 {
    (year - 1970) * 365 + leap_years_until(year - 1) - leap_years_until(1969)
}

/// How many leap years there are up to this year, this one included, counted from the year 0.
const fn leap_years_until(year: i64) -> i64 {
    year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

const fn is_leap(year: i64) -> bool {
    leap_years_until(year) > leap_years_until(year - 1)
}

/// How many days each month of a year has.
fn months(year: i64) -> impl Iterator<Item = i64> {
    let in_february = move |(month, days)| days + i64::from(month == 2 && is_leap(year));
    (1..).zip(MONTHS).map(in_february)
}

/// The year in which a day lies.
fn year_of(day: i64) -> i64 {
    // By the mean length of a year, which is wrong by less than one.
    let near = 1970 + (day * 400).div_euclid(DAYS_OF_400_YEARS);
    if day < first_of_year(near) {
        near - 1
    } else if day >= first_of_year(near + 1) {
        near + 1
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> (i64, Date) {
        let time: Timestamp = format!("{text}T00:00:00Z").parse().unwrap();
        (time.utc_day(), Date::of(time.utc_day()))
    }

    #[test]
    fn days_and_months_are_counted_from_1970() {
        for (text, day, month) in [
            ("1970-01-01", 0, 0),
            ("1970-02-01", 31, 1),
            ("1969-12-31", -1, -1),
            ("1969-12-01", -31, -1),
            ("1969-01-01", -365, -12),
            ("2000-02-29", 11_016, 361),
            ("2026-11-22", 20_779, 682),
        ] {
            let (number, date) = date(text);
            assert_eq!((number, date.month_number()), (day, month), "{text}");
            assert_eq!(midnight(day).to_string(), format!("{text}T00:00:00.000Z"));
        }
        let last = Timestamp::from_millis(-1);
        assert_eq!((last.utc_day(), last.utc_month()), (-1, -1));
    }

    #[test]
    fn february_has_29_days_where_the_year_has_366() {
        for (year, leap) in [
            (2024, true),
            (2023, false),
            (2000, true),
            (1900, false),
            (2100, false),
            (0, true),
            (-1, false),
            (-4, true),
            (-100, false),
            (-400, true),
        ] {
            assert_eq!(is_leap(year), leap, "{year}");
            let days = first_of_year(year + 1) - first_of_year(year);
            assert_eq!(days, 365 + i64::from(leap), "{year}");
        }
    }

    #[test]
    fn t20_the_farthest_times_have_a_day_and_a_month() {
        for millis in [i64::MIN, i64::MAX] {
            let time = Timestamp::from_millis(millis);
            let date = Date::of(time.utc_day());
            assert_eq!(time.utc_month(), date.month_number());
            assert!((1..=12).contains(&date.month) && (1..=31).contains(&date.day));
            assert!(date.year.abs() > 292_000_000);
        }
    }

    proptest! {
        /// Another hand's calendar, as far as it reaches.
        #[test]
        fn every_day_is_the_one_that_jiff_says(day in -4_371_000..2_932_000_i64) {
            let theirs = jiff::civil::date(1970, 1, 1)
                .checked_add(jiff::Span::new().days(day))
                .unwrap();
            let ours = Date::of(day);
            prop_assert_eq!(ours.year, i64::from(theirs.year()));
            prop_assert_eq!(ours.month, i64::from(theirs.month()));
            prop_assert_eq!(ours.day, i64::from(theirs.day()));
            prop_assert_eq!(first_of_month(ours.month_number()) + ours.day - 1, day);
        }

        #[test]
        fn every_time_lies_in_its_day(millis in any::<i64>()) {
            let time = Timestamp::from_millis(millis);
            let day = time.utc_day();
            prop_assert!(midnight(day) <= time && time <= midnight(day + 1));
            prop_assert_eq!(first_of_year(Date::of(first_of_year(year_of(day))).year), first_of_year(year_of(day)));
        }
    }
}
