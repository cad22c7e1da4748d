//! What people copy along with a key.

use crate::key::begins_like_key;

/// Characters, and what people call them.
const AROUND: [(&[char], &str); 4] = [
    (&['\r', '\n'], "line break"),
    (
        &['"', '\'', '`', '‘', '’', '“', '”', '«', '»'],
        "quotation mark",
    ),
    (&[' ', '\t'], "space"),
    (
        &[
            '\u{a0}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}',
        ],
        "invisible character",
    ),
];

/// Says what was copied along with a key, when that is what is wrong.
pub(crate) fn surroundings(text: &str) -> Option<String> {
    if has_scheme(text) {
        return Some("the word Bearer stands before the key: leave it out here".into());
    }
    if !begins_like_key(first_word(text)) {
        return None;
    }
    AROUND.iter().find_map(|(characters, name)| {
        let at = text.find(*characters)?;
        let article = if name.starts_with('i') { "an" } else { "a" };
        let place = match at {
            0 if text.ends_with(*characters) => {
                return Some(format!("there are {name}s around the key: remove them"));
            }
            0 => "before",
            _ if first_word(&text[at..]).is_empty() => "after",
            _ => "in",
        };
        Some(format!(
            "there is {article} {name} {place} the key: remove it"
        ))
    })
}

fn has_scheme(text: &str) -> bool {
    let (word, rest) = text.split_at_checked(6).unwrap_or_default();
    word.eq_ignore_ascii_case("bearer") && rest.starts_with(|c: char| c.is_ascii_whitespace())
}

/// The first run of characters that keys are made of.
fn first_word(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let from = text.find(is_part).unwrap_or(text.len());
    let word = &text[from..];
    &word[..word.find(|c| !is_part(c)).unwrap_or(word.len())]
}
