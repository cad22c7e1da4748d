//! The ledger: whoever can write the file gets no credits from nowhere. What a start finds stops
//! all spending and nothing else; what it cannot find cheaply, the examination names.

use keystile_core::credit::{Change, Place};
use keystile_core::model::{OrganizationId, SpendId};
use keystile_store::conformance::purse::{Purse, grant, granting};
use keystile_store::sqlite::{LedgerSettings, SqliteStore};
use keystile_store::{AuditReport, CommitError, LedgerStore, Reads, Writes};

use super::*;
use crate::bench::OFTEN;

/// A closed database with all kinds of entries, and what an attacker who saw it earlier has kept.
struct Spent {
    bench: SqliteBench,
    /// A charge that was given back, one of which a part was, one that was not.
    refunded: SpendId,
    partly: SpendId,
    charged: SpendId,
}

const TABLES: [&str; 4] = ["ledger", "accounts", "key_spending", "charges"];

fn keep_old_tables(bench: &SqliteBench) {
    for table in TABLES {
        let sql = format!("CREATE TABLE old_{table} AS SELECT * FROM {table}");
        bench.intruder().execute(&sql, []).unwrap();
    }
}

fn purse(store: &SqliteStore) -> Purse<'_> {
    Purse::of(store, OrganizationId::from_u128(1))
}

fn spent(settings: LedgerSettings) -> Spent {
    let bench = SqliteBench::keeping(settings);
    let store = bench.store();
    let spent = run(async {
        let purse = Purse::filled(&store, 1000).await;
        purse.give(grant(2, purse.account.organization, 50)).await;
        let (refunded, partly) = (purse.spend(7).await.spend, purse.spend(7).await.spend);
        purse.refund(partly, 1).await.unwrap();
        keep_old_tables(&bench);
        purse.refund(refunded, 7).await.unwrap();
        purse.refund(partly, 2).await.unwrap();
        let aside = purse.reserve(9, 3_600_000).await;
        purse
            .change(aside, Change::Settle { amount: 4 })
            .await
            .unwrap();
        purse.reserve(9, 3_600_000).await;
        let charged = purse.spend(5).await.spend;
        // Until all of that is written down.
        for key in 0..12 {
            purse.by(20 + key).spend(1).await;
        }
        (refunded, partly, charged)
    });
    let (refunded, partly, charged) = spent;
    drop(store);
    Spent {
        bench,
        refunded,
        partly,
        charged,
    }
}

impl Spent {
    fn tamper(&self, sql: &str) {
        self.bench.intruder().execute_batch(sql).unwrap();
    }

    fn audit(&self) -> AuditReport {
        let database = SqliteDatabase::open(&self.bench.data()).unwrap();
        let integrity = integrity(&database).unwrap();
        database.verify_audit(&integrity).unwrap()
    }

    fn assert_audit_names(&self, words: &str) {
        let findings = self.audit().findings;
        let named = findings
            .iter()
            .any(|finding| finding.problem.contains(words));
        assert!(named, "{words}: {findings:#?}");
    }

    /// A start finds it: nothing is spent, given back, granted or told, and all else goes on.
    fn assert_refused(&self, what: &str) {
        let store = self.bench.store();
        run(async {
            let purse = purse(&store);
            let refused = store.spend(purse.order(1).into()).await;
            let Err(CommitError::NotWritten(reason)) = &refused else {
                panic!("{what}: {refused:?}");
            };
            assert!(reason.contains("audit verify"), "{what}: {reason}");
            let all = Change::Refund { amount: None };
            store.change_charge(self.charged, all).await.unwrap_err();
            store.balances(purse.account).await.unwrap_err();
            let more = grant(9, purse.account.organization, 5);
            let more = granting(&[more]);
            store.commit(more).await.unwrap_err();
            store.keyring().await.unwrap();
            let other = change(Action::KeyCreated, Vec::new());
            store.commit(other).await.unwrap();
        });
    }
}

#[test]
fn nothing_is_found_in_a_ledger_that_nobody_touched() {
    for settings in [OFTEN, LedgerSettings::default()] {
        let spent = spent(settings);
        let report = spent.audit();
        assert_eq!(report.findings, []);
        assert_eq!(report.ledger_head.number, report.ledger_groups);
        assert!(report.ledger_entries >= report.ledger_groups);
    }
}

#[test]
fn any_byte_of_a_group_that_is_altered_is_named() {
    let spent = spent(OFTEN);
    let connection = spent.bench.intruder();
    let groups = i64::try_from(spent.audit().ledger_groups).unwrap();
    for number in [1, 2, groups / 2, groups] {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        let sql = "SELECT entries FROM ledger WHERE number = ?1";
        let entries = connection.query_row(sql, [number], read).unwrap();
        let put = |entries: &[u8]| {
            let sql = "UPDATE ledger SET entries = ?1 WHERE number = ?2";
            connection
                .execute(sql, rusqlite::params![entries, number])
                .unwrap();
        };
        for at in (0..entries.len()).step_by(11) {
            let mut altered = entries.clone();
            altered[at] ^= 1;
            put(&altered);
            spent.assert_audit_names(&format!("group {number} of the ledger: it was altered"));
        }
        put(&entries);
    }
    for set in [
        "at = at + 1",
        "remembers = 7",
        "missing_from = missing_from + 7",
        "sum = zeroblob(16)",
    ] {
        let spent = self::spent(OFTEN);
        spent.tamper(&format!("UPDATE ledger SET {set} WHERE number = 3"));
        spent.assert_audit_names("group 3 of the ledger: it was altered");
    }
    assert_eq!(spent.audit().findings, []);
}

#[test]
fn what_a_start_finds_stops_all_spending_and_nothing_else() {
    let last = "(SELECT max(number) FROM ledger)";
    let cases = [
        (
            format!("UPDATE ledger SET entries = zeroblob(9) WHERE number = {last}"),
            "it was altered",
        ),
        (
            format!("UPDATE ledger SET missing_from = missing_from + 1 WHERE number = {last}"),
            "it was altered",
        ),
        (
            format!("UPDATE ledger SET link = x'00' WHERE number = {last}"),
            "link is not bytes of its length",
        ),
        (
            format!("DELETE FROM ledger WHERE number = {last}"),
            "what the entries of the ledger come to does not fit its last group",
        ),
        (
            "DELETE FROM ledger WHERE number > 2".into(),
            "the head of the journal names a later one",
        ),
        (
            "DELETE FROM ledger".into(),
            "the head of the journal names a later one",
        ),
        (
            format!(
                "CREATE TABLE copy AS SELECT * FROM ledger WHERE number = {last};
                 UPDATE copy SET number = number + 1; INSERT INTO ledger SELECT * FROM copy;"
            ),
            "it was altered",
        ),
        (
            "DELETE FROM accounts; INSERT INTO accounts SELECT * FROM old_accounts".into(),
            "its row is an older one",
        ),
        ("DELETE FROM accounts".into(), "its row is missing"),
        (
            "UPDATE accounts SET state = zeroblob(length(state))".into(),
            "accounts was altered",
        ),
        (
            "DELETE FROM key_spending; INSERT INTO key_spending SELECT * FROM old_key_spending"
                .into(),
            "what key_0000000000000000000000000a spent: its row is an older one",
        ),
        ("DELETE FROM charges".into(), "what became of it is missing"),
        (
            "DELETE FROM charges; INSERT INTO charges SELECT * FROM old_charges".into(),
            "what became of it is not what the entries say",
        ),
        (
            "INSERT INTO charges SELECT zeroblob(10), state, tag FROM charges LIMIT 1".into(),
            "table charges was altered",
        ),
        (
            "INSERT INTO ledger_base SELECT zeroblob(4), zeroblob(40), zeroblob(16)".into(),
            "where the ledger begins was altered",
        ),
        (
            "UPDATE grants SET amount = amount + 1".into(),
            "its row was altered",
        ),
        (
            "DELETE FROM grants WHERE amount = 50".into(),
            "its record is missing",
        ),
        (
            "UPDATE head SET ledger = 0, ledger_link = zeroblob(32)".into(),
            "the head of the journal was altered",
        ),
    ];
    for (sql, words) in cases {
        let spent = spent(OFTEN);
        spent.tamper(&sql);
        spent.assert_audit_names(words);
        if sql.contains("UPDATE head") || sql.contains("grants") {
            // Then the records are suspect as well, and no change is made at all.
            let store = spent.bench.store();
            run(store.spend(purse(&store).order(1).into())).unwrap_err();
        } else {
            spent.assert_refused(&sql);
            let store = spent.bench.store();
            assert_eq!(
                run(scan(&store)).0.suspects,
                [],
                "{sql}: keys are verified as ever"
            );
        }
    }
}

#[test]
fn tables_brought_back_together_are_found_by_what_the_journal_sealed() {
    let spent = spent(OFTEN);
    let store = spent.bench.store();
    run(commit(&store, change(Action::KeyRevealed, Vec::new())));
    drop(store);
    for table in TABLES {
        spent.tamper(&format!(
            "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM old_{table}"
        ));
    }
    spent.assert_audit_names("the head of the journal names a later one");
    spent.assert_refused("old tables");
}

#[test]
fn a_grant_brought_back_from_before_it_was_void_gives_nothing() {
    let spent = spent(OFTEN);
    spent.tamper("CREATE TABLE old_grants AS SELECT * FROM grants");
    let store = spent.bench.store();
    run(purse(&store).void(1, START));
    let remaining = run(purse(&store).remaining());
    drop(store);
    spent.tamper("DELETE FROM grants; INSERT INTO grants SELECT * FROM old_grants");
    spent.assert_audit_names("brought back");
    let store = spent.bench.store();
    assert_eq!(run(purse(&store).remaining()), remaining);
}

#[test]
fn an_altered_group_that_no_start_reads_is_told_and_its_charges_stay_as_they_are() {
    for sql in [
        "DELETE FROM ledger WHERE number = 3",
        "UPDATE ledger SET entries = zeroblob(length(entries)) \
         WHERE number = 3",
    ] {
        let spent = spent(OFTEN);
        let store = spent.bench.store();
        let before = run(purse(&store).balances());
        drop(store);
        assert_eq!(Place::of(spent.refunded).unwrap().group, 3);
        spent.tamper(sql);
        spent.assert_audit_names("group 3 of the ledger");
        let store = spent.bench.store();
        run(async {
            let all = Change::Refund { amount: None };
            let refused = store.change_charge(spent.refunded, all).await;
            assert!(
                matches!(refused, Err(CommitError::NotWritten(_))),
                "{refused:?}"
            );
            store.charged(spent.refunded).await.unwrap_err();
            let page = keystile_store::Page {
                before: None,
                limit: 100,
            };
            let listed = store.entries(purse(&store).account, page).await;
            assert!(matches!(
                listed,
                Err(keystile_store::StoreError::Tampered { .. })
            ));
            assert_eq!(purse(&store).balances().await, before);
            purse(&store).spend(1).await;
        });
    }
}

#[test]
fn what_is_taken_away_while_the_store_is_open_stops_it_before_the_next_charge() {
    for (sql, is_harmless) in [
        ("CREATE TABLE strange (a)", true),
        ("DELETE FROM charges", false),
        (
            "DELETE FROM accounts; INSERT INTO accounts SELECT * FROM old_accounts",
            false,
        ),
        (
            "DELETE FROM ledger WHERE number = (SELECT max(number) FROM ledger)",
            false,
        ),
    ] {
        let spent = spent(OFTEN);
        let store = spent.bench.store();
        run(purse(&store).spend(1));
        spent.tamper(sql);
        let all = Change::Refund { amount: None };
        let refund = run(store.change_charge(spent.refunded, all));
        let spend = run(store.spend(purse(&store).order(1).into()));
        assert_eq!(
            (refund.is_ok(), spend.is_ok()),
            (is_harmless, is_harmless),
            "{sql}"
        );
        let more = granting(&[grant(9, OrganizationId::from_u128(1), 5)]);
        assert_eq!(run(store.commit(more)).is_ok(), is_harmless, "{sql}");
    }
}

#[test]
fn a_tail_of_plain_charges_that_is_cut_off_shows_in_the_head_that_is_kept_elsewhere() {
    let spent = spent(LedgerSettings::default());
    let store = spent.bench.store();
    run(commit(&store, change(Action::KeyRevealed, Vec::new())));
    let sealed = run(store.verify_audit()).unwrap().ledger_head;
    run(async {
        for _ in 0..3 {
            purse(&store).spend(1).await;
        }
    });
    let kept = run(store.verify_audit()).unwrap().ledger_head;
    assert_eq!(kept.number, sealed.number + 3);
    drop(store);
    spent.tamper(&format!(
        "DELETE FROM ledger WHERE number > {}",
        sealed.number
    ));
    let report = spent.audit();
    assert_eq!(report.findings, [], "it is a consistent older state");
    assert_eq!(
        report.ledger_head, sealed,
        "which is not the one that was kept"
    );
    spent.tamper(&format!(
        "DELETE FROM ledger WHERE number = {}",
        sealed.number
    ));
    spent.assert_refused("what the journal has sealed is not cut off");
}

#[test]
fn p10_part_of_what_was_given_back_is_not_given_back_again() {
    let spent = spent(OFTEN);
    spent.tamper("DELETE FROM charges");
    let store = spent.bench.store();
    let all = Change::Refund { amount: None };
    run(store.change_charge(spent.partly, all)).unwrap_err();
}

#[test]
fn a_charge_of_a_grant_whose_record_is_gone_is_not_given_back() {
    let spent = spent(OFTEN);
    let store = spent.bench.store();
    spent.tamper("DELETE FROM grants WHERE amount = 1000");
    let all = Change::Refund { amount: None };
    let refused = run(store.change_charge(spent.charged, all));
    let Err(CommitError::NotWritten(reason)) = refused else {
        panic!("nobody knows whether it is void: {refused:?}");
    };
    assert!(reason.contains("missing"), "{reason}");
    run(purse(&store).spend(1));
}
