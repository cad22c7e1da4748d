//! How fast the machine itself is at the moment: it may have other work, of this system or of a
//! neighbour's, and then what is measured says as much about that.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

/// Memory that no cache holds, in words.
const WORDS: usize = (256 << 20) / size_of::<u64>();

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A machine that is looked at now and then.
pub(crate) struct Machine {
    memory: Vec<u64>,
    next: u64,
    seen: Vec<Pace>,
}

/// What does nothing but wait for the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Nanoseconds of a read anywhere in memory that waits for the one before.
    pub(crate) read: f64,
    /// Nanoseconds of a thousand steps of arithmetic that waits for nothing.
    pub(crate) steps: f64,
}

impl Machine {
    pub(crate) fn new() -> Self {
        // Written, so that it is there.
        Self {
            memory: vec![1; WORDS],
            next: 1,
            seen: Vec::new(),
        }
    }

    /// Looks at it for some microseconds.
    pub(crate) fn look(&mut self) {
        const READS: u32 = 32;
        const ROUNDS: u32 = 2_000;
        let read = nanoseconds(|| self.read(READS)) / f64::from(READS);
        let steps = nanoseconds(|| arithmetic(ROUNDS)) / f64::from(ROUNDS) / 8.0 * 1_000.0;
        self.seen.push(Pace { read, steps });
    }

    fn read(&mut self, times: u32) {
        for _ in 0..times {
            let place = usize::try_from(self.next >> 32).unwrap_or(0) % WORDS;
            let read = self.memory.get(place).copied().unwrap_or(0);
            self.next = self.next.wrapping_mul(MULTIPLIER).wrapping_add(read);
        }
        black_box(self.next);
    }

    /// The medians of what was seen since this was asked last.
    pub(crate) fn pace(&mut self) -> Pace {
        let seen = std::mem::take(&mut self.seen);
        let median = |of: fn(&Pace) -> f64| {
            let mut all: Vec<_> = seen.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(0.0)
        };
        Pace {
            read: median(|pace| pace.read),
            steps: median(|pace| pace.steps),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, steps } = self;
        write!(
            f,
            "a random read {read:.0} ns, 1000 steps of arithmetic {steps:.0} ns"
        )
    }
}

/// Eight chains of steps, each waiting for its own only.
fn arithmetic(rounds: u32) {
    let mut chains: [u64; 8] = black_box([1, 2, 3, 4, 5, 6, 7, 8]);
    for round in 0..rounds {
        for chain in &mut chains {
            *chain = chain.wrapping_mul(MULTIPLIER).rotate_left(7) ^ u64::from(round);
        }
    }
    black_box(chains);
}

#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn nanoseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e9
}
