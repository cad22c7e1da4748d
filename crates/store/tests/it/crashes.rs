//! The process dies at each step of a write; opened again, all of it is there or nothing.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use keystile_core::model::{Action, KeyId, Record};
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{
    Owners, START, change, commit, digest, insert, retired, set_up, update,
};
use keystile_store::sqlite::{Faults, SqliteStore, Step};
use keystile_store::{AuditStore, Change, Feed, Reads, Write, Writes};

use crate::bench::{SqliteBench, open_in, run};

/// Ends the process at a step, without any clean-up.
struct DieAt(Step);

impl Faults for DieAt {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == self.0 {
            std::process::abort();
        }
        Ok(())
    }
}

fn create(owners: &Owners) -> Change {
    change(Action::KeyCreated, vec![insert(owners.key(11))])
}

fn rotate(owners: &Owners) -> Change {
    let mut rotated = owners.key(10);
    rotated.digest = digest(77);
    rotated.rotated_at = Some(START);
    let old = retired(10, rotated.id);
    let writes = vec![update(rotated, 2), Write::Insert(Record::RetiredValue(old))];
    change(Action::KeyRotated, writes)
}

fn revoke(owners: &Owners) -> Change {
    let mut revoked = owners.key(10);
    revoked.revoked_at = Some(START);
    change(Action::KeyRevoked, vec![update(revoked, 2)])
}

type Make = fn(&Owners) -> Change;

const CHANGES: [(&str, Make); 3] = [("create", create), ("rotate", rotate), ("revoke", revoke)];

/// Runs in a process of its own, which a test above starts; does nothing otherwise.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells its child what to do"
)]
fn child() {
    let (Ok(data), Ok(step), Ok(what)) = (
        std::env::var("KEYSTILE_TEST_DATA"),
        std::env::var("KEYSTILE_TEST_STEP"),
        std::env::var("KEYSTILE_TEST_CHANGE"),
    ) else {
        return;
    };
    let step = [Step::OF_A_COMMIT.as_slice(), &[Step::BackupCopied]]
        .concat()
        .into_iter()
        .find(|known| format!("{known:?}") == step)
        .unwrap();
    let clock = Arc::new(TestClock::default());
    let store = open_in(&PathBuf::from(&data), Arc::new(DieAt(step)), clock).unwrap();
    let owners = Owners::numbered(1);
    if step == Step::BackupCopied {
        let _ = run(store.backup(&PathBuf::from(data).join("backup")));
    } else {
        let (_, make) = CHANGES.into_iter().find(|(name, _)| *name == what).unwrap();
        let _ = run(store.commit(make(&owners)));
    }
    // Never reached, and seen by its parent if it is.
    std::process::exit(0);
}

fn die(bench: &SqliteBench, step: Step, what: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::child", "--nocapture"])
        .env("KEYSTILE_TEST_DATA", bench.data())
        .env("KEYSTILE_TEST_STEP", format!("{step:?}"))
        .env("KEYSTILE_TEST_CHANGE", what)
        .output()
        .unwrap()
        .status
}

/// Kills a process at each step of a change, then looks at what is there.
fn at_each_step(what: &str, look: &impl AsyncFn(&SqliteStore, bool)) {
    for step in Step::OF_A_COMMIT {
        let bench = SqliteBench::default();
        let store = bench.store();
        run(async {
            let owners = set_up(&store).await;
            commit(
                &store,
                change(Action::KeyCreated, vec![insert(owners.key(10))]),
            )
            .await;
        });
        drop(store);
        let status = die(&bench, step, what);
        assert_eq!(status.code(), None, "it was killed by a signal at {step:?}");
        let store = bench.store();
        run(async {
            let happened = step == Step::AfterCommit;
            assert_eq!(
                store.head().await.unwrap().seq,
                if happened { 3 } else { 2 }
            );
            let (report, _) = scan(&store).await;
            assert_eq!(report.suspects, []);
            let audit = store.verify_audit().await.unwrap();
            assert_eq!(audit.findings, [], "{step:?}");
            assert_eq!(
                audit.journal_rows, report.head.seq,
                "one row for each change"
            );
            look(&store, happened).await;
        });
    }
}

#[test]
fn x01_a_killed_create_leaves_nothing_or_the_key_with_its_journal_row() {
    at_each_step("create", &async |store: &SqliteStore, happened: bool| {
        let key = store.key(KeyId::from_u128(11)).await.unwrap();
        assert_eq!(key.is_some(), happened);
    });
}

#[test]
fn x02_a_killed_rotate_leaves_the_old_value_or_both() {
    at_each_step("rotate", &async |store: &SqliteStore, happened: bool| {
        let key = store.key(KeyId::from_u128(10)).await.unwrap().unwrap();
        let old = store.retired_values(key.id).await.unwrap();
        if happened {
            assert_eq!(key.digest, digest(77));
            assert_eq!(old[0].digest, digest(10));
        } else {
            assert_eq!(key.digest, digest(10));
            assert!(old.is_empty());
        }
    });
}

#[test]
fn x03_a_killed_revoke_that_was_written_denies_after_the_restart() {
    at_each_step("revoke", &async |store: &SqliteStore, happened: bool| {
        let key = store.key(KeyId::from_u128(10)).await.unwrap().unwrap();
        assert_eq!(key.revoked_at.is_some(), happened);
    });
}

#[test]
fn x05_a_killed_backup_leaves_no_file_of_that_name() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    drop(store);
    let status = die(&bench, Step::BackupCopied, "backup");
    assert_eq!(status.code(), None);
    assert!(bench.file("backup.partial").exists(), "it died on the way");
    assert!(!bench.file("backup").exists());
    let store = bench.store();
    run(store.backup(&bench.file("backup"))).unwrap();
}

#[test]
fn a_lock_dies_with_its_process() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    drop(store);
    die(&bench, Step::Begun, "create");
    bench.store();
}
