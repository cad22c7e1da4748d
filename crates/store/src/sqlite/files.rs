//! The data directory: made private, refused when it is loose or not what it seems, and held by
//! one process at a time. It does not know what stands in the database.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::errors::{damaged, files};
use crate::OpenError;

const DATABASE: &str = "keystile.sqlite";
const USAGE: &str = "usage.sqlite";
const LOCK: &str = "lock";
/// What SQLite itself keeps beside the databases.
const COMPANIONS: [&str; 4] = [
    "keystile.sqlite-wal",
    "keystile.sqlite-shm",
    "usage.sqlite-wal",
    "usage.sqlite-shm",
];

/// A data directory that this process alone holds, for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataDirectory {
    path: PathBuf,
    lock: File,
}

impl Drop for DataDirectory {
    /// Closing the file is not enough: a child process that was being started at that moment may
    /// hold a copy of it.
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data directory's lock could not be given back");
        }
    }
}

impl DataDirectory {
    /// Makes the directory if there is none, checks it, and takes its lock.
    pub(super) fn claim(given: &Path) -> Result<Self, OpenError> {
        make(given)?;
        refuse_loose(given, "directory", "700")?;
        // SQLite refuses symbolic links anywhere in the path; those above our directory are the
        // system's own business.
        let path = given
            .canonicalize()
            .map_err(|error| refused(given, &error))?;
        warn_of_network(&path);
        for name in [DATABASE, USAGE, LOCK].into_iter().chain(COMPANIONS) {
            refuse_loose(&path.join(name), "file", "600")?;
        }
        let lock = take_lock(&path)?;
        Ok(Self { path, lock })
    }

    /// The database file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The file with what keys were used for.
    pub(super) fn usage(&self) -> PathBuf {
        self.path.join(USAGE)
    }

    /// Where a new one is made before it gets its name.
    pub(super) fn unfinished_usage(&self) -> PathBuf {
        self.path.join("usage.sqlite.new")
    }

    /// Where a new database is made before it gets its name, so that a file under that name is
    /// always a whole one.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join("keystile.sqlite.new")
    }

    /// Whether there is a database; a write-ahead log without one means that it was moved away.
    pub(super) fn has_database(&self) -> Result<bool, OpenError> {
        let there = |path: &Path| path.symlink_metadata().is_ok();
        if there(&self.database()) {
            return Ok(true);
        }
        let log = self.write_ahead_log();
        if there(&log) {
            return Err(damaged(
                &log,
                format!("{DATABASE}, to which it belongs, is missing"),
            ));
        }
        Ok(false)
    }

    /// SQLite's write-ahead log.
    pub(super) fn write_ahead_log(&self) -> PathBuf {
        self.path.join("keystile.sqlite-wal")
    }

    /// Makes the directory's entries durable.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        sync_directory(&self.path).map_err(|error| refused(&self.path, &error))
    }
}

fn make(path: &Path) -> Result<(), OpenError> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| refused(path, &error))
}

/// Refuses what is not a plain file or directory, or can be read by others; what is not there is
/// no problem.
fn refuse_loose(path: &Path, kind: &str, mode: &str) -> Result<(), OpenError> {
    let found = match path.symlink_metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error)),
    };
    if found.is_symlink() {
        let problem = format!("is a symbolic link: give the {kind} it points to, or move it here");
        return Err(files(path, problem));
    }
    if is_wrong_kind(&found, kind) {
        return Err(files(path, format!("is not a {kind}: move it away")));
    }
    if found.permissions().mode() & 0o077 != 0 {
        let problem = format!(
            "can be read by other users: run `chmod {mode} {}`",
            path.display()
        );
        return Err(files(path, problem));
    }
    Ok(())
}

fn is_wrong_kind(found: &Metadata, kind: &str) -> bool {
    if kind == "directory" {
        !found.is_dir()
    } else {
        !found.is_file()
    }
}

fn take_lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let lock = private_file(&path, false)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: directory.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(refused(&path, &error)),
    }
}

/// Opens a file that only its owner may read, whatever the umask says, making it if need be.
pub(super) fn private_file(path: &Path, must_be_new: bool) -> Result<File, OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    if must_be_new {
        options.create_new(true);
    } else {
        options.create(true);
    }
    let file = options.open(path).map_err(|error| refused(path, &error))?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(|error| refused(path, &error))?;
    Ok(file)
}

/// Makes the entries of a directory durable.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Reads the beginning of a file, as far as it goes.
pub(super) fn beginning(path: &Path, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The system's refusal in our words.
pub(super) fn refused(path: &Path, error: &std::io::Error) -> OpenError {
    let problem = match error.kind() {
        ErrorKind::PermissionDenied => {
            "permission denied: give it to the user that runs keystile (`chown`)".into()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full: make room".into(),
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only: remount it, or give another --data directory".into()
        }
        _ => error.to_string(),
    };
    files(path, problem)
}

/// File locks and shared memory, which the database rests on, are unreliable on network file
/// systems.
fn warn_of_network(path: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(found) = rustix::fs::statfs(path) {
        // NFS, SMB, CIFS, SMB2, Ceph, 9P: see statfs(2).
        const REMOTE: [i64; 6] = [
            0x6969,
            0x517b,
            0xff53_4d42,
            0xfe53_4d42,
            0x00c3_6400,
            0x0102_1997,
        ];
        if REMOTE.contains(&found.f_type) {
            tracing::warn!(
                path = %path.display(),
                "the data directory is on a network file system, where locks and durability \
                 cannot be relied on: use a local disk, or PostgreSQL"
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = path;
}
