//! How fast a core is at what needs nothing but the core.

use std::hint::black_box;
use std::time::Instant;

/// An odd number with its bits well spread, after which nothing is told by what was before.
pub(crate) const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Nanoseconds of a thousand steps of arithmetic in registers that wait for nothing, seen over some
/// microseconds. Whoever shares the core takes half of it.
pub(crate) fn thousand_steps() -> f64 {
    const ROUNDS: u32 = 2_000;
    // Each waits for its own only.
    let mut chains: [u64; 8] = black_box([1, 2, 3, 4, 5, 6, 7, 8]);
    let took = nanoseconds(|| {
        for round in 0..ROUNDS {
            for chain in &mut chains {
                *chain = chain.wrapping_mul(MULTIPLIER).rotate_left(7) ^ u64::from(round);
            }
        }
        black_box(chains);
    });
    took * 1_000.0 / (f64::from(ROUNDS) * 8.0)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures")]
pub(crate) fn nanoseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e9
}
