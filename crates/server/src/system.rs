//! The operating system's random source, the one place that touches it.

use keystile_core::key::{Random, RandomError};

/// `getrandom(2)`, for every key anew, so that a machine restored twice repeats nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(out).map_err(|_| RandomError)
    }
}
