//! How much one key may spend.

/// How many credits a key may spend. At least one of them is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendCaps {
    /// In a day of the calendar, in UTC.
    pub day: Option<u64>,
    /// In a month of the calendar, in UTC.
    pub month: Option<u64>,
    /// In all.
    pub total: Option<u64>,
}
