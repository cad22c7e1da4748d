//! Numbers for places that are used again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers that are given out, the smallest first; those given back go out again.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    given: AtomicU32,
    back: Mutex<Vec<u32>>,
}

impl Numbers {
    pub(super) fn take(&self) -> u32 {
        let again = self.back().pop();
        again.unwrap_or_else(|| self.given.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn give_back(&self, number: u32) {
        self.back().push(number);
    }

    /// How many different numbers were ever given out.
    pub(super) fn count(&self) -> u32 {
        self.given.load(Ordering::Relaxed)
    }

    fn back(&self) -> MutexGuard<'_, Vec<u32>> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_come_back_go_out_again() {
        let numbers = Numbers::default();
        assert_eq!([numbers.take(), numbers.take(), numbers.take()], [0, 1, 2]);
        numbers.give_back(1);
        assert_eq!([numbers.take(), numbers.take()], [1, 3]);
    }
}
