//! A clock for tests.

use std::sync::atomic::{AtomicI64, Ordering};

use keystile_core::model::Timestamp;
use keystile_store::{Clock, WallClock};

/// A clock whose hands are moved.
#[derive(Debug)]
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn now() -> Self {
        Self::at(WallClock.now().millis())
    }

    pub(crate) fn at(millis: i64) -> Self {
        Self(AtomicI64::new(millis))
    }

    pub(crate) fn move_by(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}
