//! Planted faults, to see that the checker finds them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use keystile_core::engine::Engine;
use keystile_core::snapshot::Applied;

use crate::Verifier;
use crate::question::{Question, Verdict};

/// Answers come from a copy that is always one change behind.
pub(crate) struct OneBehind {
    copy: Engine,
    waiting: Mutex<Option<(u64, Vec<Applied>)>>,
}

/// Every other call is answered by an engine of its own, so that each counts for itself.
pub(crate) struct Halves {
    engines: [Engine; 2],
    turn: AtomicU64,
}

impl OneBehind {
    pub(crate) fn new(copy: Engine) -> Self {
        Self {
            copy,
            waiting: Mutex::new(None),
        }
    }
}

impl Halves {
    pub(crate) fn new(engines: [Engine; 2]) -> Self {
        Self {
            engines,
            turn: AtomicU64::new(0),
        }
    }
}

impl Verifier for OneBehind {
    fn verify(&self, asked: &Question, tick: &dyn Fn() -> u64) -> Verdict {
        Verifier::verify(&self.copy, asked, tick)
    }

    fn apply(&self, seq: u64, row: Vec<Applied>) {
        let mut waiting = self.waiting.lock().expect("not poisoned");
        if let Some((earlier, row)) = waiting.replace((seq, row)) {
            Verifier::apply(&self.copy, earlier, row);
        }
    }
}

impl Verifier for Halves {
    fn verify(&self, asked: &Question, tick: &dyn Fn() -> u64) -> Verdict {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Verifier::verify(&self.engines[usize::from(turn % 2 == 1)], asked, tick)
    }

    fn apply(&self, seq: u64, row: Vec<Applied>) {
        for engine in &self.engines {
            Verifier::apply(engine, seq, row.clone());
        }
    }
}
