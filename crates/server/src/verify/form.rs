//! Texts with holes for identifiers.
//!
//! Whoever appends piece after piece looks for each whether there is room, which takes longer than
//! to put a short piece there. A form is appended at once, and filled in where it stands.

use keystile_core::model::{ID_DIGITS, id_digits};

/// What a hole is made of, as often as an identifier has digits.
const HOLE: u8 = b'.';

/// A text with holes where the digits of identifiers go.
pub(super) struct Form<const LENGTH: usize, const HOLES: usize> {
    text: [u8; LENGTH],
    /// Where each begins.
    holes: [usize; HOLES],
}

impl<const LENGTH: usize, const HOLES: usize> Form<LENGTH, HOLES> {
    /// The form that is written like this.
    #[expect(
        clippy::indexing_slicing,
        reason = "worked out when this is compiled, where a panic is an error"
    )]
    pub(super) const fn new(text: &[u8; LENGTH]) -> Self {
        let mut holes = [0; HOLES];
        let (mut at, mut found) = (0, 0);
        while at < LENGTH {
            if text[at] == HOLE {
                holes[found] = at;
                found += 1;
                let end = at + ID_DIGITS;
                while at < end {
                    assert!(text[at] == HOLE, "too short a hole");
                    at += 1;
                }
            }
            at += 1;
        }
        assert!(found == HOLES, "too few holes");
        Self { text: *text, holes }
    }

    /// Appends it with the digits of these filled in.
    #[inline]
    pub(super) fn push_to(&self, out: &mut Vec<u8>, identifiers: [u128; HOLES]) {
        out.extend_from_slice(&self.text);
        let Some(text) = out.last_chunk_mut::<LENGTH>() else {
            return;
        };
        for (identifier, hole) in identifiers.into_iter().zip(self.holes) {
            let hole = text.get_mut(hole..).and_then(<[u8]>::first_chunk_mut);
            if let Some(hole) = hole {
                id_digits(identifier, hole);
            }
        }
    }
}
