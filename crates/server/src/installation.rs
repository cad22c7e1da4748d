//! Opening an installation: its data directory, its master key, and what a first start makes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystile_core::key::{Keyring, MasterKey, Random, WrappedKey};
use keystile_core::model::Timestamp;
use keystile_store::sqlite::SqliteDatabase;
use keystile_store::{AuditReport, Clock, OpenError, WallClock};

use crate::OsRandom;
use crate::app::App;
use crate::background::{Background, LoadError, load};
use crate::config::Settings;
use crate::manage::bootstrap;

/// The master key's file in the data directory.
pub const MASTER_KEY_FILE: &str = "master.key";

/// 2026-11-01: no clock of a machine that runs this build is right when it says less.
const BUILT: Timestamp = Timestamp::from_millis(1_793_491_200_000);

/// Why an installation cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The index.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The master key's file.
    #[error("{path}: {problem}")]
    MasterKey {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The machine's clock.
    #[error("the clock says {0}, before this keystile was built: set it right, then start again")]
    Clock(Timestamp),
    /// The first start did not finish.
    #[error("{0}")]
    FirstStart(String),
}

/// An installation that is open.
#[derive(Debug)]
pub struct Installation {
    /// Everything that requests can reach.
    pub app: Arc<App>,
    /// Keeps the index at the head of the journal: without it no change is ever in force.
    pub background: Background,
    /// Where a master key was made just now, so that its owner can be told.
    pub new_master_key: Option<PathBuf>,
}

/// Opens the installation in the data directory of `settings`, making it on the first start.
/// `given` is a master key from elsewhere than the data directory.
///
/// # Errors
/// When it cannot be trusted or used; it is left as it is.
pub async fn open(
    settings: Settings,
    given: Option<MasterKey>,
) -> Result<Installation, InstallationError> {
    open_with(settings, given, Arc::new(WallClock), Arc::new(OsRandom)).await
}

/// [`open`] with another clock and random source than the machine's.
///
/// # Errors
/// As there.
pub async fn open_with(
    settings: Settings,
    given: Option<MasterKey>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Installation, InstallationError> {
    let now = clock.now();
    if now < BUILT {
        return Err(InstallationError::Clock(now));
    }
    let database = SqliteDatabase::open(&settings.data)?;
    let stored = database.keyring()?;
    let is_new = stored.is_empty();
    let (master, new_master_key) = master_key(&settings.data, given, is_new, &*random)?;
    let stored = if is_new {
        install(&database, &master, &*random)?
    } else {
        stored
    };
    let keyring = open_keyring(&settings.data, &master, &stored)?;
    let integrity = keyring.integrity().clone();
    let store = database.into_store(integrity, clock, Arc::clone(&random))?;
    let loaded = load(Arc::new(store), master, settings, random).await?;
    let (app, background) = loaded.begin();
    bootstrap::ensure_operator_product(&app)
        .await
        .map_err(InstallationError::FirstStart)?;
    Ok(Installation {
        app,
        background,
        new_master_key,
    })
}

/// Checks the whole installation without opening it as one: also where it is refused.
///
/// # Errors
/// When not even that can be read.
pub fn audit(data: &Path, given: Option<MasterKey>) -> Result<AuditReport, InstallationError> {
    let database = SqliteDatabase::open(data)?;
    let (master, _) = master_key(data, given, false, &OsRandom)?;
    let keyring = open_keyring(data, &master, &database.keyring()?)?;
    let report = database.verify_audit(keyring.integrity());
    Ok(report.map_err(LoadError::from)?)
}

fn install(
    database: &SqliteDatabase,
    master: &MasterKey,
    random: &dyn Random,
) -> Result<Vec<WrappedKey>, InstallationError> {
    let fresh = bootstrap::fresh_keyring(master, random).map_err(LoadError::from)?;
    database.install(&fresh)?;
    Ok(fresh)
}

fn open_keyring(
    data: &Path,
    master: &MasterKey,
    stored: &[WrappedKey],
) -> Result<Keyring, InstallationError> {
    Keyring::open(master, stored).map_err(|why| {
        let path = data.join(MASTER_KEY_FILE);
        InstallationError::MasterKey {
            path,
            problem: why.to_string(),
        }
    })
}

/// The given master key, else that of the data directory, else, on a first start, a new one.
fn master_key(
    data: &Path,
    given: Option<MasterKey>,
    may_make: bool,
    random: &dyn Random,
) -> Result<(MasterKey, Option<PathBuf>), InstallationError> {
    if let Some(given) = given {
        return Ok((given, None));
    }
    let path = data.join(MASTER_KEY_FILE);
    let wrong = |problem: String| InstallationError::MasterKey {
        path: path.clone(),
        problem,
    };
    if path.exists() {
        return read_master_key(&path).map(|key| (key, None)).map_err(wrong);
    }
    if !may_make {
        return Err(wrong(
            "the master key is missing: put its file back, or give it with --master-key-file; \
             without it no key can be verified and every one must be reissued"
                .to_owned(),
        ));
    }
    let key = MasterKey::random(random).map_err(LoadError::from)?;
    write_master_key(&path, &key).map_err(|why| wrong(why.to_string()))?;
    Ok((key, Some(path)))
}

/// Reads a master key's file, which nobody else may read.
///
/// # Errors
/// What is wrong with it and what to do.
pub fn read_master_key(path: &Path) -> Result<MasterKey, String> {
    let mut file = File::open(path).map_err(|why| why.to_string())?;
    let mode = file.metadata().map_err(|why| why.to_string())?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "others may read it (mode {mode:o}): `chmod 600 {}`",
            path.display()
        ));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(|why| why.to_string())?;
    MasterKey::parse(&text).map_err(|why| why.to_string())
}

/// Durable under its name before anything is wrapped by it.
fn write_master_key(path: &Path, key: &MasterKey) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(key.to_text().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
