//! Telling the processor what is going to be read, so that it is near by then.
//!
//! Keys lie anywhere in memory, and a processor that waits for one can do little else: it looks some
//! hundred steps ahead and no further. What it is told of beforehand it fetches beside its work. Of
//! hundreds of hints at once it lets some go, so they are given a few at a time, with work between.

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
