//! Raw request paths: which of them have one meaning only, and how they fall into segments.
//!
//! What is refused here is what a proxy and an application are known to understand differently.
//! Nothing is decoded or normalised: the path that is judged is the path that is passed on.

use crate::bytes::any_pair;

/// Why a raw path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `/`.
    #[error("the path must begin with a slash")]
    NotRooted,
    /// `//` or a final `/`.
    #[error("the path has an empty segment (a double or final slash)")]
    EmptySegment,
    /// `.` or `..`, perhaps percent-encoded.
    #[error("the path has a dot segment")]
    DotSegment,
    /// `%2F`, `%5C` or a backslash.
    #[error("the path has an encoded slash or a backslash")]
    Separator,
    /// `;`, which some servers cut off.
    #[error("the path has a semicolon")]
    Semicolon,
    /// A control byte or space, raw or encoded.
    #[error("the path has a space or a control byte")]
    Control,
    /// A byte that must be percent-encoded in a path.
    #[error("the path has a byte beyond ASCII that is not percent-encoded")]
    NonAscii,
    /// `%` without two hexadecimal digits, or encoded bytes that are no UTF-8.
    #[error("the path has broken percent-encoding")]
    Encoding,
    /// `#`, which never belongs into a request.
    #[error("the request target has a fragment")]
    Fragment,
    /// A percent-encoded spelling of a word that the manifest names.
    #[error("the path spells a known segment with percent-encoding")]
    Disguised,
}

/// A path that has one meaning only, as far as that can be seen without the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path<'a> {
    pub(super) text: &'a str,
    /// Whether any of it is percent-encoded.
    pub(super) is_encoded: bool,
}

/// The path of a raw request target, without its query.
///
/// # Errors
/// The first reason for which the path is refused.
pub(super) fn clean(target: &str) -> Result<Path<'_>, PathError> {
    // Nearly every path consists of plain words; the rest is for the others.
    if is_plain(target.as_bytes()) {
        return Ok(Path {
            text: target,
            is_encoded: false,
        });
    }
    clean_closely(target)
}

fn clean_closely(target: &str) -> Result<Path<'_>, PathError> {
    let (end, seen) = look_over(target.as_bytes());
    let (text, query) = target.split_at_checked(end).unwrap_or((target, ""));
    if !query.is_empty() && query.as_bytes().contains(&b'#') {
        return Err(PathError::Fragment);
    }
    let rest = text.strip_prefix('/').ok_or(PathError::NotRooted)?;
    if seen & ODD_BYTE != 0 {
        check_bytes(text.as_bytes())?;
    }
    if seen & ODD_SEGMENT != 0 && !rest.is_empty() {
        check_segments(rest)?;
    }
    let is_encoded = seen & PERCENT != 0;
    Ok(Path { text, is_encoded })
}

/// Whether a target consists of plain words, so that no byte of it needs a closer look.
fn is_plain(target: &[u8]) -> bool {
    let is_odd = |byte| is_odd(byte) | (byte == b'?');
    let begins_oddly = |slash, byte| (slash == b'/') & ((byte == b'/') | (byte == b'.'));
    let is_rooted = target.first() == Some(&b'/');
    let ends_oddly = target.len() > 1 && target.last() == Some(&b'/');
    is_rooted
        && !ends_oddly
        && !any_pair(target, |before, byte| {
            is_odd(byte) | begins_oddly(before, byte)
        })
}

/// Whether a byte needs a closer look; without branches, because many are asked about at once.
const fn is_odd(byte: u8) -> bool {
    let is_visible = byte.wrapping_sub(b'!') < 0x7f - b'!';
    !is_visible | (byte == b'%') | (byte == b'\\') | (byte == b';') | (byte == b'#')
}

/// A byte that needs a closer look.
const ODD_BYTE: u8 = 1;
/// A slash before which, or a byte after a slash with which, a segment needs a closer look.
const ODD_SEGMENT: u8 = 2;
const SLASH: u8 = 4;
const PERCENT: u8 = 8;
/// The byte that ends a path.
const QUERY: u8 = 16;

/// What is to be known of each byte.
#[expect(
    clippy::indexing_slicing,
    reason = "worked out when this is compiled, where a panic is an error"
)]
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'/' => SLASH | ODD_SEGMENT,
            b'.' => ODD_SEGMENT,
            b'%' => ODD_BYTE | ODD_SEGMENT | PERCENT,
            b'?' => QUERY,
            other if is_odd(other) => ODD_BYTE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Where the path of a target ends, whether any byte of it is odd or encoded, and whether any
/// segment is empty or begins as a dot segment could.
fn look_over(target: &[u8]) -> (usize, u8) {
    let (mut end, mut seen, mut before) = (0, 0, 0);
    for byte in target {
        let class = CLASSES.get(usize::from(*byte)).copied().unwrap_or(ODD_BYTE);
        if class == QUERY {
            break;
        }
        // A slash before a byte moves to the place of what is odd only there.
        seen |= (class & (ODD_BYTE | PERCENT)) | ((before & SLASH) >> 1 & class);
        before = class;
        end += 1;
    }
    (end, seen | ((before & SLASH) >> 1))
}

fn check_bytes(mut bytes: &[u8]) -> Result<(), PathError> {
    while let Some((&byte, rest)) = bytes.split_first() {
        bytes = match byte {
            b'%' => check_encoded(bytes)?,
            b'#' => return Err(PathError::Fragment),
            b'\\' => return Err(PathError::Separator),
            b';' => return Err(PathError::Semicolon),
            0..=b' ' | 0x7f => return Err(PathError::Control),
            0x80.. => return Err(PathError::NonAscii),
            _ => rest,
        };
    }
    Ok(())
}

/// Checks one percent-encoded character, of one to four bytes, and gives what follows it.
fn check_encoded(bytes: &[u8]) -> Result<&[u8], PathError> {
    let (first, mut rest) = decode(bytes).ok_or(PathError::Encoding)?;
    match first {
        b'/' | b'\\' => return Err(PathError::Separator),
        0..b' ' | 0x7f => return Err(PathError::Control),
        _ => {}
    }
    let mut character = [first, 0, 0, 0];
    let length = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    for slot in character.iter_mut().take(length).skip(1) {
        (*slot, rest) = decode(rest).ok_or(PathError::Encoding)?;
    }
    let valid = character
        .get(..length)
        .is_some_and(|text| std::str::from_utf8(text).is_ok());
    if valid {
        Ok(rest)
    } else {
        Err(PathError::Encoding)
    }
}

/// The byte that `%XX` at the front stands for, and what follows.
fn decode(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&[b'%', high, low], rest) = bytes.split_first_chunk::<3>()? else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(((digit(high)? << 4) | digit(low)?, rest))
}

fn check_segments(path: &str) -> Result<(), PathError> {
    for segment in path.split('/') {
        if segment.is_empty() {
            return Err(PathError::EmptySegment);
        }
        if matches!(segment.as_bytes().first(), Some(b'.' | b'%')) && is_dots(segment) {
            return Err(PathError::DotSegment);
        }
    }
    Ok(())
}

fn is_dots(segment: &str) -> bool {
    spells(segment, ".") || spells(segment, "..")
}

/// Whether a segment, once decoded, is exactly `word`.
pub(super) fn spells(segment: &str, word: &str) -> bool {
    let mut rest = segment.as_bytes();
    for &wanted in word.as_bytes() {
        let Some((byte, after)) = decode(rest).or_else(|| rest.split_first().map(|(b, r)| (*b, r)))
        else {
            return false;
        };
        if byte != wanted {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_seems_plain_is_so_at_a_closer_look(target in "(/|[/%.;?#\\\\ \x7f\x01é]|[a-z~!]{1,9}){0,9}") {
            let closely = clean_closely(&target);
            match is_plain(target.as_bytes()) {
                true => prop_assert_eq!(closely, Ok(Path { text: &target, is_encoded: false })),
                // Only what is odd needs the closer look.
                false => prop_assert!(closely.is_err() || target.contains(['%', '?', '.'])),
            }
        }
    }

    #[test]
    fn no_character_seems_plain_that_needs_a_closer_look() {
        let characters = ('\0'..='\u{ff}').chain(['\u{2028}', '\u{1f511}']);
        for character in characters {
            for around in [
                ("/", ""),
                ("/a", "b"),
                ("/a/", "b"),
                ("/a", ""),
                ("/0123456789abcdef/", ""),
            ] {
                let target = format!("{}{character}{}", around.0, around.1);
                let closely = clean_closely(&target).map(|path| path.text);
                if is_plain(target.as_bytes()) {
                    assert_eq!(closely, Ok(&*target), "{character:?}");
                } else {
                    assert!(
                        closely.is_err() || "%?.".contains(character),
                        "{character:?}"
                    );
                }
            }
        }
    }

    fn cleaned(target: &str) -> Result<&str, PathError> {
        clean(target).map(|path| path.text)
    }

    #[test]
    fn f07_the_query_is_cut_off_and_a_fragment_is_refused() {
        assert_eq!(cleaned("/v1/a?x=/v1/b"), Ok("/v1/a"));
        assert_eq!(cleaned("/v1/a??b=../.."), Ok("/v1/a"));
        assert_eq!(cleaned("/?"), Ok("/"));
        for target in ["/v1/a#/v1/b", "/v1/a?x#y", "/#"] {
            assert_eq!(cleaned(target), Err(PathError::Fragment), "{target}");
        }
    }

    #[test]
    fn f25_only_one_slash_begins_a_path() {
        assert_eq!(cleaned("//evil/x"), Err(PathError::EmptySegment));
        assert_eq!(cleaned("/x:y@z"), Ok("/x:y@z"));
        for target in ["", "v1", "*", "http://a/b", "?x", "#", "\\a"] {
            assert_eq!(cleaned(target), Err(PathError::NotRooted), "{target}");
        }
    }

    #[test]
    fn paths_that_others_may_read_differently_are_refused() {
        let cases = [
            ("/a/", PathError::EmptySegment),
            ("/a//b", PathError::EmptySegment),
            ("/a/./b", PathError::DotSegment),
            ("/a/..", PathError::DotSegment),
            ("/a/%2e%2E/b", PathError::DotSegment),
            ("/a/.%2e", PathError::DotSegment),
            ("/a/%2e", PathError::DotSegment),
            ("/a%2fb", PathError::Separator),
            ("/a%2Fb", PathError::Separator),
            ("/a%5cb", PathError::Separator),
            ("/a\\b", PathError::Separator),
            ("/a;b=c", PathError::Semicolon),
            ("/a\tb", PathError::Control),
            ("/a b", PathError::Control),
            ("/a%00", PathError::Control),
            ("/a%0d%0ab", PathError::Control),
            ("/a%7f", PathError::Control),
            ("/é", PathError::NonAscii),
            ("/a%", PathError::Encoding),
            ("/a%2", PathError::Encoding),
            ("/a%zz", PathError::Encoding),
            ("/a%+1", PathError::Encoding),
            ("/%c0%ae%c0%ae/b", PathError::Encoding),
            ("/%e0%80%af", PathError::Encoding),
            ("/%ff", PathError::Encoding),
            ("/%c3x", PathError::Encoding),
        ];
        for (target, expected) in cases {
            assert_eq!(cleaned(target), Err(expected), "{target}");
        }
        for good in [
            "/",
            "/...",
            "/.well-known/x",
            "/caf%C3%A9",
            "/a%20b",
            "/a:b@c!$&'()*+,=~",
        ] {
            assert_eq!(cleaned(good), Ok(good));
        }
    }
}
