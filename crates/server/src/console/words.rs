//! How times and counts are said.

use keystile_core::model::Timestamp;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago something was.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let past = now.millis().saturating_sub(at.millis());
    match past {
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", past / MINUTE),
        HOUR..DAY => format!("{} h ago", past / HOUR),
        DAY.. => match past / DAY {
            1 => "yesterday".to_owned(),
            days @ ..=59 => format!("{days} days ago"),
            days @ ..=729 => format!("{} months ago", days / 30),
            days => format!("{} years ago", days / 365),
        },
    }
}

/// With a capital first.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// What is said after too many wrong passwords or codes.
pub(super) fn too_many_tries(seconds: u32) -> String {
    format!("too many tries; wait {seconds} s, then try again")
}

/// How long something lasts still, in its two largest units.
pub(super) fn left(until: Timestamp, now: Timestamp) -> String {
    let rest = until.millis().saturating_sub(now.millis()).max(0);
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let mut said = Vec::new();
    let mut rest = rest;
    for (size, name) in units {
        let count = rest / size;
        rest %= size;
        let is_begun = !said.is_empty();
        if count > 0 || (size == SECOND && !is_begun) {
            said.push(format!("{count} {name}"));
        }
        if said.len() == 2 || (is_begun && size == MINUTE) {
            break;
        }
    }
    said.join(" ")
}

/// Seconds until then, for a countdown.
pub(super) fn seconds_left(until: Timestamp, now: Timestamp) -> i64 {
    (until.millis().saturating_sub(now.millis()) / SECOND).max(0)
}

/// A number in groups of three.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // A narrow no-break space, as ISO 80000-1 writes numbers.
            said.push('\u{202f}');
        }
        said.push(digit);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn times_are_said_in_the_unit_that_fits() {
        let now = at(1_000 * DAY);
        let before = |millis: i64| ago(at(now.millis() - millis), now);
        assert_eq!(before(-5 * HOUR), "just now");
        assert_eq!(before(59 * SECOND), "just now");
        assert_eq!(before(HOUR - 1), "59 min ago");
        assert_eq!(before(23 * HOUR), "23 h ago");
        assert_eq!(before(47 * HOUR), "yesterday");
        assert_eq!(before(30 * DAY), "30 days ago");
        assert_eq!(before(150 * DAY), "5 months ago");
        assert_eq!(before(800 * DAY), "2 years ago");
    }

    #[test]
    fn d18_what_is_left_is_never_negative() {
        let now = at(DAY);
        let in_millis = |millis: i64| left(at(now.millis() + millis), now);
        assert_eq!(
            in_millis(23 * HOUR + 41 * MINUTE + 9 * SECOND),
            "23 h 41 min"
        );
        assert_eq!(in_millis(6 * DAY + 3 * HOUR), "6 d 3 h");
        assert_eq!(in_millis(12 * MINUTE + 5 * SECOND), "12 min 5 s");
        assert_eq!(in_millis(40 * SECOND), "40 s");
        assert_eq!(in_millis(-HOUR), "0 s");
        assert_eq!(seconds_left(at(0), now), 0);
    }

    #[test]
    fn numbers_are_grouped() {
        let said: Vec<_> = [0, 999, 1000, 1_234_567].map(count).into();
        let thin = |text: &str| text.replace(' ', "\u{202f}");
        assert_eq!(said, ["0", "999", &thin("1 000"), &thin("1 234 567")]);
    }
}
