//! SQLite's errors in our words: what was refused, and what to do about it.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::{OpenError, StoreError};

/// What went wrong, with its remedy where there is one. SQLite's own messages name tables and
/// columns, never values.
pub(super) fn plain(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: make room".into(),
        Some(ErrorCode::SystemIoFailure) => {
            format!("the disk reported an error ({error}): check it and the system's log")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "the database cannot be written: check its owner, its modes and the mount".into()
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("the database is damaged ({error}): restore it from a backup")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "the database is locked by another program: close whatever else has it open".into()
        }
        _ => error.to_string(),
    }
}

/// Reading failed.
pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(plain(error))
}

/// Opening failed.
pub(super) fn cannot_open(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(path, error.to_string())
        }
        Some(ErrorCode::CannotOpen) => files(
            path,
            "cannot be opened: check that its owner is the user that runs keystile",
        ),
        _ => files(path, plain(error)),
    }
}

/// A database that is not whole.
pub(super) fn damaged(path: &Path, problem: impl Into<String>) -> OpenError {
    OpenError::Damaged {
        path: path.display().to_string(),
        problem: problem.into(),
    }
}

/// The file system's refusal, with what to do.
pub(super) fn files(path: &Path, problem: impl Into<String>) -> OpenError {
    OpenError::Files {
        path: path.display().to_string(),
        problem: problem.into(),
    }
}
