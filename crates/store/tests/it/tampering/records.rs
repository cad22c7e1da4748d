//! Rows of records.

use keystile_core::model::{Action, KeyId, Record, Subject};
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{change, commit, insert, retired, set_up};
use keystile_store::{Feed, Reads, Scanned};

use super::*;
use crate::bench::{SqliteBench, run};

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
        "rate_limit = NULL",
        "rate_period = NULL",
        "spend_day = 101",
        "spend_day = NULL",
        "spend_day = spend_month, spend_month = spend_day",
        "spend_day = NULL, spend_month = NULL",
        "spend_total = 1",
        "metadata = '{}'",
        "binding_product = NULL",
        "binding_environment = NULL",
        "binding_environment = 'staging'",
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
            let problems: Vec<_> = seen.iter().filter_map(problem).collect();
            assert_eq!(problems, ["digest is not bytes of its length"]);
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

fn problem(met: &Scanned) -> Option<&str> {
    match met {
        Scanned::Unreadable { problem, .. } => Some(problem),
        _ => None,
    }
}

/// What keeps two keys from having one value does not stop whoever writes the file.
const DROP_UNIQUE: &str = "DROP INDEX keys_by_digest";

#[test]
fn another_keys_digest_in_a_row_is_named() {
    let (bench, _) = filled();
    let intruder = bench.intruder();
    intruder.execute_batch(DROP_UNIQUE).unwrap();
    intruder
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
    intruder.execute_batch(DROP_UNIQUE).unwrap();
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
