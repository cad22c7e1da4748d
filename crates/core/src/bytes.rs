//! Looking for odd bytes in texts that nearly always have none.
//!
//! As many bytes as fit into a vector are looked at together, without branches; of the last ones
//! some may be looked at twice.

/// How many bytes are looked at together.
const MANY: usize = 16;
const HALF: usize = MANY / 2;

/// Whether a byte stands in a JSON string only escaped (RFC 8259 §7).
#[must_use]
pub const fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Whether any of them is such a byte.
#[inline]
pub fn any(bytes: &[u8], is_such: impl Fn(u8) -> bool + Copy) -> bool {
    any_of_both(bytes, bytes, |byte, _| is_such(byte))
}

/// Whether any two of them, one after the other, are such a pair.
#[inline]
pub fn any_pair(bytes: &[u8], is_such: impl Fn(u8, u8) -> bool + Copy) -> bool {
    match (bytes.split_last(), bytes.split_first()) {
        (Some((_, before)), Some((_, after))) => any_of_both(before, after, is_such),
        _ => false,
    }
}

/// Whether any byte is such a pair with the one at the same place of the other text, which is as
/// long.
#[inline]
fn any_of_both(one: &[u8], other: &[u8], is_such: impl Fn(u8, u8) -> bool + Copy) -> bool {
    let at_once = |one: &[u8; MANY], other: &[u8; MANY]| {
        // In this form compilers know what to make of it.
        let is_such = |at: usize| match (one.get(at), other.get(at)) {
            (Some(one), Some(other)) => u8::from(is_such(*one, *other)),
            _ => 0,
        };
        u128::from_ne_bytes(std::array::from_fn(is_such)) != 0
    };
    if let (Some(last), Some(other_last)) = (one.last_chunk(), other.last_chunk()) {
        let chunks = one.as_chunks().0.iter().zip(other.as_chunks().0);
        return at_once(last, other_last)
            || chunks.fold(false, |any, (one, other)| any | at_once(one, other));
    }
    match (ends(one), ends(other)) {
        (Some(one), Some(other)) => at_once(&one, &other),
        _ => one
            .iter()
            .zip(other)
            .any(|(one, other)| is_such(*one, *other)),
    }
}

/// What a text begins and ends with, which together is all of it if it is shorter than [`MANY`].
#[inline]
fn ends(text: &[u8]) -> Option<[u8; MANY]> {
    let mut ends = [0; MANY];
    let (first, last) = ends.split_at_mut(HALF);
    first.copy_from_slice(text.first_chunk::<HALF>()?);
    last.copy_from_slice(text.last_chunk::<HALF>()?);
    Some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_such_byte_is_seen_wherever_it_stands() {
        for length in 0..70 {
            let mut bytes = vec![b'a'; length];
            assert!(!any(&bytes, |byte| byte == b'"'), "{length}");
            for at in 0..length {
                bytes[at] = b'"';
                assert!(any(&bytes, |byte| byte == b'"'), "{at} of {length}");
                bytes[at] = b'a';
            }
        }
    }

    #[test]
    fn one_such_pair_is_seen_wherever_it_stands() {
        let is_end = |one, other| one == b'/' && other == b'.';
        for length in 0..70 {
            let mut bytes = vec![b'a'; length];
            for at in 1..length {
                bytes[at - 1..=at].copy_from_slice(b"/.");
                assert!(any_pair(&bytes, is_end), "{at} of {length}");
                bytes[at - 1..=at].copy_from_slice(b"./");
                assert!(!any_pair(&bytes, is_end), "{at} of {length}");
                bytes[at - 1..=at].copy_from_slice(b"aa");
            }
        }
    }
}
