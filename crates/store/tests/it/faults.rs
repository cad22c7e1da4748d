//! A disk that is full or fails, and more writers than the queue holds.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use keystile_core::model::{Action, KeyId};
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{Owners, change, commit, insert, set_up, update};
use keystile_store::sqlite::{Faults, NoFaults, Step};
use keystile_store::{CommitError, Feed, Reads, Writes};

use crate::bench::{SqliteBench, open_in, run};

/// Fails at one step while it is switched on.
struct FailAt {
    step: Step,
    on: AtomicBool,
}

impl FailAt {
    fn new(step: Step) -> Arc<Self> {
        Arc::new(Self {
            step,
            on: AtomicBool::new(false),
        })
    }

    fn switch(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }
}

impl Faults for FailAt {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == self.step && self.on.load(Ordering::SeqCst) {
            return Err("the disk reported an error".into());
        }
        Ok(())
    }
}

#[test]
fn t03_an_error_before_the_commit_leaves_nothing_and_the_store_goes_on() {
    for step in [
        Step::Begun,
        Step::RowsWritten,
        Step::JournalWritten,
        Step::BeforeCommit,
    ] {
        let bench = SqliteBench::default();
        let faults = FailAt::new(step);
        let store = bench.store_with(faults.clone());
        run(async {
            let owners = set_up(&store).await;
            faults.switch(true);
            let refused = store
                .commit(change(Action::KeyCreated, vec![insert(owners.key(10))]))
                .await;
            assert!(
                matches!(refused, Err(CommitError::NotWritten(_))),
                "{refused:?}"
            );
            assert_eq!(store.key(KeyId::from_u128(10)).await.unwrap(), None);
            assert_eq!(store.head().await.unwrap().seq, 1);
            faults.switch(false);
            let done = commit(
                &store,
                change(Action::KeyCreated, vec![insert(owners.key(10))]),
            )
            .await;
            assert_eq!(done.seq, 2);
            assert_eq!(scan(&store).await.0.suspects, []);
        });
    }
}

#[test]
fn t04_an_error_of_the_commit_itself_is_unknown_and_stops_all_writing() {
    let bench = SqliteBench::default();
    let faults = FailAt::new(Step::AfterCommit);
    let store = bench.store_with(faults.clone());
    run(async {
        let owners = set_up(&store).await;
        assert_eq!(store.trouble(), None);
        faults.switch(true);
        let unknown = store
            .commit(change(Action::KeyCreated, vec![insert(owners.key(10))]))
            .await;
        assert!(
            matches!(unknown, Err(CommitError::Unknown(_))),
            "{unknown:?}"
        );
        faults.switch(false);
        let refused = store
            .commit(change(Action::KeyCreated, vec![insert(owners.key(11))]))
            .await;
        let Err(CommitError::NotWritten(reason)) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("restart"), "{reason}");
        assert_eq!(store.trouble(), Some(reason), "t05: whoever asks is told");
        let proof = keystile_core::model::Effective {
            seq: 1,
            nodes: 1,
            confirmed: 1,
            lapsed: 0,
        };
        store.keep_effective(proof).await.unwrap_err();
        assert!(
            store.product(&owners.product.slug).await.unwrap().is_some(),
            "reads go on"
        );
    });
    drop(store);
    let store = bench.store();
    run(async {
        let found = store.key(KeyId::from_u128(10)).await.unwrap();
        assert!(found.is_some(), "opened again, the truth is known");
        assert_eq!(scan(&store).await.0.suspects, []);
        assert_eq!(
            commit(&store, change(Action::KeyRevealed, Vec::new()))
                .await
                .seq,
            3
        );
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
fn t01_a_full_disk_refuses_what_does_not_fit_and_nothing_else() {
    let bench = SqliteBench::default();
    let disk = Arc::new(SmallDisk::default());
    let store = bench.store_with(disk.clone());
    run(async {
        let owners = set_up(&store).await;
        commit(
            &store,
            change(Action::KeyCreated, vec![insert(owners.key(10))]),
        )
        .await;
        disk.0.store(40, Ordering::SeqCst);
        let many = || {
            let keys = (100..2000).map(|number| insert(owners.key(number)));
            change(Action::KeyCreated, keys.collect())
        };
        let refused = store.commit(many()).await;
        let Err(CommitError::NotWritten(reason)) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("full"), "{reason}");
        assert_eq!(store.key(KeyId::from_u128(100)).await.unwrap(), None);
        let mut revoked = owners.key(10);
        revoked.revoked_at = Some(revoked.created_at);
        let done = commit(&store, change(Action::KeyRevoked, vec![update(revoked, 2)])).await;
        assert_eq!(done.seq, 3, "what fits is written");
        disk.0.store(0, Ordering::SeqCst);
        commit(&store, many()).await;
        assert_eq!(scan(&store).await.0.suspects, []);
    });
}

/// Holds the writer at the beginning of each change until it is let go.
struct Gate {
    arrived: Sender<()>,
    open: Mutex<Receiver<()>>,
}

impl Faults for Gate {
    fn at(&self, step: Step) -> Result<(), String> {
        if step == Step::Begun {
            let _ = self.arrived.send(());
            // When the test is over, nothing is held any more.
            let _ = self.open.lock().unwrap().recv();
        }
        Ok(())
    }
}

#[test]
fn t21_more_writers_than_may_wait_are_told_so_at_once() {
    let bench = SqliteBench::default();
    let (arrived, arrivals) = channel();
    let (let_go, open) = channel();
    let gate = Gate {
        arrived,
        open: Mutex::new(open),
    };
    let store = Arc::new(bench.store_with(Arc::new(gate)));
    run(async {
        let spawn = || {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(change(Action::KeyRevealed, Vec::new())).await })
        };
        let first = spawn();
        tokio::task::spawn_blocking(move || {
            arrivals.recv().unwrap();
            arrivals
        })
        .await
        .unwrap();
        let others: Vec<_> = (0..200).map(|_| spawn()).collect();
        let (mut refused, mut waiting) = (0, Vec::new());
        // Those that are refused end although the writer stands still.
        for other in others {
            waiting.push(other);
        }
        while refused < 72 {
            refused = waiting.iter().filter(|task| task.is_finished()).count();
            tokio::task::yield_now().await;
        }
        drop(let_go);
        first.await.unwrap().unwrap();
        let mut done = 0;
        for task in waiting {
            match task.await.unwrap() {
                Ok(_) => done += 1,
                Err(CommitError::NotWritten(reason)) => {
                    assert!(reason.contains("try again"), "{reason}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((done, refused), (128, 72));
        assert_eq!(store.head().await.unwrap().seq, 129);
    });
}

#[test]
fn a_change_whose_asker_has_gone_before_its_turn_is_not_made() {
    let bench = SqliteBench::default();
    let (arrived, arrivals) = channel();
    let (let_go, open) = channel();
    let gate = Gate {
        arrived,
        open: Mutex::new(open),
    };
    let store = Arc::new(bench.store_with(Arc::new(gate)));
    run(async {
        let held = Arc::clone(&store);
        let first =
            tokio::spawn(async move { held.commit(change(Action::KeyRevealed, Vec::new())).await });
        tokio::task::spawn_blocking(move || arrivals.recv().unwrap())
            .await
            .unwrap();
        let gone = store.commit(change(Action::KeyRevealed, Vec::new()));
        // Polled once, so that it is queued, then dropped.
        let gone = tokio::time::timeout(std::time::Duration::ZERO, gone).await;
        gone.unwrap_err();
        drop(let_go);
        first.await.unwrap().unwrap();
        let next = store
            .commit(change(Action::KeyRevealed, Vec::new()))
            .await
            .unwrap();
        assert_eq!(next.seq, 2);
    });
}

/// Runs in a process of its own whose files may not grow beyond a limit; does nothing otherwise.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells its child what to do"
)]
fn child_with_small_files() {
    let Ok(data) = std::env::var("KEYSTILE_TEST_SMALL") else {
        return;
    };
    let store = open_in(
        data.as_ref(),
        Arc::new(NoFaults),
        Arc::new(TestClock::default()),
    )
    .unwrap();
    run(async {
        let owners = Owners::numbered(1);
        for number in 100.. {
            match store
                .commit(change(Action::KeyCreated, vec![insert(owners.key(number))]))
                .await
            {
                Ok(done) => println!("acknowledged={}", done.seq),
                Err(error) => {
                    println!("unknown={}", matches!(error, CommitError::Unknown(_)));
                    break;
                }
            }
        }
        let refused = store.commit(change(Action::KeyRevealed, Vec::new())).await;
        assert!(
            matches!(refused, Err(CommitError::NotWritten(_))),
            "{refused:?}"
        );
    });
}

#[test]
fn t04_a_write_error_of_the_system_loses_nothing_that_was_acknowledged() {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(set_up(&store));
    drop(store);
    let program = std::env::current_exe().unwrap();
    // The system then refuses to write past 2000 blocks, as a failing disk would.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(program)
        .args(["--exact", "faults::child_with_small_files", "--nocapture"])
        .env("KEYSTILE_TEST_SMALL", bench.data())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let last = |name: &str| said.lines().rev().find_map(|line| line.strip_prefix(name));
    let acknowledged: u64 = last("acknowledged=").unwrap().parse().unwrap();
    assert_eq!(
        last("unknown="),
        Some("true"),
        "an error of the commit itself"
    );
    let store = bench.store();
    run(async {
        let head = store.head().await.unwrap().seq;
        assert!(
            (acknowledged..=acknowledged + 1).contains(&head),
            "{head}, {acknowledged}"
        );
        assert_eq!(scan(&store).await.0.suspects, []);
    });
}
