//! A planted fault: answers come from a copy that is always one change behind.

use std::sync::Mutex;

use keystile_core::engine::Engine;
use keystile_core::snapshot::Applied;

use crate::Verifier;
use crate::world::Verdict;

pub(crate) struct OneBehind {
    current: Engine,
    copy: Engine,
    waiting: Mutex<Option<(u64, Vec<Applied>)>>,
}

impl OneBehind {
    pub(crate) fn new(current: Engine, copy: Engine) -> Self {
        Self {
            current,
            copy,
            waiting: Mutex::new(None),
        }
    }
}

impl Verifier for OneBehind {
    fn verify(&self, number: u64, generation: u64) -> Verdict {
        Verifier::verify(&self.copy, number, generation)
    }

    fn apply(&self, seq: u64, row: Vec<Applied>) {
        let mut waiting = self.waiting.lock().expect("not poisoned");
        if let Some((earlier, row)) = waiting.replace((seq, row.clone())) {
            Verifier::apply(&self.copy, earlier, row);
        }
        Verifier::apply(&self.current, seq, row);
    }
}
