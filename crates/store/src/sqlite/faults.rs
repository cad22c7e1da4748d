//! Places at which tests make a write fail or the process die. In service nothing ever does.

/// A place in the course of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The transaction has begun.
    Begun,
    /// The records are written.
    RowsWritten,
    /// The journal row and the head are written.
    JournalWritten,
    /// All that is left is to commit.
    BeforeCommit,
    /// The commit has been made, and reports an error when this does.
    AfterCommit,
    /// The transaction of a group of charges has begun.
    SpendBegun,
    /// The group is written.
    SpendWritten,
    /// All that is left is to commit the group.
    SpendBeforeCommit,
    /// The group's commit has been made, and reports an error when this does.
    SpendAfterCommit,
    /// A backup is copied, under its preliminary name.
    BackupCopied,
}

impl Step {
    /// Every step of a group of charges, in order.
    pub const OF_A_SPEND: [Self; 4] = [
        Self::SpendBegun,
        Self::SpendWritten,
        Self::SpendBeforeCommit,
        Self::SpendAfterCommit,
    ];

    /// Every step of a commit, in order.
    pub const OF_A_COMMIT: [Self; 5] = [
        Self::Begun,
        Self::RowsWritten,
        Self::JournalWritten,
        Self::BeforeCommit,
        Self::AfterCommit,
    ];
}

/// What goes wrong, and where.
pub trait Faults: Send + Sync {
    /// Called at each step; may wait, fail with a message, or end the process.
    ///
    /// # Errors
    /// When the step shall fail.
    fn at(&self, _step: Step) -> Result<(), String> {
        Ok(())
    }

    /// How many pages the database may have before its disk counts as full; `None` leaves that
    /// to the disk. Asked at the beginning of each write.
    fn max_pages(&self) -> Option<u32> {
        None
    }
}

/// Nothing goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFaults;

impl Faults for NoFaults {}
