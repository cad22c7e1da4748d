//! Measures charges: `cargo run --release --example spend_speed -- ACCOUNTS AT_ONCE CHARGES [named]`.
//!
//! So many wait at once, each for its own charge; `named` gives every charge an idempotency key.
//! One at once tells what a lone charge takes, beside what one write with its sync takes.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use keystile_core::credit::{AccountId, SpendOrder};
use keystile_core::key::testing::Counting;
use keystile_core::key::{KeyMaterial, Keyring, MasterKey};
use keystile_core::model::{Action, Grant, GrantId, KeyId, Mode, Record};
use keystile_store::conformance::sample::{self, Owners};
use keystile_store::sqlite::{SqliteDatabase, SqliteStore};
use keystile_store::{Asked, LedgerStore, WallClock, Write, Writes};

fn open(directory: &std::path::Path) -> SqliteStore {
    let random = Arc::new(Counting::default());
    let master = MasterKey::random(random.as_ref()).expect("a master key");
    let database = SqliteDatabase::open(directory).expect("the database opens");
    let keys = Keyring::generate(random.as_ref()).expect("keys");
    let wrap = |key: &KeyMaterial| key.wrap(&master, random.as_ref()).expect("a wrapped key");
    let wrapped: Vec<_> = keys.iter().map(wrap).collect();
    database.install(&wrapped).expect("installed");
    let keyring = Keyring::open(&master, &wrapped).expect("the keyring opens");
    database
        .into_store(keyring.integrity().clone(), Arc::new(WallClock), random)
        .expect("a store")
}

fn main() {
    let numbers: Vec<_> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u128| {
        let given = numbers.get(at).and_then(|text| text.parse().ok());
        given.unwrap_or(default)
    };
    let (accounts, at_once, charges) = (number(0, 100), number(1, 64), number(2, 200_000));
    let named = numbers.iter().any(|word| word == "named");
    let directory = tempfile::tempdir_in(".").expect("a directory");
    let store = Arc::new(open(&directory.path().join("data")));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(fill(&store, accounts));
    let begun = Instant::now();
    let waits = runtime.block_on(spend(&store, accounts, (at_once, charges), named));
    let took = begun.elapsed();
    let at = |part: usize| waits[(waits.len() - 1) * part / 1000];
    #[expect(clippy::print_stdout, reason = "what it is for")]
    {
        println!(
            "{:.0} charges a second; waits: median {} us, p99 {} us, longest {} us",
            waits.len() as f64 / took.as_secs_f64(),
            at(500),
            at(990),
            at(1000)
        );
        println!(
            "one write with its sync: {} us",
            synced_write(directory.path())
        );
    }
}

/// The median of writing and syncing four KiB at the end of a file, in microseconds.
fn synced_write(directory: &std::path::Path) -> u128 {
    let mut file = std::fs::File::create(directory.join("synced")).expect("a file");
    let mut took: Vec<_> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).expect("written");
            file.sync_data().expect("synced");
            begun.elapsed().as_micros()
        })
        .collect();
    took.sort_unstable();
    took[100]
}

fn owners(number: u128) -> Owners {
    Owners::numbered(number * 3 + 1)
}

async fn fill(store: &SqliteStore, accounts: u128) {
    let product = Write::Insert(Record::Product(sample::product("demo")));
    let mut writes = vec![product];
    for number in 0..accounts {
        let owners = owners(number);
        writes.extend(owners.inserts());
        writes.push(Write::Insert(Record::Grant(Grant {
            id: GrantId::from_u128(number + 1),
            organization: owners.organization.id,
            mode: Mode::Live,
            amount: 1_000_000_000,
            reason: "bench".into(),
            occasion: None,
            expires_at: None,
            created_at: sample::START,
            created_by: "bench".into(),
            voided_at: None,
            seq: 0,
        })));
    }
    for some in writes.chunks(9_000) {
        let change = sample::change(Action::ProductCreated, some.to_vec());
        store.commit(change).await.expect("the rows are written");
    }
}

/// How long each charge waited, in microseconds, from the shortest to the longest.
async fn spend(
    store: &Arc<SqliteStore>,
    accounts: u128,
    (at_once, charges): (u128, u128),
    named: bool,
) -> Vec<u128> {
    let local = tokio::task::LocalSet::new();
    let mut all = local
        .run_until(async {
            let tasks: Vec<_> = (0..at_once)
                .map(|task| {
                    let store = Arc::clone(store);
                    tokio::task::spawn_local(async move {
                        let mut waits = Vec::new();
                        for one in 0..charges / at_once {
                            let turn = one * at_once + task;
                            let begun = Instant::now();
                            charge(&store, turn * 7919 % accounts, named.then_some(turn)).await;
                            waits.push(begun.elapsed().as_micros());
                        }
                        waits
                    })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.expect("a task"));
            }
            all
        })
        .await;
    all.sort_unstable();
    all
}

async fn charge(store: &SqliteStore, number: u128, name: Option<u128>) {
    let account = AccountId {
        organization: owners(number).organization.id,
        mode: Mode::Live,
    };
    let key = KeyId::from_u128(number);
    let asked = Asked {
        key,
        operation: "POST /v1/analyses",
        cost: 1,
        reserve: false,
    };
    let remember = name.map(|name| store.remember(account, &name.to_string(), &asked));
    let order = SpendOrder {
        account,
        key,
        amount: 1,
        caps: None,
        reserve_millis: None,
        operation: Some(asked.operation.into()),
        remember,
        thresholds: Arc::from([]),
    };
    let spent = store.spend(order).await.expect("written");
    assert!(spent.is_ok(), "{spent:?}");
}
