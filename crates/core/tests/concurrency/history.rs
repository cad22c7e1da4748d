//! What was seen, and whether it can have been so.

use std::collections::BTreeMap;

use crate::question::{OK, Question, RATE_LIMITED, Verdict};
use crate::world::{Counted, PERIOD_SECONDS, World};

/// How long all limits count, in milliseconds.
const PERIOD: u64 = PERIOD_SECONDS as u64 * 1000;

/// How long a call may count at most: a period, a piece of it, and what is not told apart.
const COUNTS_AT_MOST: u64 = PERIOD * 34 / 31 + 100;

/// One verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) asked: Question,
    /// The last change that was acknowledged before it began, and the time then.
    pub(crate) begin: (u64, u64),
    /// The last change that had begun when it ended, and the time then.
    pub(crate) end: (u64, u64),
    pub(crate) verdict: Verdict,
}

/// One run.
pub(crate) struct History {
    /// The world after each change; the first is the world before any.
    pub(crate) changes: Vec<World>,
    pub(crate) observations: Vec<Observation>,
}

/// An allowed call: when it began and ended, and the highest limit that can have been in force, if
/// there was one for certain.
type Call = (u64, u64, Option<u32>);

/// Allowed calls that are counted together.
#[derive(Default)]
struct Calls {
    by_begin: Vec<Call>,
    /// When they ended, in order.
    ends: Vec<u64>,
}

type Allowed = BTreeMap<Counted, Calls>;

impl Calls {
    /// How many may still have counted at some time between `begin` and `end`.
    fn counting(&self, begin: u64, end: u64) -> usize {
        let earliest = begin.saturating_sub(COUNTS_AT_MOST);
        let begun = self.by_begin.partition_point(|(began, ..)| *began <= end);
        let over = self.ends.partition_point(|ended| *ended < earliest);
        begun.saturating_sub(over)
    }
}

impl History {
    /// The verdicts that no state between begin and end explains.
    pub(crate) fn violations(&self) -> Vec<Observation> {
        let allowed = self.allowed();
        let seen = self.observations.iter().copied();
        let mut violations: Vec<_> = seen
            .filter(|seen| match seen.verdict {
                RATE_LIMITED => !self.explains_refusal(seen, &allowed),
                _ => !self.explains(seen),
            })
            .collect();
        violations.extend(self.excesses(&allowed));
        violations
    }

    /// The states that can have been current.
    fn states(&self, seen: &Observation) -> &[World] {
        let at = |seq| usize::try_from(seq).expect("a place");
        let end = at(seen.end.0).min(self.changes.len() - 1);
        &self.changes[at(seen.begin.0)..=end]
    }

    fn explains(&self, seen: &Observation) -> bool {
        let mut states = self.states(seen).iter();
        states.any(|world| world.verdict(&seen.asked) == seen.verdict)
    }

    /// Whether there was a limit that as many calls had used up.
    fn explains_refusal(&self, seen: &Observation, allowed: &Allowed) -> bool {
        let states = self.states(seen).iter();
        let mut allowing = states.filter(|world| world.verdict(&seen.asked) == OK);
        let used = |counted: Counted| {
            let calls = allowed.get(&counted);
            calls.map_or(0, |calls| calls.counting(seen.begin.1, seen.end.1))
        };
        allowing.any(|world| {
            let mut limits = world.limits(&seen.asked).into_iter();
            limits.any(|(counted, limit)| limit.is_some_and(|most| used(counted) >= most as usize))
        })
    }

    fn allowed(&self) -> Allowed {
        let mut allowed = Allowed::new();
        for seen in self.observations.iter().filter(|seen| seen.verdict == OK) {
            let states = self.states(seen).iter();
            let allowing = states.filter(|world| world.verdict(&seen.asked) == OK);
            let mut highest: BTreeMap<Counted, Option<u32>> = BTreeMap::new();
            for (counted, limit) in allowing.flat_map(|world| world.limits(&seen.asked)) {
                let known = highest.entry(counted).or_insert(limit);
                *known = known.zip(limit).map(|(known, limit)| known.max(limit));
            }
            for (counted, limit) in highest {
                let calls = allowed.entry(counted).or_default();
                calls.by_begin.push((seen.begin.1, seen.end.1, limit));
                calls.ends.push(seen.end.1);
            }
        }
        for calls in allowed.values_mut() {
            calls.by_begin.sort_unstable();
            calls.ends.sort_unstable();
        }
        allowed
    }

    /// Calls that were allowed although as many as allowed had been made within a period.
    fn excesses(&self, allowed: &Allowed) -> Vec<Observation> {
        let mut beyond = Vec::new();
        for (counted, calls) in allowed {
            let calls = &calls.by_begin;
            let mut limits: Vec<_> = calls.iter().filter_map(|(.., limit)| *limit).collect();
            limits.sort_unstable();
            limits.dedup();
            for most in limits {
                let under = calls
                    .iter()
                    .filter(|(.., limit)| limit.is_some_and(|one| one <= most));
                let under: Vec<_> = under.collect();
                beyond.extend(first_excess(&under, most).map(|at| (*counted, at)));
            }
        }
        let is_meant = |seen: &&Observation| {
            let limits = self.changes[0].limits(&seen.asked);
            let counted = limits.map(|(counted, _)| counted);
            let mut beyond = beyond.iter();
            beyond.any(|(one, at)| counted.contains(one) && seen.begin.1 == *at)
        };
        let seen = self.observations.iter().filter(|seen| seen.verdict == OK);
        seen.filter(is_meant).copied().collect()
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

/// When a period begins that has more than `most` of these calls wholly within it.
fn first_excess(calls: &[&Call], most: u32) -> Option<u64> {
    let most = most as usize;
    let begins = calls.windows(most + 1).enumerate().filter(|(_, few)| {
        // At least so many begin within the period: worth looking at when they end.
        few[most].0 < few[0].0 + PERIOD
    });
    let mut begins = begins.map(|(at, few)| (at, few[0].0));
    let crowded = begins.find(|(at, begin)| {
        let end = begin + PERIOD;
        let within = calls[*at..].iter().take_while(|call| call.0 < end);
        within.filter(|call| call.1 < end).count() > most
    });
    crowded.map(|(_, begin)| begin)
}
