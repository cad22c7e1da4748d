//! A copy of the whole database is there wholly or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use keystile_core::model::Action;
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{change, commit, insert, set_up};
use keystile_store::sqlite::{Faults, NoFaults, SqliteStore, Step};
use keystile_store::{AuditStore, Feed, StoreError, Writes};

use crate::bench::{MASTER, SqliteBench, open_in, run};

/// Opens a backup as the database of a new directory.
fn restored(backup: &Path, into: &Path) -> SqliteStore {
    fs::create_dir(into).unwrap();
    fs::set_permissions(into, fs::Permissions::from_mode(0o700)).unwrap();
    fs::copy(backup, into.join("keystile.sqlite")).unwrap();
    open_in(into, Arc::new(NoFaults), Arc::new(TestClock::default())).unwrap()
}

#[test]
fn a_backup_opens_as_a_whole_store() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    run(async {
        let owners = set_up(&store).await;
        let keys = (100..400)
            .map(|number| insert(owners.key(number)))
            .collect();
        commit(&store, change(Action::KeyCreated, keys)).await;
        store.backup(&backup).await.unwrap();
        commit(&store, change(Action::KeyRevealed, Vec::new())).await;
    });
    let mode = fs::metadata(&backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let files: Vec<_> = fs::read_dir(elsewhere.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing is left beside it: {files:?}");
    let copy = restored(&backup, &elsewhere.path().join("data"));
    run(async {
        let (report, seen) = scan(&copy).await;
        assert_eq!(
            (report.suspects, seen.len(), report.head.seq),
            (Vec::new(), 304, 2)
        );
        assert_eq!(copy.verify_audit().await.unwrap().findings, []);
    });
}

#[test]
fn a_backup_never_writes_over_a_file() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    fs::write(&backup, "something of worth").unwrap();
    let refused = run(store.backup(&backup));
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(reason)) if reason.contains("another name")),
        "{refused:?}"
    );
    assert_eq!(fs::read(&backup).unwrap(), b"something of worth");
}

#[test]
fn a_backup_to_nowhere_is_refused_in_words() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let refused = run(store.backup(Path::new("/nowhere/at/all"))).unwrap_err();
    assert!(refused.to_string().contains("/nowhere/at/all"), "{refused}");
}

struct FailCopy;

impl Faults for FailCopy {
    fn at(&self, step: Step) -> Result<(), String> {
        match step {
            Step::BackupCopied => Err("the disk reported an error".into()),
            _ => Ok(()),
        }
    }
}

#[test]
fn x05_a_backup_that_fails_leaves_nothing() {
    let bench = SqliteBench::default();
    let store = bench.store_with(Arc::new(FailCopy));
    let elsewhere = tempfile::tempdir().unwrap();
    run(set_up(&store));
    run(store.backup(&elsewhere.path().join("backup"))).unwrap_err();
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn x05_what_a_killed_backup_left_is_replaced() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    fs::write(elsewhere.path().join("backup.partial"), [7; 100_000]).unwrap();
    run(async {
        set_up(&store).await;
        store.backup(&backup).await.unwrap();
    });
    assert!(!elsewhere.path().join("backup.partial").exists());
    let copy = restored(&backup, &elsewhere.path().join("data"));
    assert_eq!(run(copy.head()).unwrap().seq, 1);
}

#[test]
fn a_backup_beside_writers_is_one_state() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    run(async {
        let owners = set_up(&store).await;
        let write = async {
            for number in 100..150 {
                commit(
                    &store,
                    change(Action::KeyCreated, vec![insert(owners.key(number))]),
                )
                .await;
            }
        };
        let (copied, ()) = tokio::join!(store.backup(&backup), write);
        copied.unwrap();
    });
    let copy = restored(&backup, &elsewhere.path().join("data"));
    let (report, _) = run(scan(&copy));
    assert_eq!(report.suspects, []);
}

#[test]
fn p12_a_backup_holds_no_key_in_clear() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup");
    run(async {
        set_up(&store).await;
        store.backup(&backup).await.unwrap();
    });
    let bytes = fs::read(&backup).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(MASTER.as_bytes()));
    let random = keystile_core::key::testing::Counting::default();
    // The same counter made the key material of this database.
    for material in keystile_core::key::Keyring::generate(&random).unwrap() {
        assert!(!holds(material.secret.expose()), "{:?}", material.purpose);
    }
}
