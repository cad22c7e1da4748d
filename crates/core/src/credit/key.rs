//! What single keys spent, for their caps.

use super::order::{CapPeriod, Refusal};
use super::place::Place;
use crate::model::{SpendCaps, Timestamp};

/// What a key spent, less what was given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeySpending {
    /// In all.
    pub total: u64,
    /// The day of the last charge, in days since 1970.
    pub day: i64,
    /// What was spent on that day.
    pub of_day: u64,
    /// The month of the last charge, in months since January 1970.
    pub month: i64,
    /// What was spent in that month.
    pub of_month: u64,
    /// The last entry of the ledger that counts in this.
    pub last: Option<Place>,
}

impl KeySpending {
    /// What a charge of so much at that time would be beyond, if anything.
    ///
    /// # Errors
    /// The first cap that does not let it through.
    pub fn fits(
        mut self,
        amount: u64,
        caps: Option<&SpendCaps>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(caps) = caps else {
            return Ok(());
        };
        self.turn_to(now);
        let counted = [
            (CapPeriod::Day, caps.day, self.of_day),
            (CapPeriod::Month, caps.month, self.of_month),
            (CapPeriod::Total, caps.total, self.total),
        ];
        for (period, cap, spent) in counted {
            if let Some(cap) = cap
                && spent.saturating_add(amount) > cap
            {
                return Err(Refusal::CapReached { period, cap, spent });
            }
        }
        Ok(())
    }

    /// What it spent of the day, of the month and in all, at that time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> [u64; 3] {
        self.turn_to(now);
        [self.of_day, self.of_month, self.total]
    }

    /// Counts a charge.
    pub(super) fn add(&mut self, amount: u64, now: Timestamp) {
        self.turn_to(now);
        for sum in [&mut self.total, &mut self.of_day, &mut self.of_month] {
            *sum = sum.saturating_add(amount);
        }
    }

    /// Takes back a part of a charge of that time.
    pub(super) fn give_back(&mut self, amount: u64, charged: Timestamp) {
        self.total = self.total.saturating_sub(amount);
        if charged.utc_day() == self.day {
            self.of_day = self.of_day.saturating_sub(amount);
        }
        if charged.utc_month() == self.month {
            self.of_month = self.of_month.saturating_sub(amount);
        }
    }

    fn turn_to(&mut self, now: Timestamp) {
        let (day, month) = (now.utc_day(), now.utc_month());
        if day != self.day {
            (self.day, self.of_day) = (day, 0);
        }
        if month != self.month {
            (self.month, self.of_month) = (month, 0);
        }
    }
}
