//! Entries that are older than the retention time: they go, and every balance stays.

use keystile_core::credit::{Change, Refusal};
use keystile_core::model::{OrganizationId, SpendId};
use keystile_store::conformance::purse::{Purse, grant};
use keystile_store::conformance::reopened::Bench as _;
use keystile_store::conformance::sample::START;
use keystile_store::sqlite::{LedgerSettings, SqliteStore};
use keystile_store::{AuditStore, CommitError, LedgerStore};

use crate::bench::{OFTEN, SqliteBench, run};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Entries are kept for so many days.
fn keeping(days: i64) -> SqliteBench {
    SqliteBench::keeping(LedgerSettings {
        kept_millis: days * DAY,
        ..OFTEN
    })
}

fn purse(store: &SqliteStore) -> Purse<'_> {
    Purse::of(store, OrganizationId::from_u128(1))
}

fn wait(bench: &SqliteBench, millis: i64) {
    bench.clock().set(START.plus_millis(millis));
}

/// The first group that is kept.
fn first_group(bench: &SqliteBench) -> i64 {
    let read = |row: &rusqlite::Row<'_>| row.get(0);
    let sql = "SELECT min(number) FROM ledger";
    bench.intruder().query_row(sql, [], read).unwrap()
}

fn is_sound(store: &SqliteStore) -> bool {
    run(store.verify_audit()).unwrap().findings.is_empty()
}

#[test]
fn old_entries_go_and_every_balance_stays() {
    let bench = keeping(10);
    let mut store = bench.store();
    let (old, partly) = run(async {
        let purse = Purse::filled(&store, 1000).await;
        let mut ending = grant(2, purse.account.organization, 50);
        ending.expires_at = Some(START.plus_millis(30 * DAY));
        purse.give(ending).await;
        let old = purse.spend(7).await.spend;
        let partly = purse.spend(7).await.spend;
        purse.refund(partly, 3).await.unwrap();
        let aside = purse.reserve(9, HOUR).await;
        purse
            .change(aside, Change::Settle { amount: 4 })
            .await
            .unwrap();
        for key in 20..40 {
            purse.by(key).spend(2).await;
        }
        (old, partly)
    });
    let everything = |store: &SqliteStore| {
        run(async {
            let purse = purse(store);
            (
                purse.balances().await,
                purse.left().await,
                purse.by(20).spent_by_key().await,
            )
        })
    };
    wait(&bench, 9 * DAY);
    let spent = run(purse(&store).spend(1)).spend;
    assert_eq!(first_group(&bench), 1, "nothing is old enough");
    wait(&bench, 10 * DAY);
    let before = everything(&store);
    let listed = run(purse(&store).entries()).len();
    for round in 0..12 {
        let charge = run(purse(&store).by(50).spend(1)).spend;
        let back = run(purse(&store).refund(charge, 1)).unwrap();
        assert_eq!(back.remaining, before.0.remaining);
        if round % 4 == 3 {
            assert!(
                run(purse(&store).entries()).len() < listed,
                "the list ends there"
            );
            drop(store);
            store = bench.store();
            assert!(is_sound(&store));
        }
        assert_eq!(everything(&store), before);
    }
    assert!(first_group(&bench) > 20);
    run(async {
        for spend in [old, partly] {
            let all = Change::Refund { amount: None };
            assert_eq!(
                store.change_charge(spend, all).await.unwrap(),
                None,
                "no such charge"
            );
            assert_eq!(store.charged(spend).await.unwrap(), None);
        }
        let purse = purse(&store);
        purse.refund(spent, 1).await.unwrap();
        let remaining = purse.remaining().await;
        assert_eq!(purse.spend(remaining).await.remaining, 0);
    });
    drop(store);
    assert!(is_sound(&bench.store()));
}

#[test]
fn what_is_open_or_known_again_keeps_its_group() {
    let bench = keeping(1);
    let store = bench.store();
    let (aside, named) = run(async {
        let purse = Purse::filled(&store, 1000).await;
        let aside = purse.reserve(9, 20 * DAY).await;
        purse.spend(1).await;
        (aside, purse.ask(purse.named(1, "a")).await.unwrap().spend)
    });
    let go_on = |store: &SqliteStore| {
        for _ in 0..8 {
            run(purse(store).spend(1));
        }
    };
    wait(&bench, 10 * DAY);
    go_on(&store);
    assert_eq!(first_group(&bench), 2, "that of the reservation");
    run(purse(&store).change(aside, Change::Settle { amount: 2 })).unwrap();
    drop(store);
    let store = bench.store();
    go_on(&store);
    assert!(first_group(&bench) > 4);
    assert!(is_sound(&store));
    assert_eq!(run(store.charged(named)).unwrap(), None);

    let short = SqliteBench::keeping(LedgerSettings {
        kept_millis: HOUR,
        ..OFTEN
    });
    let store = short.store();
    let named = run(async {
        let purse = Purse::filled(&store, 1000).await;
        purse.ask(purse.named(1, "a")).await.unwrap().spend
    });
    wait(&short, 23 * HOUR);
    go_on(&store);
    drop(store);
    let store = short.store();
    let again = run(purse(&store).ask(purse(&store).named(1, "a"))).unwrap();
    assert_eq!((again.spend, again.repeated), (named, true));
    wait(&short, 24 * HOUR);
    go_on(&store);
    assert!(first_group(&short) > 2);
    assert!(
        !run(purse(&store).ask(purse(&store).named(1, "a")))
            .unwrap()
            .repeated
    );
    assert!(is_sound(&store));
}

/// The same done to two stores, of which one keeps little.
struct Twins([(SqliteBench, SqliteStore); 2]);

impl Twins {
    fn new() -> Self {
        let twins = [keeping(2), keeping(400)].map(|bench| {
            let store = bench.store();
            run(Purse::filled(&store, 500));
            (bench, store)
        });
        Self(twins)
    }

    fn each<T: PartialEq + std::fmt::Debug>(&self, work: &impl AsyncFn(Purse<'_>) -> T) -> T {
        let [one, other] = self.0.each_ref().map(|(_, store)| run(work(purse(store))));
        assert_eq!(one, other);
        one
    }

    fn wait(&self, millis: i64) {
        self.0.iter().for_each(|(bench, _)| wait(bench, millis));
    }
}

#[test]
fn t18_whenever_the_clock_jumps_a_ledger_that_forgets_comes_to_the_same() {
    let twins = Twins::new();
    let (mut now, mut number) = (0, 7_u64);
    let (mut charges, mut refused): (Vec<(SpendId, i64)>, usize) = (Vec::new(), 0);
    for step in 0..160_u64 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(step | 1);
        let roll = number >> 33;
        match roll % 8 {
            0 => now += HOUR * i64::try_from(roll % 60).unwrap(),
            1 => {
                let mut more = grant(100 + u128::from(step), OrganizationId::from_u128(1), 9);
                let ends = i64::try_from(roll % 90).unwrap();
                more.expires_at = Some(START.plus_millis(now + HOUR + ends * HOUR));
                twins.each(&async |purse: Purse<'_>| purse.give(more.clone()).await.seq);
            }
            2 => {
                let asked = twins.each(&async |purse: Purse<'_>| {
                    let order = purse.by(20 + u128::from(roll % 3)).reserving(3, 50 * HOUR);
                    purse.ask(order).await.map(|spent| spent.spend)
                });
                charges.extend(asked.ok().map(|spend| (spend, now)));
            }
            // As long as both know the charge.
            3 | 4 => {
                charges.retain(|(_, at)| at + 2 * DAY > now);
                if let Some((spend, _)) = charges.get(usize::try_from(roll % 7).unwrap()) {
                    let change = match roll % 3 {
                        0 => Change::Settle { amount: 1 },
                        1 => Change::Reverse,
                        _ => Change::Refund { amount: Some(1) },
                    };
                    let changed = twins.each(&async |purse: Purse<'_>| {
                        let changed = purse.change(*spend, change).await;
                        changed.map(|changed| changed.remaining)
                    });
                    refused += usize::from(changed.is_err());
                }
            }
            _ => {
                let asked = twins.each(&async |purse: Purse<'_>| {
                    let order = purse.by(20 + u128::from(roll % 3)).order(1 + roll % 4);
                    purse.ask(order).await.map(|spent| spent.spend)
                });
                if !matches!(asked, Err(Refusal::Exhausted { .. })) {
                    charges.extend(asked.ok().map(|spend| (spend, now)));
                }
            }
        }
        twins.wait(now);
        twins.each(&async |purse: Purse<'_>| {
            let spent = purse.by(20).spent_by_key().await;
            (purse.balances().await, purse.left().await, spent)
        });
    }
    assert!(refused < 40, "{refused} changes of charges came too late");
    let [forgetful, keeper] = &twins.0;
    assert_eq!(first_group(&keeper.0), 1);
    assert!(
        first_group(&forgetful.0) > 50,
        "{}",
        first_group(&forgetful.0)
    );
    assert!(is_sound(&forgetful.1) && is_sound(&keeper.1));
}

#[test]
fn what_is_kept_of_entries_that_are_gone_is_proved_too() {
    let lasting = |bench: &SqliteBench| {
        let store = bench.store();
        run(async {
            let purse = Purse::filled(&store, 1000).await;
            for key in 20..30 {
                purse.by(key).spend(2).await;
            }
        });
        wait(bench, 12 * DAY);
        for _ in 0..2 {
            run(purse(&store).spend(1));
        }
        let sql = "CREATE TABLE old AS SELECT * FROM base_accounts; \
                   CREATE TABLE old_base AS SELECT * FROM ledger_base";
        bench.intruder().execute_batch(sql).unwrap();
        for _ in 0..2 {
            run(purse(&store).spend(1));
        }
    };
    let cases = [
        (
            "DELETE FROM ledger_base",
            true,
            "group 1 of the ledger: it is missing",
        ),
        (
            "UPDATE ledger_base SET state = zeroblob(40)",
            true,
            "where the ledger begins was altered",
        ),
        (
            "DELETE FROM ledger_base; INSERT INTO ledger_base SELECT * FROM old_base",
            true,
            "it is missing",
        ),
        (
            "DELETE FROM base_accounts; INSERT INTO base_accounts SELECT * FROM old",
            false,
            "live account of",
        ),
        ("DELETE FROM base_accounts", false, "live account of"),
        (
            "UPDATE base_key_spending SET state = zeroblob(9)",
            false,
            "was altered",
        ),
        ("DELETE FROM base_key_spending", false, "what key_"),
    ];
    for (sql, is_refused, words) in cases {
        let bench = keeping(10);
        lasting(&bench);
        bench.intruder().execute_batch(sql).unwrap();
        let store = bench.store();
        let findings = run(store.verify_audit()).unwrap().findings;
        let named = findings
            .iter()
            .any(|finding| finding.problem.contains(words));
        assert!(named, "{sql}: {findings:#?}");
        let before = 1000 - 10 * 2 - 4;
        for round in 1..6 {
            match run(store.spend(purse(&store).order(1).into())) {
                Ok(spent) if !is_refused => assert_eq!(spent.unwrap().remaining, before - round),
                Err(CommitError::NotWritten(_)) if is_refused => {}
                other => panic!("{sql}: {other:?}"),
            }
        }
    }
}
