//! Small values in places that are read while they may be written.
//!
//! Each word is atomic by itself; that the words of one value belong together is known from the
//! index's version, under which they are read.

use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a text cell.
const WORDS: usize = 5;

/// How many bytes a text cell has.
pub(super) const TEXT: usize = WORDS * size_of::<u64>();

/// Room for a short text.
#[derive(Debug, Default)]
pub(super) struct TextCell([AtomicU64; WORDS]);

/// Room for an identifier.
#[derive(Debug, Default)]
pub(super) struct IdCell([AtomicU64; 2]);

impl TextCell {
    /// Puts these texts there, one after the other; whatever does not fit is lost.
    pub(super) fn put(&self, texts: &[&[u8]]) {
        let mut bytes = [0; TEXT];
        let all = texts.iter().copied().flatten();
        for (slot, byte) in bytes.iter_mut().zip(all) {
            *slot = *byte;
        }
        for (word, bytes) in self.0.iter().zip(bytes.as_chunks().0) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
    }

    /// A word of it.
    #[inline]
    pub(super) fn word(&self) -> &AtomicU64 {
        let [.., last] = &self.0;
        last
    }

    #[inline]
    pub(super) fn read(&self) -> [u8; TEXT] {
        let mut bytes = [0; TEXT];
        for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(&self.0) {
            *slot = word.load(Ordering::Relaxed).to_le_bytes();
        }
        bytes
    }
}

impl IdCell {
    pub(super) fn put(&self, id: [u8; 16]) {
        for (word, bytes) in self.0.iter().zip(id.as_chunks().0) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn read(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(&self.0) {
            *slot = word.load(Ordering::Relaxed).to_le_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_one_after_the_other_and_leave_nothing_behind() {
        let cell = TextCell::default();
        cell.put(&[&[7; TEXT]]);
        cell.put(&[b"ab", b"", b"c"]);
        let read = cell.read();
        assert!(read.starts_with(b"abc") && read[3..] == [0; TEXT - 3]);
        cell.put(&[&[1; TEXT], &[2; 3]]);
        assert_eq!(cell.read(), [1; TEXT]);
    }

    #[test]
    fn an_identifier_is_read_as_it_was_put() {
        let (cell, id) = (IdCell::default(), std::array::from_fn(|at| at as u8));
        cell.put(id);
        assert_eq!(cell.read(), id);
    }
}
