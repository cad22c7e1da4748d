//! A SQLite database in a directory of its own, opened as often as a test wants.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystile_core::key::testing::Counting;
use keystile_core::key::{Integrity, KeyMaterial, Keyring, MasterKey, Random};
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::reopened::Bench;
use keystile_store::sqlite::{Faults, LedgerSettings, NoFaults, SqliteDatabase, SqliteStore};
use keystile_store::{Clock, OpenError, Store};
use tempfile::TempDir;

/// The master key of every database in these tests.
pub(crate) const MASTER: &str = "6f3c1e9ad2b84705c8ee1173aa5d90b2f14e6c38d7a90b5e2c41f8663d0e97ab";

pub(crate) struct SqliteBench {
    directory: TempDir,
    clock: Arc<TestClock>,
    ledger: LedgerSettings,
}

impl Default for SqliteBench {
    fn default() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::default(),
            ledger: LedgerSettings::default(),
        }
    }
}

/// What the entries come to is written down all the time, one account or key with each group.
pub(crate) const OFTEN: LedgerSettings = LedgerSettings {
    checkpoint_entries: 1,
    checkpoint_groups: 1,
    checkpoint_rows: 1,
    most_remembered: 1000,
    kept_millis: 400 * 86_400_000,
};

impl SqliteBench {
    /// One that keeps credits so.
    pub(crate) fn keeping(ledger: LedgerSettings) -> Self {
        Self {
            ledger,
            ..Self::default()
        }
    }

    /// The data directory; it is there once a store was opened.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.file("keystile.sqlite")
    }

    /// Opens the store.
    pub(crate) fn store(&self) -> SqliteStore {
        self.try_store().unwrap()
    }

    pub(crate) fn try_store(&self) -> Result<SqliteStore, OpenError> {
        self.try_store_with(Arc::new(NoFaults))
    }

    pub(crate) fn store_with(&self, faults: Arc<dyn Faults>) -> SqliteStore {
        self.try_store_with(faults).unwrap()
    }

    fn try_store_with(&self, faults: Arc<dyn Faults>) -> Result<SqliteStore, OpenError> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        open_keeping(&self.data(), faults, clock, self.ledger)
    }

    /// A connection that knows nothing of Keystile: whoever can write the file.
    pub(crate) fn intruder(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        connection
    }
}

impl Bench for SqliteBench {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.store())
    }

    fn clock(&self) -> &TestClock {
        &self.clock
    }
}

/// Opens the store in a directory.
pub(crate) fn open_in(
    data: &Path,
    faults: Arc<dyn Faults>,
    clock: Arc<dyn Clock>,
) -> Result<SqliteStore, OpenError> {
    open_keeping(data, faults, clock, LedgerSettings::default())
}

/// Opens it so that it keeps credits so.
pub(crate) fn open_keeping(
    data: &Path,
    faults: Arc<dyn Faults>,
    clock: Arc<dyn Clock>,
    ledger: LedgerSettings,
) -> Result<SqliteStore, OpenError> {
    let database = SqliteDatabase::open_with(data, faults)?.with_ledger(ledger);
    let integrity = integrity(&database)?;
    let random = Counting::default();
    // Past what the key material was made of, or a salt would be a pepper.
    random.fill(&mut [0; 32 * 64]).unwrap();
    database.into_store(integrity, clock, Arc::new(random))
}

/// The keys for checking rows; makes them in a new database.
pub(crate) fn integrity(database: &SqliteDatabase) -> Result<Integrity, OpenError> {
    let (master, random) = (MasterKey::parse(MASTER).unwrap(), Counting::default());
    if database.keyring()?.is_empty() {
        let keys = Keyring::generate(&random).unwrap();
        let wrap = |key: &KeyMaterial| key.wrap(&master, &random).unwrap();
        database.install(&keys.iter().map(wrap).collect::<Vec<_>>())?;
    }
    let keyring = Keyring::open(&master, &database.keyring()?)?;
    Ok(keyring.integrity().clone())
}

/// Runs a test to its end.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}
