//! Verifies while everything changes: each verdict must be that of a state that was current
//! between its begin and its end, and nothing may be allowed on a state whose end was acknowledged
//! before the verify began.
//!
//! The checker knows nothing of the engine: it replays the changes on a model of its own. That it
//! would notice is shown with a planted cache that is one change behind.

#[path = "../population/mod.rs"]
mod population;

mod history;
mod stale;
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use history::{History, Observation};
use keystile_core::engine::Engine;
use keystile_core::snapshot::Applied;
use population::{Seeded, Size};
use stale::OneBehind;
use world::{KEYS, ORGANIZATIONS, Verdict, World};

/// Something that verifies and takes changes.
trait Verifier: Sync {
    fn verify(&self, number: u64, generation: u64) -> Verdict;
    fn apply(&self, seq: u64, row: Vec<Applied>);
}

impl Verifier for Engine {
    fn verify(&self, number: u64, generation: u64) -> Verdict {
        let text = population::text(number, generation);
        let product = population::node(self.index());
        let decision = Engine::verify(self, &product, &population::call(text.reveal()));
        decision
            .verdict
            .map_or_else(keystile_core::decision::DenyReason::code, |_| Verdict::Ok)
    }

    fn apply(&self, seq: u64, row: Vec<Applied>) {
        self.index().apply(seq, row).expect("the change fits");
    }
}

/// Which changes have begun and which have been acknowledged, by number, and what values keys
/// have, for those who verify.
struct Clock {
    begun: AtomicU64,
    acknowledged: AtomicU64,
    generations: Vec<AtomicU64>,
}

fn engine() -> Engine {
    population::engine(Size {
        keys: KEYS,
        organizations: ORGANIZATIONS,
    })
}

/// Makes so many changes on one thread while two others verify, each at least so often.
fn run(verifier: &dyn Verifier, changes: u64, verifies: u64) -> History {
    let clock = Clock {
        begun: AtomicU64::new(0),
        acknowledged: AtomicU64::new(0),
        generations: (0..KEYS).map(|_| AtomicU64::new(0)).collect(),
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (clock, done) = (&clock, &done);
        let ask = |seed| move || ask(verifier, clock, done, seed, verifies);
        let asking = [1, 2].map(|seed| scope.spawn(ask(seed)));
        let changes = change(verifier, clock, changes);
        done.store(true, Ordering::Release);
        let asked = asking.map(|thread| thread.join().expect("asked"));
        History {
            changes,
            observations: asked.concat(),
        }
    })
}

fn change(verifier: &dyn Verifier, clock: &Clock, changes: u64) -> Vec<World> {
    let random = Seeded::new(3);
    let mut world = World::new();
    let mut history = vec![world.clone()];
    for seq in 1..=changes {
        let row = world.change(&random);
        for (shown, generation) in clock.generations.iter().zip(world.generations()) {
            shown.store(generation, Ordering::Relaxed);
        }
        clock.begun.store(seq, Ordering::SeqCst);
        verifier.apply(seq, row);
        clock.acknowledged.store(seq, Ordering::SeqCst);
        history.push(world.clone());
    }
    history
}

fn ask(
    verifier: &dyn Verifier,
    clock: &Clock,
    done: &AtomicBool,
    seed: u64,
    verifies: u64,
) -> Vec<Observation> {
    let random = Seeded::new(seed);
    let ask_once = || {
        let number = random.below(KEYS);
        let at = usize::try_from(number).expect("a place");
        let newest = clock.generations[at].load(Ordering::Relaxed);
        let generation =
            newest.saturating_sub([0, 0, 0, 0, 0, 0, 1, 2][random.next() as usize % 8]);
        let begin = clock.acknowledged.load(Ordering::SeqCst);
        let verdict = verifier.verify(number, generation);
        let end = clock.begun.load(Ordering::SeqCst);
        Observation {
            number,
            generation,
            begin,
            end,
            verdict,
        }
    };
    let enough = |asked: &u64| *asked < verifies || !done.load(Ordering::Acquire);
    (0..).take_while(enough).map(|_| ask_once()).collect()
}

/// A million verifies and changes, or as many as `SOAK_CHANGES` wants.
#[expect(
    clippy::disallowed_methods,
    reason = "the soak says by the environment how long to go on"
)]
fn changes() -> u64 {
    let wanted = std::env::var("SOAK_CHANGES").ok();
    wanted.map_or(100_000, |wanted| {
        wanted.parse().expect("SOAK_CHANGES is a number")
    })
}

#[test]
fn r12_r13_no_verdict_rests_on_a_state_that_was_over_when_the_verify_began() {
    let changes = changes();
    let history = run(&engine(), changes, changes * 9 / 2);
    assert_eq!(history.violations().next(), None);
    let seen = history.verdicts();
    println!("{seen:?}");
    assert!(
        seen[&Verdict::Ok] > 50_000,
        "too little was allowed to prove anything: {seen:?}"
    );
    assert_eq!(
        seen.len(),
        8,
        "every verdict of the model must come up: {seen:?}"
    );
}

#[test]
fn r13_a_cache_that_is_one_change_behind_is_caught() {
    let history = run(&OneBehind::new(engine(), engine()), 5_000, 25_000);
    let late = history
        .violations()
        .filter(|one| one.verdict == Verdict::Ok)
        .count();
    assert!(late > 0, "the checker did not notice a stale allow");
}
