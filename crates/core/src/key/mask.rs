//! Keys in places where they do not belong: a user agent, the name of a field, a message.
//!
//! Text of a client goes into logs and answers only through [`masked`], because people put keys
//! everywhere, also cut, doubled or in another case. It knows nothing of which keys exist.

use std::borrow::Cow;

/// What stands where something was taken out.
const MASK: &str = "[masked]";

/// A run this long of letters and digits, in both cases, may be a part of a key.
const SUSPICIOUS_RUN: usize = 20;

/// From here on, what begins like a key is taken for one, however it goes on.
const SHORTEST_WORD: usize = 12;

/// So many characters after `live_` or `test_` are no longer an example of a prefix.
const SHORTEST_TAIL: usize = 8;

/// What the header of every session token begins with, in base64url: a JSON object.
const TOKEN: &str = "eyj";

/// The text without anything that may be a key, a session token, or a part of one.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    if token_in(text).is_some() {
        return Cow::Owned(without_tokens(text));
    }
    if !words(text).any(is_suspicious) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = split_word(rest);
        clean.push_str(if is_suspicious(word) { MASK } else { word });
        let gap = after.find(is_word_char).unwrap_or(after.len());
        let (between, next) = after.split_at_checked(gap).unwrap_or((after, ""));
        clean.push_str(between);
        rest = next;
    }
    Cow::Owned(clean)
}

/// Whether the text may be, or hold, a key, a session token, or a part of one.
#[must_use]
pub fn may_hold_key(text: &str) -> bool {
    token_in(text).is_some() || words(text).any(is_suspicious)
}

/// Masks what stands before the first token, the token, and then the rest.
fn without_tokens(text: &str) -> String {
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((from, to)) = token_in(rest) {
        clean.push_str(&masked(rest.get(..from).unwrap_or_default()));
        clean.push_str(MASK);
        rest = rest.get(to..).unwrap_or_default();
    }
    clean.push_str(&masked(rest));
    clean
}

/// Where something stands that is written like a token, or like the beginning of one: its digits
/// come in parts with dots and hyphens between, which other words may end at.
fn token_in(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(TOKEN).find_map(|(from, _)| {
        let digits = lower.get(from..)?;
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let length = digits.find(|c| !is_digit(c)).unwrap_or(digits.len());
        (length >= SUSPICIOUS_RUN).then_some((from, from + length))
    })
}

/// Whether the text holds something that can hardly be anything but a secret key: for text that
/// is kept and shown, where long words of other systems are at home.
#[must_use]
pub fn holds_secret_key(text: &str) -> bool {
    words(text).any(|word| {
        let lower = word.to_ascii_lowercase();
        lower.match_indices("sk_").any(|(at, _)| {
            let rest = lower.get(at..).unwrap_or_default();
            tail_of(rest).is_some_and(|tail| tail >= SHORTEST_TAIL)
        })
    })
}

/// How many letters and digits follow the mode of a text that begins with `sk_`.
fn tail_of(lower: &str) -> Option<usize> {
    let rest = lower.get(3..)?;
    let after_mode = ["live_", "test_"].iter().find_map(|mode| {
        let (brand, tail) = rest.split_once(mode)?;
        (brand.len() <= 9).then_some(tail)
    })?;
    let is_tail = |byte: &u8| byte.is_ascii_alphanumeric();
    Some(after_mode.bytes().take_while(is_tail).count())
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The word at the beginning, which may be empty, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c| !is_word_char(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word_char(c))
        .filter(|word| word.len() >= SHORTEST_WORD)
}

fn is_suspicious(word: &str) -> bool {
    if word.len() < SHORTEST_WORD {
        return false;
    }
    let begins = |prefix: &str| {
        word.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    begins("sk_") || begins("pk_") || holds_mode(word) || word.split('_').any(is_suspicious_run)
}

/// Whether a kind and a mode stand somewhere inside, as when something was put before the key.
fn holds_mode(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let kind = lower.find("sk_").or_else(|| lower.find("pk_"));
    let after = kind.and_then(|at| lower.get(at + 2..)).unwrap_or_default();
    after.contains("_live_") || after.contains("_test_")
}

/// Ids and digests in one case are no parts of keys, whose 62 characters come in both.
fn is_suspicious_run(run: &str) -> bool {
    run.len() >= SUSPICIOUS_RUN
        && run.bytes().any(|b| b.is_ascii_lowercase())
        && run.bytes().any(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = concat!("sk_live_", "oZXPq7Bv2mKdR9TfLw3Ync8HsJg5Ue1aXk4P0c");

    fn hides(text: &str) {
        let clean = masked(text);
        let random = KEY.trim_start_matches("sk_live_").as_bytes();
        for part in random.windows(8) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!clean.contains(part), "{text}: {clean}");
        }
        assert!(may_hold_key(text), "{text}");
    }

    #[test]
    fn p05_keys_are_masked_wherever_they_stand_and_however_they_were_garbled() {
        let (head, tail) = KEY.split_at(20);
        for text in [
            KEY.to_owned(),
            head.to_owned(),
            tail.to_owned(),
            format!("{KEY}{KEY}"),
            format!("curl/8 ({KEY})"),
            format!("x{KEY}"),
            format!("unknown field `{KEY}`, expected `name`"),
            format!("key=sk%5Flive%5F{}", &KEY[8..]),
            format!("\u{feff}{KEY}\u{e9}"),
            KEY.to_lowercase(),
            KEY.to_uppercase(),
            KEY.replacen("sk_", "sk_acme_", 1),
        ] {
            hides(&text);
        }
        assert_eq!(masked(&format!("a {KEY}, b")), "a [masked], b");
    }

    #[test]
    fn p05_session_tokens_are_masked_to_their_last_character() {
        let token = "st_eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.q-Zx8_a-Zx8_a-Zx8_aZ";
        for text in [
            token.to_owned(),
            format!("curl ({token})"),
            format!("{token}, {token}"),
            format!("x{token}"),
            token[..40].to_owned(),
            token.to_lowercase(),
            token[3..].to_owned(),
        ] {
            let clean = masked(&text).to_ascii_lowercase();
            for part in ["zx8_a", "hbgci", "pc3mi"] {
                assert!(!clean.contains(part), "{text}: {clean}");
            }
            assert!(may_hold_key(&text), "{text}");
        }
        assert_eq!(
            masked(&format!("a {token} b {KEY}")),
            "a st_[masked] b [masked]"
        );
        assert_eq!(masked("Mr. Keyjson and eyj-eyj"), "Mr. Keyjson and eyj-eyj");
    }

    #[test]
    fn plain_words_ids_and_digests_stay() {
        for text in [
            "",
            "task_created_by_role",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
            "key_01h2xcejqtf2nbrexx3vqjhp41",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "allowed_origins and Idempotency-Key",
            "a name begins with sk_ or pk_",
            "\u{2028} \u{e9}\u{1f511}",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn p05_only_what_is_surely_a_secret_key_is_one_among_names() {
        for text in [KEY.to_owned(), format!("my key: {KEY}"), KEY[..20].into()] {
            assert!(holds_secret_key(&text), "{text}");
        }
        let publishable = KEY.replacen("sk_", "pk_", 1);
        for text in [
            "sk_live_ keys",
            "task_live_stream",
            "kX9sPq2mKdR9TfLw3Ync8HsJg5Ue",
            &publishable,
        ] {
            assert!(!holds_secret_key(text), "{text}");
        }
    }
}
