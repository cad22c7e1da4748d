//! Measures the start with many keys: `cargo run --release --example scan_speed -- 1000000`.
//!
//! With a directory as second argument the database is kept there and only read when it is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keystile_core::key::testing::Counting;
use keystile_core::key::{KeyMaterial, Keyring, MasterKey};
use keystile_core::model::{Action, Key, KeyState, Record, Timestamp};
use keystile_store::conformance::sample::{self, Owners};
use keystile_store::sqlite::{SqliteDatabase, SqliteStore};
use keystile_store::{Clock, Feed, KeyFilter, Page, Reads, Scanned, Write, Writes};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        sample::START
    }
}

fn open(directory: &std::path::Path, master: &MasterKey) -> SqliteStore {
    let random = Arc::new(Counting::default());
    let database = SqliteDatabase::open(directory).expect("the database opens");
    if database.keyring().expect("a keyring").is_empty() {
        let keys = Keyring::generate(random.as_ref()).expect("keys");
        let wrap = |key: &KeyMaterial| key.wrap(master, random.as_ref()).expect("a wrapped key");
        database
            .install(&keys.iter().map(wrap).collect::<Vec<_>>())
            .expect("installed");
    }
    let keyring = database.keyring().expect("a keyring");
    let keyring = Keyring::open(master, &keyring).expect("the keyring opens");
    database
        .into_store(keyring.integrity().clone(), Arc::new(Fixed), random)
        .expect("a store")
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}

/// User and system time of all threads, in steps of 10 ms.
fn processor_millis() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.split_whitespace().skip(13).take(2);
    fields
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum::<u64>()
        * 10
}

#[expect(clippy::disallowed_methods, reason = "this is a measuring place")]
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = std::time::Instant::now();
    let busy = processor_millis();
    let done = work();
    println!(
        "{what}: {:?}, {} ms of processor time (peak {} MiB)",
        begun.elapsed(),
        processor_millis() - busy,
        resident_kib() / 1024
    );
    done
}

fn main() {
    let count: u128 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let given = std::env::args().nth(2).map(std::path::PathBuf::from);
    let temporary = tempfile::tempdir().expect("a directory");
    let directory = given.unwrap_or_else(|| temporary.path().join("data"));
    let master = MasterKey::random(&Counting::default()).expect("a master key");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = timed("open", || open(&directory, &master));
    if runtime.block_on(store.head()).expect("a head").seq == 0 {
        timed("fill", || runtime.block_on(fill(&store, count)));
    }
    timed("close", || drop(store));
    let store = timed("open again", || open(&directory, &master));
    for _ in 0..7 {
        let seen = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&seen);
        let sink = Arc::new(move |met: Scanned| {
            assert!(matches!(met, Scanned::Sound(_)));
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let report = timed("scan", || {
            runtime.block_on(store.scan(sink)).expect("a scan")
        });
        assert!(report.suspects.is_empty(), "{:?}", report.suspects);
        println!("  {} records", seen.load(Ordering::Relaxed));
    }
    time_lists(&runtime, &store);
    timed("verify audit", || {
        use keystile_store::AuditStore;
        let report = runtime.block_on(store.verify_audit()).expect("a report");
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    });
    timed("backup", || {
        let to = directory.join("copy");
        runtime.block_on(store.backup(&to)).expect("a backup");
        std::fs::remove_file(to).expect("removed");
    });
}

fn time_lists(runtime: &tokio::runtime::Runtime, store: &SqliteStore) {
    let page = Page {
        before: None,
        limit: 100,
    };
    let base = KeyFilter::default;
    let cases = [
        ("newest keys", base()),
        (
            "a name that nothing has",
            KeyFilter {
                name: Some("none such".into()),
                ..base()
            },
        ),
        (
            "an ending of names",
            KeyFilter {
                name: Some("99999".into()),
                ..base()
            },
        ),
        (
            "of the product",
            KeyFilter {
                product: Some(sample::product("demo").slug),
                ..base()
            },
        ),
        (
            "of another product",
            KeyFilter {
                product: Some(sample::product("x").slug),
                ..base()
            },
        ),
        (
            "of the customer",
            KeyFilter {
                external_id: Some("customer-1".into()),
                ..base()
            },
        ),
        (
            "revoked ones",
            KeyFilter {
                state: Some(KeyState::Revoked),
                ..base()
            },
        ),
    ];
    for (what, filter) in cases {
        timed(what, || {
            runtime.block_on(store.keys(filter, page)).expect("a page")
        });
    }
}

/// One organization with a project and an environment for every ten keys.
async fn fill(store: &SqliteStore, count: u128) {
    let product = Write::Insert(Record::Product(sample::product("demo")));
    commit(store, Action::ProductCreated, vec![product]).await;
    let owners = (0..count.div_ceil(10)).flat_map(|number| owners(number).inserts());
    commit_all(store, Action::OrganizationCreated, owners).await;
    let keys = (0..count).map(|number| sample::insert(key(number, &owners_of_key(number))));
    commit_all(store, Action::KeyCreated, keys).await;
}

async fn commit_all(store: &SqliteStore, action: Action, writes: impl Iterator<Item = Write>) {
    let mut writes = writes.peekable();
    while writes.peek().is_some() {
        commit(store, action, writes.by_ref().take(9_999).collect()).await;
    }
}

async fn commit(store: &SqliteStore, action: Action, writes: Vec<Write>) {
    let change = sample::change(action, writes);
    store.commit(change).await.expect("the rows are written");
}

fn owners(number: u128) -> Owners {
    Owners::numbered(number * 3 + 1)
}

fn owners_of_key(number: u128) -> Owners {
    owners(number / 10)
}

/// A key with one of a thousand lists of scopes.
fn key(number: u128, owners: &Owners) -> Key {
    let more = (0..10).filter(|bit| (number % 1_000) >> bit & 1 == 1);
    let scopes = ["a".into(), "b".into()].into_iter();
    let scopes = scopes.chain(more.map(|bit| format!("more:{bit}")));
    Key {
        name: format!("key number {number:09}"),
        scopes: Some(scopes.collect()),
        created_by: "local".into(),
        ..owners.key((number << 64) + 100)
    }
}
