//! What keys were used for stands in a file of its own: nothing waits for it, and nothing but it is
//! lost with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use keystile_core::decision::Code;
use keystile_core::model::{Action, KeyId, Timestamp};
use keystile_core::snapshot::{Collected, LastUse};
use keystile_store::conformance::sample::{change, commit, insert, set_up};
use keystile_store::{HourCount, UsageOf, UsageStore, Writes};
use rusqlite::Connection;

use crate::bench::{SqliteBench, open_in, run};

const HOUR: u32 = 495_000;

fn use_of(key: KeyId) -> Collected {
    Collected {
        key,
        start: "sk_live_oZXP".to_owned(),
        last: Some(LastUse {
            at: Timestamp::from_millis(i64::from(HOUR) * 3_600_000),
            address: None,
            operation: None,
        }),
        counts: vec![(HOUR, Code::Ok, 3)],
    }
}

async fn counted(store: &impl UsageStore, key: KeyId) -> Vec<HourCount> {
    store.usage(UsageOf::Key(key), 0..u32::MAX).await.unwrap()
}

#[test]
fn a_change_does_not_wait_for_uses_to_be_written() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let other = Connection::open(bench.file("usage.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run(async {
        let owners = set_up(&store).await;
        let key = owners.key(7);
        let id = key.id;
        let adding = store.add_uses(vec![use_of(id)]);
        let changing = async {
            commit(&store, change(Action::KeyCreated, vec![insert(key)])).await;
            // Only now may the others go on.
            other.execute_batch("ROLLBACK").unwrap();
        };
        let (added, ()) = tokio::join!(adding, changing);
        added.unwrap();
        assert_eq!(counted(&store, id).await[0].count, 3);
    });
}

#[test]
fn without_its_file_counting_begins_anew_and_nothing_else_is_lost() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let id = run(async {
        let owners = set_up(&store).await;
        let key = owners.key(7);
        let id = key.id;
        commit(&store, change(Action::KeyCreated, vec![insert(key)])).await;
        store.add_uses(vec![use_of(id)]).await.unwrap();
        id
    });
    drop(store);
    let mode = fs::metadata(bench.file("usage.sqlite"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    fs::remove_file(bench.file("usage.sqlite")).unwrap();
    let store = bench.store();
    run(async {
        assert_eq!(counted(&store, id).await, []);
        store.add_uses(vec![use_of(id)]).await.unwrap();
        assert_eq!(counted(&store, id).await[0].count, 3);
    });
}

#[test]
fn t06_a_file_that_is_not_ours_is_refused_with_what_to_do_and_left_as_it_is() {
    let bench = SqliteBench::default();
    drop(bench.store());
    let path = bench.file("usage.sqlite");
    let other = tempfile::tempdir().unwrap().keep().join("other");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let garbage = vec![7; 4096];
    for content in [fs::read(&other).unwrap(), garbage] {
        fs::write(&path, &content).unwrap();
        let why = bench.try_store().unwrap_err().to_string();
        assert!(
            why.contains("usage.sqlite") && why.contains("move it away"),
            "{why}"
        );
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_backup_takes_along_what_keys_were_used_for() {
    let bench = SqliteBench::default();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    let store = bench.store();
    let id = run(async {
        let owners = set_up(&store).await;
        let key = owners.key(7);
        let id = key.id;
        commit(&store, change(Action::KeyCreated, vec![insert(key)])).await;
        store.add_uses(vec![use_of(id)]).await.unwrap();
        store.backup(&backup).await.unwrap();
        id
    });
    let data = elsewhere.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(&backup, data.join("keystile.sqlite")).unwrap();
    let faults = std::sync::Arc::new(keystile_store::sqlite::NoFaults);
    let clock = std::sync::Arc::new(keystile_store::conformance::clock::TestClock::default());
    let copy = open_in(&data, faults, clock);
    let copy = copy.unwrap();
    run(async {
        assert_eq!(counted(&copy, id).await[0].count, 3);
        let last = copy.last_uses(vec![id]).await.unwrap();
        assert_eq!(last.len(), 1);
        // A second backup has what was added since, once.
        copy.add_uses(vec![use_of(id)]).await.unwrap();
        let second = elsewhere.path().join("second");
        copy.backup(&second).await.unwrap();
        let second = Connection::open(second).unwrap();
        let days: u32 = second
            .query_row("SELECT count(*) FROM usage_days", [], |row| row.get(0))
            .unwrap();
        assert_eq!(days, 1);
    });
}
