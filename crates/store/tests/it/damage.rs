//! A file that is not whole: refused and left alone, or its bad rows named.

use std::fs;
use std::path::Path;

use keystile_core::model::{Action, KeyId, Subject};
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{Owners, change, commit, insert, set_up};
use keystile_store::sqlite::SqliteStore;
use keystile_store::{
    AuditStore, CommitError, Feed, OpenError, Reads, Scanned, StoreError, Writes,
};

use crate::bench::{SqliteBench, run};

/// A closed database with some keys.
fn filled() -> (SqliteBench, Owners) {
    let bench = SqliteBench::default();
    let store = bench.store();
    let owners = run(async {
        let owners = set_up(&store).await;
        let keys = (1000..1200)
            .map(|number| insert(owners.key(number)))
            .collect();
        commit(&store, change(Action::KeyCreated, keys)).await;
        owners
    });
    (bench, owners)
}

fn assert_damaged_and_left_alone(bench: &SqliteBench, path: &Path) {
    let before = fs::read(path).unwrap();
    let refused = bench.try_store();
    let Err(OpenError::Damaged { .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert!(fs::read(path).unwrap() == before, "the file was changed");
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("restore it from a backup"), "{message}");
}

#[test]
fn t06_a_file_that_is_no_whole_database_is_refused_and_left_alone() {
    let (bench, _) = filled();
    let path = bench.database();
    let whole = fs::read(&path).unwrap();
    let mut wrong_magic = whole.clone();
    wrong_magic[3] ^= 1;
    let mut foreign = whole.clone();
    foreign[68..72].copy_from_slice(&[0; 4]);
    let cases: [&[u8]; 9] = [
        b"",
        b"SQLite",
        &[0; 4096],
        b"SQLite format 3\0 and then something else entirely, long enough to be a header of sorts.....................",
        &whole[..50],
        &whole[..4096],
        &whole[..whole.len() - 4096],
        &wrong_magic,
        &foreign,
    ];
    for case in cases {
        fs::write(&path, case).unwrap();
        assert_damaged_and_left_alone(&bench, &path);
    }
    fs::write(&path, &whole).unwrap();
    bench.store();
}

#[test]
fn t06_a_schema_without_a_table_is_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute("DROP TABLE effective", [])
        .unwrap();
    assert_damaged_and_left_alone(&bench, &bench.database());
}

/// Finds the only place of `needle` in the file and changes one bit in it.
fn flip(path: &Path, needle: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<_> = bytes
        .windows(needle.len())
        .enumerate()
        .filter(|(_, window)| window == &needle)
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 1;
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn t06_a_flipped_bit_in_a_row_denies_that_row_and_no_other() {
    let (bench, owners) = filled();
    let victim = KeyId::from_u128(1100);
    flip(&bench.database(), owners.key(1100).digest.as_bytes());
    let store = bench.store();
    run(async {
        let (report, seen) = scan(&store).await;
        let forged: Vec<_> = seen
            .iter()
            .filter_map(|met| match met {
                Scanned::Forged(record) => Some(record.subject()),
                Scanned::Sound(_) => None,
                Scanned::Unreadable { .. } => panic!("{met:?}"),
            })
            .collect();
        assert_eq!(forged, [Subject::Key(victim)]);
        let named: Vec<_> = report
            .suspects
            .iter()
            .filter_map(|found| found.subject.clone())
            .collect();
        assert_eq!(named, [Subject::Key(victim)]);
        let alone = store.key(victim).await;
        assert!(
            matches!(alone, Err(StoreError::Tampered { .. })),
            "{alone:?}"
        );
        assert!(store.key(KeyId::from_u128(1101)).await.unwrap().is_some());
        let page = keystile_store::Page {
            before: None,
            limit: 1000,
        };
        let listed = store
            .keys(keystile_store::KeyFilter::default(), page)
            .await
            .unwrap();
        assert_eq!(listed.len(), 199, "left out of lists");
        assert!(listed.iter().all(|key| key.id != victim));
    });
}

#[test]
fn a_short_page_is_the_last_even_where_rows_are_left_out() {
    let (bench, owners) = filled();
    for number in [1195, 1196, 1198] {
        flip(&bench.database(), owners.key(number).digest.as_bytes());
    }
    let store = bench.store();
    let page = keystile_store::Page {
        before: None,
        limit: 4,
    };
    let listed = run(store.keys(keystile_store::KeyFilter::default(), page)).unwrap();
    let numbers: Vec<_> = listed.iter().map(|key| key.id.as_u128()).collect();
    assert_eq!(numbers, [1199, 1197, 1194, 1193]);
}

#[test]
fn a_row_that_was_altered_is_not_written_over() {
    let (bench, owners) = filled();
    flip(&bench.database(), owners.key(1100).digest.as_bytes());
    let store = bench.store();
    let mut key = owners.key(1100);
    key.note = Some("n".into());
    let write = keystile_store::conformance::sample::update(key, 2);
    let refused = run(store.commit(change(Action::KeyUpdated, vec![write])));
    assert!(
        matches!(refused, Err(CommitError::Tampered { .. })),
        "{refused:?}"
    );
}

/// The pages of a table's rows, by their numbers from 1.
fn leaves(bench: &SqliteBench, table: &str) -> Vec<u64> {
    let connection = bench.intruder();
    let mut statement = connection
        .prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path")
        .unwrap();
    let pages = statement
        .query_map([table], |row| row.get::<_, i64>(0))
        .unwrap();
    pages
        .map(|page| u64::try_from(page.unwrap()).unwrap())
        .collect()
}

fn overwrite_page(path: &Path, page: u64) {
    let mut bytes = fs::read(path).unwrap();
    let first = usize::try_from((page - 1) * 4096).unwrap();
    bytes[first..first + 4096].fill(0xa5);
    fs::write(path, bytes).unwrap();
}

#[test]
fn t06_a_torn_page_of_keys_denies_its_rows_and_no_others() {
    let (bench, _) = filled();
    let pages = leaves(&bench, "keys");
    assert!(pages.len() > 4);
    overwrite_page(&bench.database(), pages[2]);
    let store = bench.store();
    run(async {
        let (report, seen) = scan(&store).await;
        let sound = seen
            .iter()
            .filter(|met| matches!(met, Scanned::Sound(_)))
            .count();
        let unreadable = seen.len() - sound;
        let missing: Vec<_> = report
            .suspects
            .iter()
            .filter_map(|finding| finding.subject.as_ref())
            .collect();
        assert!(sound >= 180, "{sound} of 204 are sound");
        assert!(unreadable > 0);
        assert_eq!(
            sound + missing.len(),
            204,
            "each that is not sound is named: {missing:?}"
        );
    });
}

#[test]
fn t06_a_torn_page_of_the_journal_is_named() {
    let (bench, _) = filled();
    let store = bench.store();
    for _ in 0..300 {
        run(commit(&store, change(Action::KeyRevealed, Vec::new())));
    }
    drop(store);
    let pages = leaves(&bench, "journal");
    assert!(pages.len() > 4);
    overwrite_page(&bench.database(), pages[pages.len() / 2]);
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    assert!(!report.findings.is_empty());
    assert!(
        report.findings.iter().all(|finding| finding.seq.is_some()),
        "{:?}",
        report.findings
    );
    assert_eq!(report.records, 204);
}

#[test]
fn t24_a_log_whose_end_was_lost_recovers_to_a_state_that_was() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let saved = tempfile::tempdir().unwrap();
    run(async {
        let owners = set_up(&store).await;
        for number in 10..20 {
            commit(
                &store,
                change(Action::KeyCreated, vec![insert(owners.key(number))]),
            )
            .await;
        }
    });
    for name in ["keystile.sqlite", "keystile.sqlite-wal"] {
        fs::copy(bench.file(name), saved.path().join(name)).unwrap();
    }
    drop(store);
    let log = fs::read(saved.path().join("keystile.sqlite-wal")).unwrap();
    let mut heads = Vec::new();
    for tenth in 1..10 {
        for name in [
            "keystile.sqlite",
            "keystile.sqlite-wal",
            "keystile.sqlite-shm",
        ] {
            let _ = fs::remove_file(bench.file(name));
        }
        fs::copy(saved.path().join("keystile.sqlite"), bench.database()).unwrap();
        let mut damaged = log.clone();
        let place = log.len() * tenth / 10;
        damaged[place] ^= 0x10;
        fs::write(bench.file("keystile.sqlite-wal"), damaged).unwrap();
        private(&bench);
        let store: SqliteStore = bench.store();
        run(async {
            let (report, _) = scan(&store).await;
            assert_eq!(report.suspects, [], "cut at {place}");
            assert_eq!(store.verify_audit().await.unwrap().findings, []);
            heads.push(store.head().await.unwrap().seq);
        });
    }
    assert!(
        heads.is_sorted() && heads.first() < heads.last(),
        "{heads:?}"
    );
}

fn private(bench: &SqliteBench) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["keystile.sqlite", "keystile.sqlite-wal"] {
        fs::set_permissions(bench.file(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}
