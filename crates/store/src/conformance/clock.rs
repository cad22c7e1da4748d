//! A clock that tests set.

use std::sync::atomic::{AtomicI64, Ordering};

use keystile_core::model::Timestamp;

use super::sample::START;
use crate::Clock;

/// Stands still until it is set.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START.millis()))
    }
}

impl TestClock {
    /// Sets it, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
