//! Whoever can write the file but lacks the key material: each thing they could do is named.

use keystile_core::key::testing::Counting;
use keystile_core::key::{KeyMaterial, MasterKey, Purpose};
use keystile_core::model::{Action, KeyId, Record, Subject};
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{
    Owners, START, change, commit, full_change, insert, remove, retired, set_up, update,
};
use keystile_store::sqlite::SqliteDatabase;
use keystile_store::{
    AuditStore, CommitError, Feed, Finding, OpenError, Reads, Scanned, StoreError, Write, Writes,
};
use rusqlite::{Connection, params};

use crate::bench::{MASTER, SqliteBench, integrity, run};

const VICTIM: u128 = 10;

fn bytes(number: u128) -> [u8; 16] {
    number.to_be_bytes()
}

fn victim() -> Subject {
    Subject::Key(KeyId::from_u128(VICTIM))
}

/// A closed database: row 1 the owners, 2 two keys, 3 the first revoked, 4 and 5 a former value of
/// the second written and removed, 6 with personal fields.
fn filled() -> (SqliteBench, Owners) {
    let bench = SqliteBench::default();
    let store = bench.store();
    let owners = run(async {
        let owners = set_up(&store).await;
        let mut key = owners.key(VICTIM);
        let keys = vec![insert(key.clone()), insert(owners.key(11))];
        commit(&store, change(Action::KeyCreated, keys)).await;
        keep_old_row(&bench.intruder());
        key.revoked_at = Some(START);
        commit(&store, change(Action::KeyRevoked, vec![update(key, 2)])).await;
        let value = retired(20, KeyId::from_u128(11));
        let writes = vec![Write::Insert(Record::RetiredValue(value.clone()))];
        commit(&store, change(Action::KeyRotated, writes)).await;
        bench
            .intruder()
            .execute_batch("CREATE TABLE old_values AS SELECT * FROM retired_values")
            .unwrap();
        commit(&store, change(Action::KeyRotated, vec![remove(&value, 4)])).await;
        commit(&store, full_change(Action::KeyRevealed, Vec::new())).await;
        owners
    });
    (bench, owners)
}

/// What an attacker who saw the database earlier still has.
fn keep_old_row(connection: &Connection) {
    connection
        .execute_batch("CREATE TABLE old_keys AS SELECT * FROM keys")
        .unwrap();
}

/// What a start and an audit find, which must be the same.
fn findings(bench: &SqliteBench) -> Vec<Finding> {
    let store = bench.store();
    run(async {
        let (report, _) = scan(&store).await;
        let audit = store.verify_audit().await.unwrap();
        assert_eq!(report.suspects, audit.findings);
        audit.findings
    })
}

fn assert_names(findings: &[Finding], subject: &Subject, words: &str) {
    let [finding] = findings else {
        panic!("{findings:?}");
    };
    assert_eq!(finding.subject.as_ref(), Some(subject));
    assert!(finding.problem.contains(words), "{finding:?}");
}

fn assert_names_row(findings: &[Finding], seq: u64, words: &str) {
    let found = findings.iter().find(|finding| finding.seq == Some(seq));
    let found = found.unwrap_or_else(|| panic!("{findings:?}"));
    assert!(found.problem.contains(words), "{found:?}");
}

#[test]
fn nothing_is_found_in_what_nobody_touched() {
    let (bench, _) = filled();
    assert_eq!(findings(&bench), []);
}

#[test]
fn each_field_of_a_key_that_is_altered_is_named() {
    for set in [
        "scopes = '[\"*\"]'",
        "allowed_origins = '[]'",
        "allowed_ips = '[]'",
        "rate_limit = 1, rate_period = 1",
        "metadata = '{}'",
        "binding_product = 'demo'",
        "expires_at = 1",
        "enabled = 0",
        "revoked_at = NULL",
        "deleted_at = 1",
        "kind = 'publishable'",
        "mode = 'test'",
        "pepper = 2",
        "value = 'x'",
        "sealed = x'00'",
        "seq = 2",
        "name = name || ' '",
        "created_by = 'me'",
    ] {
        let (bench, _) = filled();
        let sql = format!("UPDATE keys SET {set} WHERE id = ?1");
        assert_eq!(bench.intruder().execute(&sql, [bytes(VICTIM)]).unwrap(), 1);
        assert_names(&findings(&bench), &victim(), "altered");
        let store = bench.store();
        let (_, seen) = run(scan(&store));
        let denied = |met: &Scanned| match met {
            Scanned::Forged(record) => record.subject() == victim(),
            _ => false,
        };
        assert_eq!(seen.iter().filter(|met| denied(met)).count(), 1, "{set}");
    }
}

#[test]
fn k22_a_digest_that_is_short_or_missing_never_becomes_a_key() {
    for digest in ["x'00'", "NULL", "x''"] {
        let (bench, _) = filled();
        let intruder = bench.intruder();
        intruder
            .execute_batch(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, 'digest BLOB NOT NULL', 'digest BLOB')
                 WHERE name = 'keys';
                 PRAGMA writable_schema = RESET;",
            )
            .unwrap();
        let sql = format!("UPDATE keys SET digest = {digest} WHERE id = ?1");
        intruder.execute(&sql, [bytes(VICTIM)]).unwrap();
        drop(intruder);
        let store = bench.store();
        run(async {
            let (report, seen) = scan(&store).await;
            let unreadable = |met: &Scanned| matches!(met, Scanned::Unreadable { .. });
            assert_eq!(seen.iter().filter(|met| unreadable(met)).count(), 1);
            assert!(
                report
                    .suspects
                    .iter()
                    .any(|found| found.subject == Some(victim()))
            );
            store.key(KeyId::from_u128(VICTIM)).await.unwrap_err();
        });
    }
}

#[test]
fn another_keys_digest_in_a_row_is_named() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute(
            "UPDATE keys SET digest = (SELECT digest FROM keys WHERE id = ?2) WHERE id = ?1",
            [bytes(VICTIM), bytes(11)],
        )
        .unwrap();
    assert_names(&findings(&bench), &victim(), "altered");
}

#[test]
fn a_revoked_key_whose_old_row_is_put_back_is_named_and_refused() {
    let (bench, _) = filled();
    let intruder = bench.intruder();
    intruder
        .execute("DELETE FROM keys WHERE id = ?1", [bytes(VICTIM)])
        .unwrap();
    intruder
        .execute(
            "INSERT INTO keys SELECT * FROM old_keys WHERE id = ?1",
            [bytes(VICTIM)],
        )
        .unwrap();
    assert_names(&findings(&bench), &victim(), "brought back");
    let store = bench.store();
    let rows = run(store.after(2, 1)).unwrap();
    assert!(
        matches!(&rows[0].records[..], [Scanned::Forged(_)]),
        "the feed does not take it for current: {rows:?}"
    );
}

#[test]
fn a_deleted_row_is_named() {
    let (bench, owners) = filled();
    bench
        .intruder()
        .execute("DELETE FROM keys WHERE id = ?1", [bytes(VICTIM)])
        .unwrap();
    assert_names(&findings(&bench), &victim(), "missing");
    let (bench, _) = (filled().0, owners.clone());
    bench
        .intruder()
        .execute("DELETE FROM organizations", [])
        .unwrap();
    let subject = Subject::Organization(owners.organization.id);
    assert_names(&findings(&bench), &subject, "missing");
}

#[test]
fn a_copied_row_is_named() {
    let (bench, _) = filled();
    let intruder = bench.intruder();
    intruder
        .execute_batch("CREATE TEMP TABLE copy AS SELECT * FROM keys")
        .unwrap();
    intruder
        .execute(
            "UPDATE copy SET id = ?1, name = 'copy' WHERE id = ?2",
            [bytes(99), bytes(11)],
        )
        .unwrap();
    intruder
        .execute(
            "INSERT INTO keys SELECT * FROM copy WHERE id = ?1",
            [bytes(99)],
        )
        .unwrap();
    let subject = Subject::Key(KeyId::from_u128(99));
    assert_names(&findings(&bench), &subject, "altered");
}

#[test]
fn a_removed_value_that_is_back_is_named() {
    let (bench, _) = filled();
    bench
        .intruder()
        .execute_batch("INSERT INTO retired_values SELECT * FROM old_values")
        .unwrap();
    let subject = Record::RetiredValue(retired(20, KeyId::from_u128(11))).subject();
    assert_names(&findings(&bench), &subject, "removed it");
}

#[test]
fn a_row_of_another_installation_is_named() {
    let (bench, owners) = filled();
    let other = SqliteBench::default();
    // The same key material, other changes: a fork of the same database.
    let store = other.store();
    run(async {
        set_up(&store).await;
        commit(
            &store,
            change(Action::KeyCreated, vec![insert(owners.key(77))]),
        )
        .await;
    });
    drop(store);
    let path = other.database().display().to_string();
    let intruder = bench.intruder();
    intruder.execute("ATTACH ?1 AS other", [path]).unwrap();
    intruder
        .execute_batch("INSERT INTO keys SELECT * FROM other.keys")
        .unwrap();
    drop(intruder);
    let subject = Subject::Key(KeyId::from_u128(77));
    assert_names(&findings(&bench), &subject, "no journal row wrote it");
}

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

/// Opening as a store is refused with the remedy, and the audit it names works all the same.
fn assert_refused_naming(bench: &SqliteBench, words: &str) {
    let refused = bench.try_store();
    let Err(OpenError::Damaged { problem, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert!(
        problem.contains(words) && problem.contains("keystile audit verify"),
        "{problem}"
    );
    let database = SqliteDatabase::open(&bench.data()).unwrap();
    let integrity = integrity(&database).unwrap();
    let report = database.verify_audit(&integrity).unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.problem.contains(words)),
        "{:?}",
        report.findings
    );
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

/// Swaps two rows of a table behind the back of one of its indexes.
fn mislead(bench: &SqliteBench, table: &str, index: &str, one: u128, other: u128) {
    let find = |connection: &Connection| -> (Option<String>, i64, String) {
        let sql = "SELECT i.sql, i.rootpage, t.sql FROM sqlite_schema i, sqlite_schema t \
                   WHERE i.name = ?1 AND t.name = ?2";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        connection.query_row(sql, [index, table], row).unwrap()
    };
    let edit = |work: &dyn Fn(&Connection)| {
        let connection = bench.intruder();
        connection
            .pragma_update(None, "writable_schema", true)
            .unwrap();
        work(&connection);
        connection
            .execute_batch("PRAGMA writable_schema = RESET")
            .unwrap();
    };
    let (index_sql, root, table_sql) = find(&bench.intruder());
    edit(&|connection| {
        connection
            .execute("DELETE FROM sqlite_schema WHERE name = ?1", [index])
            .unwrap();
        if index_sql.is_none() {
            let bare = table_sql.replace(" PRIMARY KEY", "");
            connection
                .execute(
                    "UPDATE sqlite_schema SET sql = ?1 WHERE name = ?2",
                    [&bare, table],
                )
                .unwrap();
        }
    });
    let swap = format!("UPDATE {table} SET rowid = rowid + ?2 WHERE id = ?1");
    let rowid = |number: u128| -> i64 {
        let sql = format!("SELECT rowid FROM {table} WHERE id = ?1");
        bench
            .intruder()
            .query_row(&sql, [bytes(number)], |row| row.get(0))
            .unwrap()
    };
    let (first, second) = (rowid(one), rowid(other));
    let intruder = bench.intruder();
    intruder.execute(&swap, params![bytes(one), 1000]).unwrap();
    intruder
        .execute(&swap, params![bytes(other), first - second])
        .unwrap();
    intruder
        .execute(&swap, params![bytes(one), second - first - 1000])
        .unwrap();
    drop(intruder);
    edit(&|connection| {
        connection
            .execute(
                "UPDATE sqlite_schema SET sql = ?1 WHERE name = ?2",
                [&table_sql, table],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) \
                 VALUES ('index', ?1, ?2, ?3, ?4)",
                params![index, table, root, index_sql],
            )
            .unwrap();
    });
}

#[test]
fn an_index_that_leads_to_another_row_is_noticed() {
    let (bench, _) = filled();
    mislead(&bench, "keys", "sqlite_autoindex_keys_1", VICTIM, 11);
    let store = bench.store();
    let refused = run(store.key(KeyId::from_u128(VICTIM)));
    assert!(
        matches!(refused, Err(StoreError::Tampered { .. })),
        "{refused:?}"
    );
}

#[test]
fn an_index_that_leads_to_another_customer_is_noticed() {
    let (bench, owners) = filled();
    let store = bench.store();
    let other = keystile_store::conformance::sample::organization(50);
    let writes = vec![Write::Insert(Record::Organization(other))];
    run(commit(&store, change(Action::OrganizationCreated, writes)));
    drop(store);
    mislead(
        &bench,
        "organizations",
        "organizations_by_external_id",
        1,
        50,
    );
    let store = bench.store();
    let refused = run(store.organization_by_external_id(&owners.product.slug, "customer-1"));
    assert!(
        matches!(refused, Err(StoreError::Tampered { .. })),
        "{refused:?}"
    );
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
fn a_trigger_left_in_the_file_never_runs() {
    let (bench, owners) = filled();
    bench
        .intruder()
        .execute_batch("CREATE TRIGGER undo BEFORE UPDATE ON keys BEGIN SELECT RAISE(IGNORE); END;")
        .unwrap();
    let store = bench.store();
    run(async {
        let mut key = owners.key(11);
        key.revoked_at = Some(START);
        commit(&store, change(Action::KeyRevoked, vec![update(key, 2)])).await;
        let found = store.key(KeyId::from_u128(11)).await.unwrap().unwrap();
        assert!(found.revoked_at.is_some());
    });
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
