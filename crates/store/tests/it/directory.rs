//! The data directory: private, held by one process, and refused when it is not what it seems.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use keystile_core::key::testing::Counting;
use keystile_core::key::{Keyring, MasterKey, UnwrapError};
use keystile_core::model::Action;
use keystile_store::conformance::sample::{change, commit, set_up};
use keystile_store::sqlite::SqliteDatabase;
use keystile_store::{OpenError, Reads, Writes};

use crate::bench::{SqliteBench, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn loosen(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The problem of a refusal for the sake of files.
fn problem<T>(refused: Result<T, OpenError>) -> String {
    match refused {
        Err(OpenError::Files { path, problem }) => format!("{path} {problem}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[test]
fn t09_everything_it_makes_is_private() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    assert_eq!(mode(&bench.data()), 0o700);
    for entry in fs::read_dir(bench.data()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert!(bench.file("keystile.sqlite-wal").exists());
}

#[test]
fn t09_a_directory_that_others_can_read_is_refused_with_its_remedy() {
    let bench = SqliteBench::default();
    drop(bench.store());
    for loose in [0o750, 0o705, 0o770] {
        loosen(&bench.data(), loose);
        let problem = problem(bench.try_store());
        assert!(problem.contains("chmod 700"), "{problem}");
    }
    loosen(&bench.data(), 0o700);
    bench.store();
}

#[test]
fn t09_a_file_that_others_can_read_is_refused_with_its_remedy() {
    let bench = SqliteBench::default();
    drop(bench.store());
    for name in ["keystile.sqlite", "lock"] {
        for loose in [0o640, 0o604, 0o660] {
            loosen(&bench.file(name), loose);
            let problem = problem(bench.try_store());
            assert!(
                problem.contains("chmod 600") && problem.contains(name),
                "{problem}"
            );
        }
        loosen(&bench.file(name), 0o600);
    }
    bench.store();
}

#[test]
fn t10_a_symbolic_link_is_refused_wherever_it_stands() {
    let bench = SqliteBench::default();
    drop(bench.store());
    let beside = tempfile::tempdir().unwrap();
    let link = beside.path().join("link");
    symlink(bench.data(), &link).unwrap();
    let refused = problem(SqliteDatabase::open(&link));
    assert!(refused.contains("symbolic link"), "{refused}");
    for name in ["keystile.sqlite", "lock"] {
        let moved = beside.path().join(name);
        fs::rename(bench.file(name), &moved).unwrap();
        symlink(&moved, bench.file(name)).unwrap();
        let refused = problem(bench.try_store());
        assert!(refused.contains("symbolic link"), "{refused}");
        fs::remove_file(bench.file(name)).unwrap();
        fs::rename(&moved, bench.file(name)).unwrap();
    }
    bench.store();
}

#[test]
fn t10_a_link_to_nowhere_is_not_followed_to_make_a_database() {
    let bench = SqliteBench::default();
    let beside = tempfile::tempdir().unwrap();
    symlink(beside.path().join("nowhere"), bench.data()).unwrap();
    assert!(problem(bench.try_store()).contains("symbolic link"));
    assert!(!beside.path().join("nowhere").exists());
}

#[test]
fn what_is_no_directory_or_no_file_is_refused() {
    let bench = SqliteBench::default();
    fs::write(bench.data(), "x").unwrap();
    assert!(problem(bench.try_store()).contains("is not a directory"));
    fs::remove_file(bench.data()).unwrap();
    drop(bench.store());
    fs::remove_file(bench.database()).unwrap();
    fs::create_dir(bench.database()).unwrap();
    assert!(problem(bench.try_store()).contains("is not a file"));
}

#[test]
fn a_second_start_is_refused_and_the_first_goes_on() {
    let bench = SqliteBench::default();
    let store = bench.store();
    let refused = bench.try_store();
    assert!(
        matches!(refused, Err(OpenError::InUse { .. })),
        "{refused:?}"
    );
    run(set_up(&store));
    drop(store);
    bench.store();
}

#[test]
fn a_directory_above_that_is_missing_is_made_too() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b/c");
    SqliteDatabase::open(&deep).unwrap();
    assert_eq!(mode(&deep), 0o700);
}

#[test]
fn a_path_that_cannot_be_made_is_refused_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let refused = problem(SqliteDatabase::open(&file.join("data")));
    assert!(refused.contains("file/data"), "{refused}");
}

#[test]
fn a_start_that_was_cut_off_before_the_file_had_its_name_begins_anew() {
    let bench = SqliteBench::default();
    drop(bench.store());
    fs::rename(bench.database(), bench.file("keystile.sqlite.new")).unwrap();
    let store = bench.store();
    run(set_up(&store));
    assert!(!bench.file("keystile.sqlite.new").exists());
}

#[test]
fn a_database_that_was_moved_away_from_its_log_is_not_made_anew() {
    let bench = SqliteBench::default();
    drop(bench.store());
    fs::rename(bench.database(), bench.file("moved")).unwrap();
    fs::write(bench.file("keystile.sqlite-wal"), "something").unwrap();
    loosen(&bench.file("keystile.sqlite-wal"), 0o600);
    let refused = bench.try_store();
    assert!(
        matches!(refused, Err(OpenError::Damaged { .. })),
        "{refused:?}"
    );
    assert!(!bench.database().exists());
}

#[test]
fn key_material_is_installed_once() {
    let bench = SqliteBench::default();
    let database = SqliteDatabase::open(&bench.data()).unwrap();
    assert_eq!(database.keyring().unwrap(), []);
    crate::bench::integrity(&database).unwrap();
    let keys = database.keyring().unwrap();
    assert_eq!(keys.len(), 4);
    problem(database.install(&keys));
}

#[test]
fn g03_lost_key_material_is_noticed_and_not_made_anew() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    drop(store);
    bench.intruder().execute("DELETE FROM keyring", []).unwrap();
    let database = SqliteDatabase::open(&bench.data()).unwrap();
    let refused = database.keyring();
    assert!(
        matches!(refused, Err(OpenError::Keyring(UnwrapError::Missing(_)))),
        "{refused:?}"
    );
    assert!(database.install(&[]).is_err());
}

#[test]
fn g03_another_master_key_is_refused_and_the_data_stays() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    drop(store);
    let database = SqliteDatabase::open(&bench.data()).unwrap();
    let other = MasterKey::random(&Counting::default()).unwrap();
    let refused = Keyring::open(&other, &database.keyring().unwrap());
    assert!(matches!(refused, Err(UnwrapError::WrongMasterKey(_))));
    drop(database);
    let store = bench.store();
    run(commit(&store, change(Action::KeyRevealed, Vec::new())));
}

#[test]
fn g08_a_newer_schema_is_refused_and_left_alone() {
    let bench = SqliteBench::default();
    drop(bench.store());
    bench
        .intruder()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let before = fs::read(bench.database()).unwrap();
    let refused = bench.try_store();
    assert!(
        matches!(
            refused,
            Err(OpenError::Newer {
                found: 999,
                known: 1,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(fs::read(bench.database()).unwrap(), before);
}

#[test]
fn g08_a_newer_schema_that_stands_in_the_log_is_refused_and_left_alone() {
    let bench = SqliteBench::default();
    drop(bench.store());
    let writer = bench.intruder();
    writer.pragma_update(None, "user_version", 999).unwrap();
    // As after a crash: the log was never merged.
    let names = ["keystile.sqlite", "keystile.sqlite-wal"];
    let contents = || names.map(|name| fs::read(bench.file(name)).unwrap());
    let crashed = contents();
    drop(writer);
    for (name, content) in names.iter().zip(&crashed) {
        fs::write(bench.file(name), content).unwrap();
        loosen(&bench.file(name), 0o600);
    }
    let refused = bench.try_store();
    assert!(
        matches!(refused, Err(OpenError::Newer { found: 999, .. })),
        "{refused:?}"
    );
    assert!(contents() == crashed);
}

#[test]
fn a_store_that_goes_has_written_what_it_accepted_and_left_one_file() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(async {
        set_up(&store).await;
        let accepted = store.commit(change(Action::KeyRevealed, Vec::new()));
        accepted.await.unwrap();
    });
    drop(store);
    assert!(!bench.file("keystile.sqlite-wal").exists());
    let store = bench.store();
    assert_eq!(run(store.products()).unwrap().len(), 1);
}
