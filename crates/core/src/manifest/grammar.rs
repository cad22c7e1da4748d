//! The small grammars of a manifest: names, durations, words, and which known word was meant.

/// A whole time of at most this many seconds: ten years of 366 days.
const LONGEST: u64 = 3660 * 86_400;

/// Whether `text` is a letter followed by up to `longest - 1` letters, digits or `marks`, all
/// lower case.
pub(super) fn is_name(text: &str, longest: usize, marks: &[u8]) -> bool {
    (1..=longest).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || marks.contains(&byte))
}

/// Reads `45s`, `30m`, `12h` or `90d` as seconds.
///
/// # Errors
/// Says what such a time looks like, or that it is zero or longer than ten years.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no duration: write a number and s, m, h or d, such as 90d");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    match number
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(each))
    {
        Some(0) => Err(format!("`{text}` is no time at all: write at least 1s")),
        Some(total) if total <= LONGEST => Ok(total),
        _ => Err(format!("`{text}` is too long: at most 3660d")),
    }
}

/// Whether `text` is something to show to people on one line: 1 to `longest` characters, not
/// blank, without control characters and without marks that turn the direction of text.
pub(super) fn is_label(text: &str, longest: usize) -> bool {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().count() <= longest
        && !text.trim().is_empty()
        && !text.chars().any(|c| c.is_control() || turns(c))
}

/// The known word that was probably meant, to be shown as a hint.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A long unknown word is no slip of the pen, and comparing costs the product of the lengths.
    if word.len() > 64 {
        return None;
    }
    let allowed = word.len() / 3 + 1;
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, _)| *far <= allowed.min(3))
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean …?)` for the known word that was probably meant, or nothing.
pub(super) fn hint<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}

/// How many letters must be put in, taken out or changed (Levenshtein 1965).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (done, a) in left.bytes().enumerate() {
        let mut corner = done;
        let mut before = done + 1;
        for (cell, b) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(right.bytes().map(Some)))
        {
            let Some(b) = b else {
                *cell = before;
                continue;
            };
            let changed = corner + usize::from(a != b);
            corner = *cell;
            before = changed.min(corner + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_one_unit() {
        let good = [
            ("45s", 45),
            ("30m", 1800),
            ("12h", 43_200),
            ("90d", 7_776_000),
        ];
        for (text, expected) in good {
            assert_eq!(seconds(text), Ok(expected));
        }
        for bad in [
            "", "d", "90", "90D", "1.5h", "-1d", "+1d", "0s", "3661d", "1 d", "é", "1w",
        ] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert!(
            seconds("99999999999999999999d")
                .unwrap_err()
                .contains("too long")
        );
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_nonsense_is_not() {
        let known = ["scopes", "operations", "plans"];
        assert_eq!(nearest("scope", known.into_iter()), Some("scopes"));
        assert_eq!(nearest("operatoins", known.into_iter()), Some("operations"));
        assert_eq!(nearest("webhooks", known.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn d16_labels_that_turn_the_direction_of_text_are_refused() {
        assert!(is_label("Schlüssel für Größe", 100));
        for bad in [
            "",
            "  ",
            "a\nb",
            "a\u{202e}b",
            "a\u{2066}b",
            &"x".repeat(101),
        ] {
            assert!(!is_label(bad, 100), "{bad:?}");
        }
    }
}
