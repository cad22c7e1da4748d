//! What was seen, and whether it can have been so.

use std::collections::BTreeMap;

use crate::world::{Verdict, World};

/// One verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) number: u64,
    pub(crate) generation: u64,
    /// The last change that was acknowledged before it began.
    pub(crate) begin: u64,
    /// The last change that had begun when it ended.
    pub(crate) end: u64,
    pub(crate) verdict: Verdict,
}

/// One run.
pub(crate) struct History {
    /// The world after each change; the first is the world before any.
    pub(crate) changes: Vec<World>,
    pub(crate) observations: Vec<Observation>,
}

impl History {
    /// The verdicts that no state between begin and end explains.
    pub(crate) fn violations(&self) -> impl Iterator<Item = Observation> {
        self.observations
            .iter()
            .copied()
            .filter(|seen| !self.explains(seen))
    }

    fn explains(&self, seen: &Observation) -> bool {
        let at = |seq| usize::try_from(seq).expect("a place");
        let end = at(seen.end).min(self.changes.len() - 1);
        let mut states = self.changes[at(seen.begin)..=end].iter();
        states.any(|world| world.verdict(seen.number, seen.generation) == seen.verdict)
    }

    /// How often each verdict was given.
    pub(crate) fn verdicts(&self) -> BTreeMap<Verdict, usize> {
        let mut counts = BTreeMap::new();
        self.observations
            .iter()
            .for_each(|seen| *counts.entry(seen.verdict).or_default() += 1);
        counts
    }
}
