//! Telling the processor what is going to be read, so that it is near by then.
//!
//! Keys lie anywhere in memory, and a processor that waits for one can do little else: it looks some
//! hundred steps ahead and no further. What it is told of beforehand it fetches beside its work. Of
//! hundreds of hints at once it lets some go; so many are read for good, one right after the other,
//! that it waits for a dozen at a time.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

/// Says that this is going to be read soon. It changes nothing but how long that takes.
#[inline]
pub(crate) fn approach<T>(what: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction is a hint: it reads nothing that the program could see, writes
        // nothing, and does not fault, whatever the address (AMD64 Architecture Programmer's Manual,
        // volume 3, PREFETCHlevel); and the address is that of a reference. It belongs to SSE, which
        // every processor of this architecture has.
        #[expect(unsafe_code, reason = "there is no safe way to give a hint")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(what).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = what;
}

/// Words that lie anywhere in memory, each where something is going to be read soon.
#[derive(Debug)]
pub(crate) struct Soon<'m>(Vec<&'m AtomicU64>);

impl<'m> Soon<'m> {
    /// Room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// These too.
    #[inline]
    pub(crate) fn add(&mut self, words: impl IntoIterator<Item = &'m AtomicU64>) {
        self.0.extend(words);
    }

    /// Lets all of them come near.
    #[inline(never)]
    pub(crate) fn approach(self) {
        // Nothing but reading happens in here, so that much of it is seen ahead.
        let read = |seen, word: &&AtomicU64| seen ^ word.load(Ordering::Relaxed);
        black_box(self.0.iter().fold(0, read));
    }
}
