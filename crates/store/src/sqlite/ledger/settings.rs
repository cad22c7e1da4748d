//! How much the ledger keeps, and how often it writes down what its entries come to.

/// The ledger's settings. What they decide is how much is read at a start and how long one can look
/// back; balances are the same with any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerSettings {
    /// After so many entries what they come to is written down again.
    pub checkpoint_entries: u64,
    /// The same for groups.
    pub checkpoint_groups: u64,
    /// How many accounts and keys are written down with one group.
    pub checkpoint_rows: usize,
    /// How many charges may be known again by an idempotency key.
    pub most_remembered: usize,
    /// For how many milliseconds entries are kept.
    pub kept_millis: i64,
}

/// 400 days: a charge of the same month of the year before can still be looked up.
const KEPT: i64 = 400 * 24 * 60 * 60 * 1000;

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            // A start reads half a million in some tenths of a second.
            checkpoint_entries: 500_000,
            checkpoint_groups: 20_000,
            // So few that the charges of the group hardly wait for them.
            checkpoint_rows: 64,
            // Some 300 MB when they are so many.
            most_remembered: 1 << 22,
            kept_millis: KEPT,
        }
    }
}
