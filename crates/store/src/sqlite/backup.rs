//! A copy of the whole database under another name, which is there wholly or not at all.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connect::{Purpose, connect};
use super::errors::unavailable;
use super::files::{private_file, sync_directory};
use super::usage::copy_into;
use super::{Faults, SqliteStore, Step};
use crate::StoreError;

/// Copies the database to a new file; one copy at a time.
pub(super) async fn backup(store: &SqliteStore, to: &Path) -> Result<(), StoreError> {
    let _turn = store.backups.lock().await;
    let (to, faults) = (to.to_path_buf(), Arc::clone(&store.faults));
    let usage = store.directory.usage();
    store
        .readers
        .read(move |connection| copy(connection, &usage, &to, faults.as_ref()))
        .await
}

fn copy(
    connection: &Connection,
    usage: &Path,
    to: &Path,
    faults: &dyn Faults,
) -> Result<(), StoreError> {
    if to.symlink_metadata().is_ok() {
        return Err(StoreError::Unavailable(format!(
            "{} exists already: give the backup another name",
            to.display()
        )));
    }
    let partial = preliminary(to);
    let copied = copy_to(connection, usage, &partial)
        .and_then(|()| {
            faults
                .at(Step::BackupCopied)
                .map_err(StoreError::Unavailable)
        })
        .and_then(|()| give_name(&partial, to).map_err(|error| file_error(to, &error)));
    if copied.is_err() {
        // What is left of it is of no use; that it could not be made is what matters.
        let _ = std::fs::remove_file(&partial);
    }
    copied
}

/// `NAME.partial`, beside the name.
fn preliminary(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(".partial");
    PathBuf::from(name)
}

/// Copies page by page what one reader sees, and puts what keys were used for into the copy.
fn copy_to(connection: &Connection, usage: &Path, partial: &Path) -> Result<(), StoreError> {
    if partial.symlink_metadata().is_ok() {
        std::fs::remove_file(partial).map_err(|error| file_error(partial, &error))?;
    }
    // Closed again before SQLite opens it: closing it later would drop SQLite's locks.
    drop(private_file(partial, true).map_err(|error| StoreError::Unavailable(error.to_string()))?);
    let mut target = Connection::open(partial).map_err(|error| unavailable(&error))?;
    let finished = Backup::new(connection, &mut target).and_then(|backup| backup.step(-1));
    target.close().map_err(|(_, error)| unavailable(&error))?;
    match finished {
        Ok(StepResult::Done) => add_usage(partial, usage).map_err(|error| unavailable(&error)),
        Ok(_) => Err(StoreError::Unavailable(
            "the copy was interrupted: try again".into(),
        )),
        Err(error) => Err(unavailable(&error)),
    }
}

/// On a connection like any other, because whatever was left in the database is in its copy too.
fn add_usage(partial: &Path, usage: &Path) -> rusqlite::Result<()> {
    let target = connect(partial, Purpose::Writing)?;
    copy_into(&target, usage)?;
    target.close().map_err(|(_, error)| error)
}

/// Makes the copy durable before it gets its name, and the name durable after.
fn give_name(partial: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::File::open(partial)?.sync_all()?;
    std::fs::rename(partial, to)?;
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

fn file_error(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(super::files::refused(path, error).to_string())
}
