//! The journal, its head, and what the chain covers.

use keystile_core::key::testing::Counting;
use keystile_core::key::{KeyMaterial, MasterKey, Purpose};
use keystile_core::model::Action;
use keystile_store::conformance::sample::{START, change, commit, insert, set_up, update};
use keystile_store::{AuditStore, CommitError, Feed, Reads, Writes};

use super::*;
use crate::bench::{MASTER, SqliteBench, run};

#[test]
fn p10_an_edited_journal_row_is_named() {
    for set in [
        "details = '{\"a\":2}'",
        "actor = '{\"type\":\"system\"}'",
        "action = 'key.created'",
        "at = at - 1",
        "product = 'other'",
        "organization = NULL",
        "request_id = NULL",
        "personal = NULL",
        "keyring = zeroblob(32)",
        "marks = x'0500'",
    ] {
        let (bench, _) = filled();
        let sql = format!("UPDATE journal SET {set} WHERE seq = 1");
        bench.intruder().execute(&sql, []).unwrap();
        let store = bench.store();
        let report = run(store.verify_audit()).unwrap();
        assert_names_row(&report.findings, 1, "altered");
        let page = keystile_store::Page {
            before: None,
            limit: 10,
        };
        let shown = run(store.audit(keystile_store::AuditFilter::default(), page)).unwrap();
        let shown: Vec<_> = shown.iter().map(|entry| entry.seq).collect();
        assert_eq!(shown, [6, 5, 4, 3, 2], "{set}");
        run(store.after(0, 1)).unwrap_err();
    }
}

#[test]
fn p10_a_deleted_journal_row_is_named() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute("DELETE FROM journal WHERE seq = 3", [])
        .unwrap();
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    assert_names_row(&report.findings, 3, "missing");
    run(store.after(1, 10)).unwrap_err();
}

#[test]
fn p10_reordered_journal_rows_are_named() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute_batch(
            "UPDATE journal SET seq = 100 WHERE seq = 2;
             UPDATE journal SET seq = 2 WHERE seq = 3;
             UPDATE journal SET seq = 3 WHERE seq = 100;",
        )
        .unwrap();
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    assert_names_row(&report.findings, 2, "altered");
    assert_names_row(&report.findings, 3, "altered");
}

#[test]
fn p10_a_cut_tail_is_named_and_the_store_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute("DELETE FROM journal WHERE seq > 4", [])
        .unwrap();
    assert_refused_naming(&bench, "journal row 5");
}

#[test]
fn p10_a_cut_tail_with_a_head_to_match_is_named() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute_batch(
            "DELETE FROM journal WHERE seq > 4;
             UPDATE head SET seq = 4, link = (SELECT link FROM journal WHERE seq = 4);",
        )
        .unwrap();
    let found = findings(&bench);
    assert!(
        found
            .iter()
            .any(|finding| finding.problem.contains("sum of all rows does not open")),
        "{found:?}"
    );
    let store = bench.store();
    let refused = run(store.commit(change(Action::KeyRevealed, Vec::new())));
    assert!(
        matches!(&refused, Err(CommitError::NotWritten(reason)) if reason.contains("audit verify")),
        "nothing is sealed over it: {refused:?}"
    );
}

#[test]
fn p10_a_tail_cut_back_to_an_older_whole_head_is_named_by_the_rows() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(async {
        let owners = set_up(&store).await;
        commit(
            &store,
            change(Action::KeyCreated, vec![insert(owners.key(VICTIM))]),
        )
        .await;
        bench
            .intruder()
            .execute_batch("CREATE TABLE old_head AS SELECT * FROM head")
            .unwrap();
        let mut key = owners.key(VICTIM);
        key.note = Some("later".into());
        commit(&store, change(Action::KeyUpdated, vec![update(key, 2)])).await;
    });
    drop(store);
    bench
        .intruder()
        .execute_batch(
            "DELETE FROM journal WHERE seq > 2; DELETE FROM head;
             INSERT INTO head SELECT * FROM old_head;",
        )
        .unwrap();
    assert_names(&findings(&bench), &victim(), "brought back");
}

#[test]
fn p10_an_exported_head_shows_a_whole_old_copy() {
    let (bench, _) = filled();
    let old = tempfile::tempdir().unwrap();
    let copy = old.path().join("copy");
    std::fs::copy(bench.database(), &copy).unwrap();
    let store = bench.store();
    run(commit(&store, change(Action::KeyRevealed, Vec::new())));
    let exported = run(store.verify_audit()).unwrap().head;
    drop(store);
    std::fs::copy(&copy, bench.database()).unwrap();
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    assert_eq!(report.findings, [], "a whole old copy is sound in itself");
    assert!(report.head.seq < exported.seq);
}

#[test]
fn a_row_behind_the_end_of_the_journal_is_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute_batch(
            "CREATE TEMP TABLE copy AS SELECT * FROM journal WHERE seq = 6;
             UPDATE copy SET seq = 7;
             INSERT INTO journal SELECT * FROM copy;",
        )
        .unwrap();
    assert_refused_naming(&bench, "journal row 7");
}

#[test]
fn a_head_that_is_missing_or_altered_is_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute("UPDATE head SET link = zeroblob(32)", [])
        .unwrap();
    assert_refused_naming(&bench, "journal row 6");
    bench.intruder().execute("DELETE FROM head", []).unwrap();
    assert_refused_naming(&bench, "the head of the journal is missing");
}

#[test]
fn a_database_emptied_to_look_new_is_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute_batch(
            "DELETE FROM journal; UPDATE head SET seq = 0, link = zeroblob(32), sum = NULL;",
        )
        .unwrap();
    let found = findings(&bench);
    assert_eq!(found.len(), 6, "each row was added by nobody: {found:?}");
}

#[test]
fn altered_personal_fields_are_named_and_not_shown() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute("UPDATE journal_personal SET body = '{}' WHERE seq = 6", [])
        .unwrap();
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    assert_names_row(&report.findings, 6, "personal");
}

#[test]
fn erased_personal_fields_are_nowhere_in_the_files() {
    let (bench, _) = filled();
    let store = bench.store();
    let marker = b"192.0.2.7";
    let holds = || {
        ["keystile.sqlite", "keystile.sqlite-wal"]
            .iter()
            .any(|name| {
                let bytes = std::fs::read(bench.file(name)).unwrap_or_default();
                bytes.windows(marker.len()).any(|window| window == marker)
            })
    };
    assert!(holds());
    run(store.erase_personal(START.plus_millis(1))).unwrap();
    assert!(!holds());
}

#[test]
fn key_material_that_was_taken_away_is_named() {
    let (bench, _) = filled();
    let store = bench.store();
    let mut keys = run(store.keyring()).unwrap();
    let random = Counting::default();
    let pepper = KeyMaterial::random(Purpose::Pepper, 2, &random).unwrap();
    keys.push(
        pepper
            .wrap(&MasterKey::parse(MASTER).unwrap(), &random)
            .unwrap(),
    );
    let mut rotation = change(Action::PepperRotated, Vec::new());
    rotation.keyring = Some(keys);
    run(commit(&store, rotation));
    drop(store);
    assert_eq!(findings(&bench), []);
    bench
        .intruder()
        .execute("DELETE FROM keyring WHERE version = 2", [])
        .unwrap();
    let store = bench.store();
    let report = run(store.verify_audit()).unwrap();
    let [finding] = &report.findings[..] else {
        panic!("{:?}", report.findings);
    };
    assert!(finding.problem.contains("key material"), "{finding:?}");
}

#[test]
fn p10_an_edited_last_row_is_refused() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute(
            "UPDATE journal SET actor = '{\"type\":\"system\"}' WHERE seq = 6",
            [],
        )
        .unwrap();
    assert_refused_naming(&bench, "journal row 6");
}

#[test]
fn a_journal_row_written_behind_its_back_stops_the_writer() {
    let (bench, _) = filled();
    let store = bench.store();
    bench
        .intruder()
        .execute("UPDATE head SET link = zeroblob(32)", [])
        .unwrap();
    let refused = run(store.commit(change(Action::KeyRevealed, Vec::new())));
    assert!(
        matches!(&refused, Err(CommitError::NotWritten(reason)) if reason.contains("behind")),
        "{refused:?}"
    );
}
