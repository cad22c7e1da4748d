//! Errors of the operating system itself, below SQLite: the n-th write, sync or truncation of the
//! database's files fails, is short, or is the last thing the process does, for every n until a run
//! needs no more.
//!
//! A small library (`tests/injector`) stands between SQLite and the system. Each run opens the same
//! database, charges, gives back and closes it; then it is opened again without errors, and the sums
//! are done again. What was acknowledged is there once, what was refused is not there, and of what is
//! unknown the idempotency key tells.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use keystile_core::credit::Change;
use keystile_core::model::{OrganizationId, SpendId};
use keystile_store::conformance::clock::TestClock;
use keystile_store::conformance::purse::Purse;
use keystile_store::conformance::sample::together;
use keystile_store::sqlite::{NoFaults, SqliteStore};
use keystile_store::{AuditStore, CommitError, LedgerStore, OpenError};

use crate::bench::{OFTEN, SqliteBench, open_keeping, run};
use crate::sums::Sums;

/// How many calls are charged at once.
const AT_ONCE: usize = 4;

/// Which errors a process survives, and which not.
const SURVIVED: [&str; 5] = ["eio", "enospc", "lasting", "short", "torn"];
const DEADLY: [&str; 2] = ["kill", "tornkill"];

/// How many times a run charges calls.
#[expect(
    clippy::disallowed_methods,
    reason = "the soak says by the environment how many"
)]
fn rounds() -> usize {
    let wanted = std::env::var("SOAK_FAULTS").ok();
    wanted.map_or(3, |rounds| rounds.parse().expect("SOAK_FAULTS is a number"))
}

fn open(data: &Path) -> Result<SqliteStore, OpenError> {
    open_keeping(
        data,
        Arc::new(NoFaults),
        Arc::new(TestClock::default()),
        OFTEN,
    )
}

fn purse(store: &SqliteStore) -> Purse<'_> {
    Purse::of(store, OrganizationId::from_u128(1))
}

/// What became of a call, as far as whoever asked knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Done(SpendId),
    NotDone,
    Unknown,
}

fn told<T>(answer: Result<T, CommitError>, spend: impl FnOnce(T) -> SpendId) -> Told {
    match answer {
        Ok(answer) => Told::Done(spend(answer)),
        Err(CommitError::Unknown(_)) => Told::Unknown,
        Err(_) => Told::NotDone,
    }
}

/// What was told of every call, and of giving one credit of it back.
#[derive(Default)]
struct Run {
    calls: Vec<Told>,
    returns: Vec<(SpendId, Told)>,
}

/// Charges calls, a few at once, and gives a part of the first of them back. `tell` hears of each as
/// soon as it is known.
async fn go(store: &SqliteStore, mut tell: impl FnMut(&str, usize, SpendId)) -> Run {
    let (purse, mut told_of) = (purse(store), Run::default());
    for _ in 0..rounds() {
        let first = told_of.calls.len();
        let calls = first..first + AT_ONCE;
        let orders = calls.map(|call| store.spend(purse.named(2, &call.to_string()).into()));
        for answer in together(orders).await {
            let told = told(answer, |spent| spent.expect("there is enough").spend);
            if let Told::Done(spend) = told {
                tell("paid", told_of.calls.len(), spend);
            }
            told_of.calls.push(told);
        }
        if let Told::Done(spend) = told_of.calls[first] {
            let one = Change::Refund { amount: Some(1) };
            let told = told(store.change_charge(spend, one).await, |_| spend);
            if told == Told::Done(spend) {
                tell("back", first, spend);
            }
            told_of.returns.push((spend, told));
        }
    }
    told_of
}

/// Opened without errors, the ledger says what was told.
fn look(data: &Path, told_of: &Run, what: &str) {
    let store = open(data).unwrap();
    run(async {
        let report = store.verify_audit().await.unwrap();
        assert_eq!(report.findings, [], "{what}");
        let purse = purse(&store);
        let sums = Sums::of(&purse).await;
        let mut known = 0;
        for (call, told) in told_of.calls.iter().enumerate() {
            let again = purse.ask(purse.named(2, &call.to_string())).await.unwrap();
            let was_there = sums.charges.contains_key(&again.spend);
            assert_eq!(again.repeated, was_there, "{what}: call {call}");
            known += usize::from(was_there);
            match told {
                Told::Done(spend) => assert_eq!((again.spend, was_there), (*spend, true), "{what}"),
                Told::NotDone => assert!(!was_there, "{what}: call {call} was refused and charged"),
                Told::Unknown => {}
            }
        }
        assert_eq!(
            sums.charges.len(),
            known,
            "{what}: a charge that nobody asked for"
        );
        for (spend, told) in &told_of.returns {
            let left = sums.charges[spend];
            match told {
                Told::Done(_) => assert_eq!(left, 1, "{what}: what was given back is not"),
                Told::NotDone => assert_eq!(left, 2, "{what}: refused, but given back"),
                Told::Unknown => assert!((1..=2).contains(&left), "{what}"),
            }
        }
        let after = Sums::of(&purse).await;
        assert_eq!(
            after.charges.len(),
            told_of.calls.len(),
            "{what}: each is charged once"
        );
    });
}

/// A sound database, copied for each run.
struct Model(PathBuf);

impl Model {
    fn copy(&self, to: &Path) {
        // What an earlier run left.
        let _ = std::fs::remove_dir_all(to);
        std::fs::DirBuilder::new().mode(0o700).create(to).unwrap();
        for file in std::fs::read_dir(&self.0).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// The library, as seen from the process that it is loaded into.
struct Injector(PathBuf);

impl Injector {
    fn arm(&self, kind: &str, at: u64) {
        std::fs::write(&self.0, format!("arm {kind} {at}\n")).unwrap();
    }

    /// How many calls there were.
    fn disarm(&self) -> u64 {
        std::fs::write(&self.0, "disarm\n").unwrap();
        std::fs::read_to_string(&self.0)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }
}

/// Runs in a process of its own with the library; does nothing otherwise.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells its child what to do"
)]
fn child() {
    let (Ok(model), Ok(control)) = (
        std::env::var("KEYSTILE_TEST_MODEL"),
        std::env::var("INJECT_CONTROL"),
    ) else {
        return;
    };
    let (model, injector) = (Model(model.into()), Injector(control.into()));
    let data = injector.0.with_extension("data");
    if let Ok(deadly) = std::env::var("KEYSTILE_TEST_DEADLY") {
        let (kind, at) = deadly.split_once(' ').unwrap();
        injector.arm(kind, at.parse().unwrap());
        let store = open(&data).unwrap();
        run(go(&store, |what, call, spend| {
            println!("{what}={call} {spend}");
        }));
        drop(store);
        injector.disarm();
        println!("survived");
        return;
    }
    let mut charges = 0;
    for kind in SURVIVED {
        for at in 1.. {
            model.copy(&data);
            injector.arm(kind, at);
            let told_of = match open(&data) {
                Ok(store) => run(go(&store, |_, _, _| {})),
                Err(_) => Run::default(),
            };
            let calls = injector.disarm();
            look(&data, &told_of, &format!("{kind} at call {at}"));
            charges += told_of.calls.len();
            if calls < at {
                break;
            }
        }
    }
    println!("charges={charges}");
}

fn build(into: &Path) -> PathBuf {
    let library = into.join("injector.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injector/injector.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.unwrap().success(), "the library is built with cc");
    library
}

/// Runs the child with the library.
struct Process<'a> {
    library: &'a Path,
    model: &'a Path,
    control: PathBuf,
}

impl Process<'_> {
    fn run(&self, deadly: Option<&str>) -> (bool, String) {
        std::fs::write(&self.control, "").unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "injected::child", "--nocapture"])
            .env("LD_PRELOAD", self.library)
            .env("KEYSTILE_TEST_MODEL", self.model)
            .env("INJECT_CONTROL", &self.control);
        if let Some(deadly) = deadly {
            child.env("KEYSTILE_TEST_DEADLY", deadly);
        }
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        let passed = output.status.success();
        let killed = output.status.code().is_none();
        assert!(passed || (killed && deadly.is_some()), "{said}\n{wrong}");
        (passed, said.into_owned())
    }
}

/// What a process that died had told before.
fn heard(said: &str) -> Run {
    let told = |line: &str, what: &str| {
        let (_, rest) = line.split_once(what)?;
        let (call, spend) = rest.split_once(' ')?;
        Some((
            call.parse::<usize>().ok()?,
            spend.trim().parse::<SpendId>().ok()?,
        ))
    };
    let mut heard = Run {
        calls: vec![Told::Unknown; rounds() * AT_ONCE],
        returns: Vec::new(),
    };
    for line in said.lines() {
        if let Some((call, spend)) = told(line, "paid=") {
            heard.calls[call] = Told::Done(spend);
        }
        if let Some((_, spend)) = told(line, "back=") {
            heard.returns.push((spend, Told::Done(spend)));
        }
    }
    heard
}

#[test]
fn t04_t06_whatever_the_system_does_to_a_write_no_credit_is_lost_or_made() {
    let bench = SqliteBench::keeping(OFTEN);
    let store = bench.store();
    run(Purse::filled(&store, 1_000_000));
    drop(store);
    let scratch = tempfile::tempdir().unwrap();
    let (library, model) = (build(scratch.path()), bench.data());
    let process = |name: &str| Process {
        library: &library,
        model: &model,
        control: scratch.path().join(name),
    };
    std::thread::scope(|scope| {
        let survived = scope.spawn(|| {
            let (_, said) = process("survived").run(None);
            let charges = said.lines().find_map(|line| line.split_once("charges="));
            let charges: usize = charges.unwrap().1.parse().unwrap();
            assert!(charges > 1000, "{charges} charges");
        });
        for kind in DEADLY {
            for at in 1.. {
                let process = process(kind);
                let data = process.control.with_extension("data");
                Model(model.clone()).copy(&data);
                let (passed, said) = process.run(Some(&format!("{kind} {at}")));
                look(&data, &heard(&said), &format!("{kind} at call {at}"));
                if passed {
                    break;
                }
            }
        }
        survived.join().unwrap();
    });
}
