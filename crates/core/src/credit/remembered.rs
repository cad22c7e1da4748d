//! Which charges are known again by an idempotency key.

use std::collections::{HashMap, VecDeque};

use super::order::Remember;
use super::place::Place;
use crate::model::{SpendId, Timestamp};

/// For how long a charge is known by its idempotency key: 24 hours.
pub const REMEMBERED_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The charges of the last 24 hours that had an idempotency key, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    known: HashMap<u128, Known>,
    /// In the order in which they are forgotten; some are forgotten earlier.
    order: VecDeque<(u128, SpendId)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    fingerprint: u64,
    spend: SpendId,
}

/// What is known of an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recalled {
    /// Nothing.
    Unknown,
    /// It stands for this charge.
    Same(SpendId),
    /// It stands for a charge of something else.
    Other,
}

impl Remembered {
    pub(super) fn recall(&self, asked: Remember, now: Timestamp) -> Recalled {
        match self.known.get(&asked.name) {
            Some(known) if has_run_out(known.spend, now) => Recalled::Unknown,
            None => Recalled::Unknown,
            Some(known) if known.fingerprint == asked.fingerprint => Recalled::Same(known.spend),
            Some(_) => Recalled::Other,
        }
    }

    pub(super) fn keep(&mut self, asked: Remember, spend: SpendId) {
        let fingerprint = asked.fingerprint;
        self.known.insert(asked.name, Known { fingerprint, spend });
        self.order.push_back((asked.name, spend));
    }

    /// Forgets a name if it stands for that charge.
    pub(super) fn forget(&mut self, name: u128, spend: SpendId) {
        if self.known.get(&name).is_some_and(|one| one.spend == spend) {
            self.known.remove(&name);
        }
    }

    /// Forgets what is a day old.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        while let Some((name, spend)) = self.order.front().copied()
            && has_run_out(spend, now)
        {
            self.order.pop_front();
            self.forget(name, spend);
        }
    }

    /// Takes back the last that was kept.
    pub(super) fn unkeep(&mut self, name: u128, spend: SpendId) {
        self.forget(name, spend);
        if self.order.back() == Some(&(name, spend)) {
            self.order.pop_back();
        }
    }

    /// Knows again what was forgotten.
    pub(super) fn unforget(&mut self, asked: Remember, spend: SpendId) {
        let fingerprint = asked.fingerprint;
        self.known.insert(asked.name, Known { fingerprint, spend });
    }

    /// What stands under a name.
    pub(super) fn get(&self, name: u128) -> Option<(Remember, SpendId)> {
        let Known { fingerprint, spend } = *self.known.get(&name)?;
        Some((Remember { name, fingerprint }, spend))
    }

    /// How much memory is taken: one for each place in the order, those forgotten earlier too.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }
}

fn has_run_out(spend: SpendId, now: Timestamp) -> bool {
    Place::written_at(spend).plus_millis(REMEMBERED_MILLIS) <= now
}
