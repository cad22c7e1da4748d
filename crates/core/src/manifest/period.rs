//! The periods in which recurring credits come: which one a time lies in, in UTC.

use super::file::Every;
use crate::model::Timestamp;
use crate::model::calendar::{Date, first_of_month, first_of_year, midnight};

/// One day, week, month or year of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Period {
    /// When it begins.
    pub start: Timestamp,
    /// When it is over, and the next one begins.
    pub end: Timestamp,
    /// What ISO 8601 calls it: `2026-11-22`, `2026-W47`, `2026-11` or `2026`. No other period has
    /// this name, and it never changes.
    pub name: String,
}

impl Every {
    /// The period of this kind that a time lies in. Weeks begin on Monday and belong to the year
    /// in which their Thursday lies (ISO 8601). At the very ends of what a [`Timestamp`] can say,
    /// hundreds of millions of years away, a period is cut off.
    #[must_use]
    pub fn period(self, at: Timestamp) -> Period {
        let today = at.utc_day();
        let date = Date::of(today);
        let Date { year, month, day } = date;
        let (first, next, name) = match self {
            Self::Day => (today, today + 1, format!("{year:04}-{month:02}-{day:02}")),
            Self::Week => {
                let monday = today - weekday(today);
                (monday, monday + 7, week_name(monday))
            }
            Self::Month => {
                let month_number = date.month_number();
                let (first, next) = (month_number, month_number + 1);
                let name = format!("{year:04}-{month:02}");
                (first_of_month(first), first_of_month(next), name)
            }
            Self::Year => {
                let name = format!("{year:04}");
                (first_of_year(year), first_of_year(year + 1), name)
            }
        };
        Period {
            start: midnight(first),
            end: midnight(next),
            name,
        }
    }
}

/// The day of the week, from 0 for Monday; 1970 began with a Thursday.
const fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn week_name(monday: i64) -> String {
    let thursday = monday + 3;
    let year = Date::of(thursday).year;
    let week = (thursday - first_of_year(year)) / 7 + 1;
    format!("{year:04}-W{week:02}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Every; 4] = [Every::Day, Every::Week, Every::Month, Every::Year];

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn names(text: &str) -> [String; 4] {
        ALL.map(|every| every.period(time(text)).name)
    }

    #[test]
    fn periods_have_the_names_of_iso_8601() {
        for (text, expected) in [
            (
                "2026-11-22T23:59:59.999Z",
                ["2026-11-22", "2026-W47", "2026-11", "2026"],
            ),
            (
                "2026-11-23T00:00:00Z",
                ["2026-11-23", "2026-W48", "2026-11", "2026"],
            ),
            (
                "2020-12-31T12:00:00Z",
                ["2020-12-31", "2020-W53", "2020-12", "2020"],
            ),
            (
                "2021-01-03T23:59:59.999Z",
                ["2021-01-03", "2020-W53", "2021-01", "2021"],
            ),
            (
                "2021-01-04T00:00:00Z",
                ["2021-01-04", "2021-W01", "2021-01", "2021"],
            ),
            (
                "2024-12-30T00:00:00Z",
                ["2024-12-30", "2025-W01", "2024-12", "2024"],
            ),
            (
                "2024-02-29T00:00:00Z",
                ["2024-02-29", "2024-W09", "2024-02", "2024"],
            ),
            (
                "1970-01-01T00:00:00Z",
                ["1970-01-01", "1970-W01", "1970-01", "1970"],
            ),
            (
                "1969-12-28T23:59:59Z",
                ["1969-12-28", "1969-W52", "1969-12", "1969"],
            ),
            (
                "1969-12-29T00:00:00Z",
                ["1969-12-29", "1970-W01", "1969-12", "1969"],
            ),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
        // An offset changes how a time is written, not when it is.
        assert_eq!(names("2027-01-01T00:30:00+01:00")[3], "2026");
    }

    #[test]
    fn periods_begin_at_midnight_and_end_where_the_next_begins() {
        let cases = [
            (Every::Day, "2024-02-29", "2024-03-01"),
            (Every::Week, "2024-02-26", "2024-03-04"),
            (Every::Month, "2024-02-01", "2024-03-01"),
            (Every::Year, "2024-01-01", "2025-01-01"),
        ];
        for (every, start, end) in cases {
            let period = every.period(time("2024-02-29T13:14:15.678Z"));
            let midnight = |day: &str| time(&format!("{day}T00:00:00Z"));
            assert_eq!(
                (period.start, period.end),
                (midnight(start), midnight(end)),
                "{every:?}"
            );
        }
        let february = Every::Month.period(time("2023-02-28T00:00:00Z"));
        assert_eq!(february.end, time("2023-03-01T00:00:00Z"));
        let before_1970 = Every::Month.period(Timestamp::from_millis(-1));
        assert_eq!(before_1970.start, time("1969-12-01T00:00:00Z"));
        assert_eq!(before_1970.end, Timestamp::from_millis(0));
    }

    #[test]
    fn t20_the_farthest_times_have_periods_too() {
        for every in ALL {
            for millis in [i64::MIN, i64::MAX] {
                let at = Timestamp::from_millis(millis);
                let period = every.period(at);
                assert!(period.start <= at && at <= period.end, "{period:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn each_time_lies_in_one_period_and_all_of_it_has_one_name(
            millis in -200_000_000_000_000..200_000_000_000_000_i64,
        ) {
            let at = Timestamp::from_millis(millis);
            for every in ALL {
                let period = every.period(at);
                prop_assert!(period.start <= at && at < period.end);
                prop_assert_eq!(&every.period(period.start), &period);
                prop_assert_eq!(&every.period(period.end.plus_millis(-1)), &period);
                let next = every.period(period.end);
                prop_assert_eq!(next.start, period.end);
                prop_assert_ne!(next.name, period.name);
            }
        }

        /// Another hand's weeks, as far as they reach.
        #[test]
        fn every_week_is_the_one_that_jiff_says(day in -4_371_000..2_932_000_i64) {
            let date = jiff::civil::date(1970, 1, 1)
                .checked_add(jiff::Span::new().days(day))
                .unwrap();
            let week = date.iso_week_date();
            let name = format!("{:04}-W{:02}", week.year(), week.week());
            prop_assert_eq!(Every::Week.period(midnight(day)).name, name);
        }
    }
}
