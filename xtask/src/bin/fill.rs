//! Fills a data directory with many keys, the fast way: through the store, ten thousand writes in
//! one change. The directory is one that a server has started on once.
//!
//! `fill DIRECTORY KEYS ORGANIZATIONS`

#[path = "../../../crates/core/tests/population/mod.rs"]
mod population;

use std::path::Path;
use std::sync::Arc;

use keystile_core::key::{Keyring, MasterKey};
use keystile_core::model::{Action, Actor, Key, Record};
use keystile_store::sqlite::{SqliteDatabase, SqliteStore};
use keystile_store::{Change, MAX_WRITES, WallClock, Write, Writes};

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [directory, keys, organizations] = arguments.as_slice() else {
        panic!("fill DIRECTORY KEYS ORGANIZATIONS");
    };
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let (keys, organizations) = (number(keys), number(organizations));
    let (store, keyring) = open(Path::new(directory));
    let product = Record::Product(population::product(population::MANIFEST));
    commit(&store, Action::ProductCreated, vec![Write::Insert(product)]).await;
    let owners = (0..organizations).flat_map(|number| {
        let (organization, project, environment) = population::owners(number);
        [
            Record::Organization(organization),
            Record::Project(project),
            Record::Environment(environment),
        ]
    });
    commit_all(&store, Action::OrganizationCreated, owners).await;
    let pepper = keyring.pepper().expect("a pepper");
    let keys = (0..keys).map(|number| {
        let digest = pepper.digest(population::text(number, 0).reveal());
        let key = population::key(number, number % organizations);
        Record::Key(Box::new(Key { digest, ..key }))
    });
    commit_all(&store, Action::KeyCreated, keys).await;
}

fn open(directory: &Path) -> (SqliteStore, Keyring) {
    let master = std::fs::read_to_string(directory.join("master.key")).expect("a master key");
    let master = MasterKey::parse(&master).expect("a master key");
    let database = SqliteDatabase::open(directory).expect("a database");
    let stored = database.keyring().expect("stored keys");
    let keyring = Keyring::open(&master, &stored).expect("the keys open");
    let random = Arc::new(population::Seeded::new(1));
    let clock = Arc::new(WallClock);
    let store = database.into_store(keyring.integrity().clone(), clock, random);
    (store.expect("a store"), keyring)
}

async fn commit_all(store: &SqliteStore, action: Action, records: impl Iterator<Item = Record>) {
    let mut writes = records.map(Write::Insert).peekable();
    while writes.peek().is_some() {
        commit(
            store,
            action,
            writes.by_ref().take(MAX_WRITES - 1).collect(),
        )
        .await;
    }
}

async fn commit(store: &SqliteStore, action: Action, writes: Vec<Write>) {
    let change = Change {
        at: population::START,
        action,
        actor: Actor::Local,
        product: None,
        organization: None,
        details: serde_json::json!({}),
        request_id: None,
        personal: None,
        guards: Vec::new(),
        writes,
        idempotency: None,
        keyring: None,
    };
    store.commit(change).await.expect("the change is made");
}
