//! The texts of an entry in one piece, which for nearly all keys stands in the entry itself.

/// How many bytes need no memory of their own: a name, a start and their lengths.
const SHORT: usize = 39;

/// A few short texts, one after the other.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// In place; what is not used is zero.
    Short([u8; SHORT]),
    /// Elsewhere.
    Long(Box<[u8]>),
}

impl Text {
    /// Puts these together.
    pub(super) fn of(parts: &[&str]) -> Self {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let bytes = parts.iter().flat_map(|part| part.bytes());
        if length > SHORT {
            return Self::Long(bytes.collect());
        }
        let mut short = [0; SHORT];
        for (slot, byte) in short.iter_mut().zip(bytes) {
            *slot = byte;
        }
        Self::Short(short)
    }

    /// The text that stands from `from` to `to`, as bytes: to see that they are text takes longer
    /// than to copy them.
    #[inline]
    pub(super) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        let all: &[u8] = match self {
            Self::Short(bytes) => bytes,
            Self::Long(bytes) => bytes,
        };
        all.get(from..to).unwrap_or_default()
    }

    /// The text that stands from `from` to `to`.
    pub(super) fn get(&self, from: usize, to: usize) -> &str {
        std::str::from_utf8(self.bytes(from, to)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_are_read_as_they_were_put() {
        for length in [0, 1, SHORT - 4, SHORT - 3, SHORT - 2, 300] {
            let name = "n".repeat(length);
            let text = Text::of(&[&name, "\u{e9}", "b"]);
            assert_eq!(text.get(0, length), name);
            assert_eq!(text.get(length, length + 2), "\u{e9}");
            assert_eq!(text.get(length + 2, length + 3), "b");
            assert_eq!(matches!(text, Text::Short(_)), length + 3 <= SHORT);
        }
    }

    #[test]
    fn half_a_character_is_no_text() {
        assert_eq!(Text::of(&["\u{e9}"]).get(0, 1), "");
    }
}
