//! Charges while a write goes wrong: an error, a full disk, or the end of the process, at each step.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use keystile_core::credit::Change;
use keystile_core::model::{Action, OrganizationId, SpendId};
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::purse::{Purse, grant, granting};
use keystile_store::conformance::sample::{change, together};
use keystile_store::sqlite::{Faults, SqliteStore, Step};
use keystile_store::{AuditStore, CommitError, LedgerStore, Listed, Reads, Writes};

use crate::bench::{OFTEN, SqliteBench, open_keeping, run};
use crate::sums::Sums;

const HOUR: i64 = 3_600_000;

/// Fails at one step while it is switched on.
struct FailAt(Step, AtomicBool);

impl FailAt {
    fn new(step: Step) -> Arc<Self> {
        Arc::new(Self(step, AtomicBool::new(false)))
    }

    fn switch(&self, on: bool) {
        self.1.store(on, Ordering::SeqCst);
    }
}

impl Faults for FailAt {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == self.0 && self.1.load(Ordering::SeqCst) {
            return Err("the disk reported an error".into());
        }
        Ok(())
    }
}

fn purse(store: &SqliteStore) -> Purse<'_> {
    Purse::of(store, OrganizationId::from_u128(1))
}

/// What can be seen of an account.
#[derive(Debug, PartialEq)]
struct Seen {
    entries: Vec<Listed>,
    left: Vec<(u128, u64)>,
    by_key: [u64; 3],
    charged: Vec<keystile_core::credit::Charged>,
}

async fn see(purse: &Purse<'_>, charges: &[SpendId]) -> Seen {
    Sums::of(purse).await;
    let mut charged = Vec::new();
    for spend in charges {
        charged.push(purse.charged(*spend).await);
    }
    Seen {
        entries: purse.entries().await,
        left: purse.left().await,
        by_key: purse.spent_by_key().await,
        charged,
    }
}

/// A charge, one of which a part was given back, and one that is open.
async fn begin(store: &SqliteStore) -> [SpendId; 3] {
    let purse = Purse::filled(store, 100).await;
    let charges = [
        purse.spend(5).await.spend,
        purse.spend(5).await.spend,
        purse.reserve(5, HOUR).await,
    ];
    purse.refund(charges[1], 2).await.unwrap();
    charges
}

fn is_not_written<T>(answer: &Result<T, CommitError>) -> bool {
    matches!(answer, Err(CommitError::NotWritten(_)))
}

/// Everything that moves credits, at once; whether nothing became of any of it.
async fn try_everything(purse: &Purse<'_>, [whole, partly, open]: [SpendId; 3]) -> bool {
    let spends = [
        purse.order(1),
        purse.named(2, "a"),
        purse.reserving(3, HOUR),
    ];
    let spends = together(spends.map(|order| purse.store.spend(order.into()))).await;
    let changes = [
        (whole, Change::Refund { amount: Some(1) }),
        (partly, Change::Reverse),
        (open, Change::Settle { amount: 1 }),
        (open, Change::Release),
    ];
    let changes = changes.map(|(spend, change)| purse.store.change_charge(spend, change));
    let changes = together(changes).await;
    spends.iter().all(is_not_written) && changes.iter().all(is_not_written)
}

#[test]
fn an_error_before_the_commit_leaves_all_credits_as_they_were() {
    for step in [
        Step::SpendBegun,
        Step::SpendWritten,
        Step::SpendBeforeCommit,
    ] {
        let bench = SqliteBench::keeping(OFTEN);
        let faults = FailAt::new(step);
        let store = bench.store_with(faults.clone());
        let after = run(async {
            let charges = begin(&store).await;
            let purse = purse(&store);
            let before = see(&purse, &charges).await;
            for _ in 0..3 {
                faults.switch(true);
                assert!(try_everything(&purse, charges).await, "{step:?}");
                faults.switch(false);
                assert_eq!(see(&purse, &charges).await, before, "{step:?}");
            }
            assert!(!purse.ask(purse.named(2, "a")).await.unwrap().repeated);
            purse.refund(charges[1], 3).await.unwrap();
            purse
                .change(charges[2], Change::Settle { amount: 4 })
                .await
                .unwrap();
            assert_eq!(store.verify_audit().await.unwrap().findings, []);
            see(&purse, &charges).await
        });
        drop(store);
        let store = bench.store();
        let charges = after
            .charged
            .iter()
            .map(|one| one.spend)
            .collect::<Vec<_>>();
        assert_eq!(run(see(&purse(&store), &charges)), after);
    }
}

#[test]
fn a_grant_that_is_not_written_gives_nothing() {
    for step in [Step::RowsWritten, Step::JournalWritten, Step::BeforeCommit] {
        let bench = SqliteBench::keeping(OFTEN);
        let faults = FailAt::new(step);
        let store = bench.store_with(faults.clone());
        run(async {
            let charges = begin(&store).await;
            let purse = purse(&store);
            let before = see(&purse, &charges).await;
            faults.switch(true);
            let more = granting(&[grant(2, purse.account.organization, 7)]);
            assert!(is_not_written(&store.commit(more).await), "{step:?}");
            faults.switch(false);
            assert_eq!(see(&purse, &charges).await, before, "{step:?}");
            purse.give(grant(2, purse.account.organization, 7)).await;
            assert_eq!(purse.remaining().await, 94);
            assert_eq!(store.verify_audit().await.unwrap().findings, []);
        });
    }
}

#[test]
fn r08_an_error_of_the_commit_is_unknown_until_the_database_is_opened_again() {
    let bench = SqliteBench::keeping(OFTEN);
    let faults = FailAt::new(Step::SpendAfterCommit);
    let store = bench.store_with(faults.clone());
    run(async {
        begin(&store).await;
        let purse = purse(&store);
        faults.switch(true);
        let unknown = store.spend(purse.named(4, "a").into()).await;
        assert!(
            matches!(unknown, Err(CommitError::Unknown(_))),
            "{unknown:?}"
        );
        faults.switch(false);
        let refused = store.spend(purse.order(1).into()).await;
        let Err(CommitError::NotWritten(reason)) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("restart"), "{reason}");
        store.balances(purse.account).await.unwrap_err();
        store.end_due().await.unwrap_err();
        assert!(
            store
                .organization(purse.account.organization)
                .await
                .unwrap()
                .is_some()
        );
    });
    drop(store);
    let store = bench.store();
    run(async {
        let purse = purse(&store);
        let sums = Sums::of(&purse).await;
        let known = purse.ask(purse.named(4, "a")).await.unwrap();
        assert!(known.repeated, "opened again, the truth is known");
        assert_eq!(sums.charges.get(&known.spend), Some(&4));
        assert_eq!(store.verify_audit().await.unwrap().findings, []);
    });
}

/// The writing thread dies at the beginning of a change, once it is let go.
struct Dies {
    arrived: Sender<()>,
    let_go: Mutex<Receiver<()>>,
}

impl Faults for Dies {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == Step::Begun {
            let _ = self.arrived.send(());
            let _ = self.let_go.lock().unwrap().recv();
            panic!("this is how the writing thread dies");
        }
        Ok(())
    }
}

#[test]
fn x08_whoever_waits_for_a_writer_that_has_died_is_told() {
    let bench = SqliteBench::default();
    drop(bench.store());
    let (arrived, arrivals) = channel();
    let (go, let_go) = channel();
    let let_go = Mutex::new(let_go);
    let store = Arc::new(bench.store_with(Arc::new(Dies { arrived, let_go })));
    run(async {
        let held = Arc::clone(&store);
        let change = tokio::spawn(async move {
            let nothing = change(Action::KeyRevealed, Vec::new());
            held.commit(nothing).await
        });
        tokio::task::spawn_blocking(move || arrivals.recv().unwrap())
            .await
            .unwrap();
        let order = purse(&store).order(1);
        let waiting = [order.clone(), order].map(|order| store.spend(order.into()));
        let end = async {
            go.send(()).unwrap();
            store.end_due().await
        };
        let (waiting, end) = tokio::join!(together(waiting), end);
        assert!(waiting.iter().all(is_not_written), "{waiting:?}");
        assert!(end.is_err());
        change.await.unwrap().unwrap_err();
        assert!(is_not_written(
            &store.spend(purse(&store).order(1).into()).await
        ));
    });
}

/// A disk with room for so many pages; 0 is no limit.
#[derive(Default)]
struct SmallDisk(AtomicU32);

impl Faults for SmallDisk {
    fn max_pages(&self) -> Option<u32> {
        let pages = self.0.load(Ordering::SeqCst);
        Some(if pages == 0 { u32::MAX - 1 } else { pages })
    }
}

#[test]
fn t01_a_full_disk_refuses_charges_and_loses_none() {
    let bench = SqliteBench::keeping(OFTEN);
    let disk = Arc::new(SmallDisk::default());
    let store = bench.store_with(disk.clone());
    run(async {
        let purse = Purse::filled(&store, 1_000_000).await;
        // Smaller than it is already: nothing may grow any more.
        disk.0.store(1, Ordering::SeqCst);
        let mut paid = Vec::new();
        let reason = loop {
            match store.spend(purse.order(1).into()).await {
                Ok(spent) => paid.push(spent.unwrap().spend),
                Err(CommitError::NotWritten(reason)) => break reason,
                Err(error) => panic!("{error:?}"),
            }
        };
        assert!(reason.contains("full"), "{reason}");
        let before = see(&purse, &paid).await;
        assert!(is_not_written(
            &store.spend(purse.named(1, "a").into()).await
        ));
        assert_eq!(see(&purse, &paid).await, before);
        disk.0.store(0, Ordering::SeqCst);
        assert!(!purse.ask(purse.named(1, "a")).await.unwrap().repeated);
        let sums = Sums::of(&purse).await;
        assert_eq!(sums.charges.len(), paid.len() + 1);
        assert_eq!(store.verify_audit().await.unwrap().findings, []);
    });
}

/// Ends the process when a step is taken for the n-th time, without any clean-up.
struct DieAt(Step, AtomicU32);

impl Faults for DieAt {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == self.0 && self.1.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
        Ok(())
    }
}

/// Runs in a process of its own that dies at a step of its fifth charge; does nothing otherwise.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells its child what to do"
)]
fn child() {
    let (Ok(data), Ok(step)) = (
        std::env::var("KEYSTILE_TEST_CHARGES"),
        std::env::var("KEYSTILE_TEST_STEP"),
    ) else {
        return;
    };
    let known = Step::OF_A_SPEND.into_iter();
    let step = known
        .into_iter()
        .find(|known| format!("{known:?}") == step)
        .unwrap();
    let faults = Arc::new(DieAt(step, AtomicU32::new(5)));
    let clock = Arc::new(TestClock::default());
    let store = open_keeping(&PathBuf::from(data), faults, clock, OFTEN).unwrap();
    run(async {
        for call in 0.. {
            let purse = purse(&store);
            let spent = purse.ask(purse.named(1, &call.to_string())).await.unwrap();
            println!("paid={}", spent.spend);
        }
    });
}

#[test]
fn r07_a_process_that_dies_at_a_charge_has_made_it_wholly_or_not() {
    for step in Step::OF_A_SPEND {
        let bench = SqliteBench::keeping(OFTEN);
        let store = bench.store();
        run(Purse::filled(&store, 100));
        drop(store);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults_of_charges::child", "--nocapture"])
            .env("KEYSTILE_TEST_CHARGES", bench.data())
            .env("KEYSTILE_TEST_STEP", format!("{step:?}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), None, "it was killed by a signal");
        let said = String::from_utf8(output.stdout).unwrap();
        let paid: Vec<SpendId> = said
            .lines()
            .filter_map(|line| line.split_once("paid=")?.1.parse().ok())
            .collect();
        assert_eq!(paid.len(), 4, "{said}");
        let store = bench.store();
        run(async {
            let purse = purse(&store);
            let happened = step == Step::SpendAfterCommit;
            let sums = Sums::of(&purse).await;
            assert_eq!(sums.charges.len(), 4 + usize::from(happened), "{step:?}");
            for (call, spend) in paid.iter().enumerate() {
                let again = purse.ask(purse.named(1, &call.to_string())).await.unwrap();
                assert_eq!((again.spend, again.repeated), (*spend, true));
            }
            let again = purse.ask(purse.named(1, "4")).await.unwrap();
            assert_eq!(again.repeated, happened, "{step:?}");
            assert_eq!(purse.balances().await.spent, 5);
            assert_eq!(store.verify_audit().await.unwrap().findings, []);
        });
    }
}
