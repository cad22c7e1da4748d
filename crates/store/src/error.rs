//! What can go wrong, told apart by what the caller must do.

use keystile_core::key::UnwrapError;
use keystile_core::model::Subject;

/// Reading failed: nothing is known, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or answered with an error.
    #[error("the database did not answer: {0}")]
    Unavailable(String),
    /// A row cannot be what Keystile wrote.
    #[error("{subject}: {problem}")]
    Tampered {
        /// Which row.
        subject: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A change was not made, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something the change rested on has changed since it was read: read again and retry.
    #[error("{0} has changed meanwhile")]
    Conflict(Subject),
    /// Another record has that name, that external id, or that value of a key.
    #[error("the {field} is taken")]
    Taken {
        /// `name`, `external_id`, `value`, `occasion`, `email` or `membership`.
        field: &'static str,
    },
    /// There would be more credits than can be counted.
    #[error("at most {room} credits more can be granted here")]
    TooManyCredits {
        /// How many could still be granted.
        room: u64,
    },
    /// There would be more keys than allowed.
    #[error("at most {at_most} keys are allowed here")]
    TooManyKeys {
        /// The limit.
        at_most: u32,
    },
    /// Nobody would be an owner of the installation.
    #[error("the installation would be without an owner")]
    NoOwner,
    /// Somebody is an owner of the installation already.
    #[error("the installation has an owner already")]
    HasOwner,
    /// The `Idempotency-Key` is remembered already, perhaps since a moment ago.
    #[error("the idempotency key is in use")]
    IdempotencyTaken,
    /// Nothing was written, for instance because the disk is full.
    #[error("nothing was written: {0}")]
    NotWritten(String),
    /// The commit reported an error, and whether it happened is only known after the database has
    /// been opened again. No further change is accepted until then.
    #[error("it is not known whether the change was written: {0}")]
    Unknown(String),
    /// A row that the change replaces cannot be what Keystile wrote.
    #[error("{subject}: {problem}")]
    Tampered {
        /// Which row.
        subject: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The database cannot be used; it was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{path} is in use by another keystile process: stop that one, or give another --data directory"
    )]
    InUse {
        /// The directory.
        path: String,
    },
    /// A newer Keystile wrote it.
    #[error(
        "{path} was written by a newer keystile (schema {found}, this one knows {known}): \
         run that version or newer"
    )]
    Newer {
        /// The file.
        path: String,
        /// The schema version in the file.
        found: u32,
        /// The newest schema version this build knows.
        known: u32,
    },
    /// It is not a database, or a part of one.
    #[error("{path} is damaged: {problem}. Nothing was changed; restore it from a backup")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The file system refused.
    #[error("{path}: {problem}")]
    Files {
        /// The file or directory.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The key material does not open.
    #[error(transparent)]
    Keyring(#[from] UnwrapError),
}
