//! Whoever can write the file but lacks the key material: each thing they could do is named.

mod journal;
mod ledger;
mod people;
mod records;
mod schema;

use keystile_core::model::{Action, Binding, KeyId, RateLimit, Record, SpendCaps, Subject};
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{
    Owners, START, change, commit, full_change, insert, remove, retired, set_up, update,
};
use keystile_store::sqlite::SqliteDatabase;
use keystile_store::{AuditStore, Finding, OpenError, Write};
use rusqlite::Connection;

use crate::bench::{SqliteBench, integrity, run};

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
        key.rate_limit = Some(RateLimit {
            limit: 5,
            period_seconds: 60,
        });
        key.spend_caps = SpendCaps::from_parts([Some(100), Some(1000), None]);
        key.binding = Some(Binding {
            product: owners.product.slug.clone(),
            environment: Some("production".into()),
        });
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
