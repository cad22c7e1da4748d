//! How fast the machine itself is at the moment: it may have other work, of this system or of a
//! neighbour's, and then what is measured says as much about that.

mod steps;

use std::fmt;
use std::hint::black_box;

use steps::{MULTIPLIER, nanoseconds, thousand_steps};

/// Memory that no cache holds, in words.
const WORDS: usize = (256 << 20) / size_of::<u64>();

/// A machine that is looked at now and then.
pub(crate) struct Machine {
    memory: Vec<u64>,
    next: u64,
    seen: Vec<Pace>,
}

/// What does nothing but wait for the machine.
pub(crate) struct Pace {
    /// Nanoseconds of a read anywhere in memory that waits for the one before.
    read: f64,
    /// Nanoseconds of a thousand steps of arithmetic that waits for nothing.
    steps: f64,
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
        let read = nanoseconds(|| self.read(READS)) / f64::from(READS);
        let steps = thousand_steps();
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
