//! What is neither a record nor a journal row: indexes and triggers.

use keystile_core::model::{Action, KeyId, Record};
use keystile_store::conformance::sample::{START, change, commit, update};
use keystile_store::{Reads, StoreError, Write};
use rusqlite::{Connection, params};

use super::*;
use crate::bench::{SqliteBench, run};

/// Swaps two rows of a table behind the back of one of its indexes.
pub(super) fn mislead(bench: &SqliteBench, table: &str, index: &str, one: u128, other: u128) {
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
