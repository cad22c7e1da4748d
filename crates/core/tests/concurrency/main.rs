//! Verifies while everything changes: each verdict must be that of a state that was current
//! between its begin and its end, and nothing may be allowed on a state whose end was acknowledged
//! before the verify began.
//!
//! The checker knows nothing of the engine: it replays the changes on a model of its own. That it
//! would notice is shown with planted faults, for each kind of change by itself.

#[path = "../population/mod.rs"]
mod population;

mod history;
mod keys;
mod manifest;
mod question;
mod stale;
mod values;
mod world;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use history::{History, Observation};
use keys::{Event, place};
use keystile_core::engine::Engine;
use keystile_core::request::Credential;
use keystile_core::snapshot::Applied;
use manifest::Part;
use population::{Seeded, Size};
use question::{OK, Question, RATE_LIMITED, Verdict};
use stale::{Halves, OneBehind};
use values::ISSUER;
use world::{Change, KEYS, World};

/// So many changes are kept for the checker at a time.
const ROUND: u64 = 12_500;

/// Something that verifies and takes changes.
trait Verifier: Sync {
    fn verify(&self, asked: &Question, tick: &dyn Fn() -> u64) -> Verdict;
    fn apply(&self, seq: u64, row: Vec<Applied>);

    /// Verifies what came together, one after the other. Each is made when `note` wants it.
    fn verify_all(&self, asked: &[Question], tick: &dyn Fn() -> u64, note: &mut Note<'_>) {
        for one in asked {
            note(one, &mut || self.verify(one, tick));
        }
    }
}

/// Whoever notes a verdict, and when it is made.
type Note<'a> = dyn FnMut(&Question, &mut dyn FnMut() -> Verdict) + 'a;

impl Verifier for Engine {
    fn verify_all(&self, asked: &[Question], tick: &dyn Fn() -> u64, note: &mut Note<'_>) {
        let (product, mut round) = (population::node(self.index()), self.round());
        let rules = product.rules();
        let texts = asked.iter().map(|one| (one.text(), &*rules));
        let prepared = round.prepare(texts);
        for (one, key) in asked.iter().zip(&prepared) {
            let text = || Credential::Text(one.text());
            let key = key.as_ref().map_or_else(text, Credential::Prepared);
            let (round, of) = (&mut round, (&*product, Some(&rules)));
            note(one, &mut || one.ask_in((self, round), of, key, tick));
        }
    }

    fn verify(&self, asked: &Question, tick: &dyn Fn() -> u64) -> Verdict {
        asked.ask(self, tick)
    }

    fn apply(&self, seq: u64, row: Vec<Applied>) {
        self.index().apply(seq, row).expect("the change fits");
    }
}

/// Which changes have begun and which have been acknowledged, by number, what values keys have,
/// and the time that limits go by, for those who verify.
struct Clock {
    begun: AtomicU64,
    acknowledged: AtomicU64,
    values: Vec<AtomicU64>,
    tick: AtomicU64,
}

impl Clock {
    /// The last change so far, and the time. What is read first was so before the other.
    fn begin(&self) -> (u64, u64) {
        let tick = self.tick.load(Ordering::SeqCst);
        (self.acknowledged.load(Ordering::SeqCst), tick)
    }

    fn end(&self) -> (u64, u64) {
        let begun = self.begun.load(Ordering::SeqCst);
        (begun, self.tick.load(Ordering::SeqCst))
    }
}

fn engine() -> Engine {
    let nothing = Size {
        keys: 0,
        organizations: 0,
    };
    let engine = population::engine(nothing).with_issuer(Some(ISSUER.into()));
    let beginning = World::new().beginning();
    engine.index().apply(1, beginning).expect("it fits");
    engine
}

/// How much is done in one run.
#[derive(Clone, Copy)]
struct Amount {
    changes: u64,
    /// By each of two threads, at least.
    verifies: usize,
    seed: u64,
}

/// Makes changes of these kinds on one thread while two others verify.
fn run(verifier: &dyn Verifier, kinds: &[Change], amount: Amount) -> History {
    let clock = Clock {
        begun: AtomicU64::new(0),
        acknowledged: AtomicU64::new(0),
        values: (0..KEYS).map(|_| AtomicU64::new(0)).collect(),
        tick: AtomicU64::new(1),
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (clock, done) = (&clock, &done);
        let ask = |seed| {
            let seeded = Amount { seed, ..amount };
            move || ask(verifier, clock, done, seeded)
        };
        let asking = [1, 2].map(|thread| scope.spawn(ask(amount.seed * 3 + thread)));
        let changes = change(verifier, clock, kinds, amount);
        done.store(true, Ordering::Release);
        let asked = asking.map(|thread| thread.join().expect("asked"));
        History {
            changes,
            observations: asked.concat(),
        }
    })
}

fn change(verifier: &dyn Verifier, clock: &Clock, kinds: &[Change], amount: Amount) -> Vec<World> {
    let random = Seeded::new(amount.seed * 3);
    let mut world = World::new();
    let mut history = vec![world.clone()];
    for seq in 1..=amount.changes {
        let row = world.change(kinds, &random);
        for (shown, value) in clock.values.iter().zip(world.values()) {
            shown.store(value, Ordering::Relaxed);
        }
        clock.tick.fetch_add(random.below(200), Ordering::SeqCst);
        clock.begun.store(seq, Ordering::SeqCst);
        verifier.apply(seq + 1, row);
        clock.acknowledged.store(seq, Ordering::SeqCst);
        history.push(world.clone());
    }
    history
}

fn ask(
    verifier: &dyn Verifier,
    clock: &Clock,
    done: &AtomicBool,
    amount: Amount,
) -> Vec<Observation> {
    let random = Seeded::new(amount.seed);
    let question = |_| {
        let number = random.below(KEYS);
        let newest = clock.values[place(number)].load(Ordering::Relaxed);
        Question::random(number, newest, &random)
    };
    let tick = || clock.tick.load(Ordering::SeqCst);
    let mut observed = Vec::new();
    while observed.len() < amount.verifies || !done.load(Ordering::Acquire) {
        // Mostly one, sometimes several together.
        let several = 2 + random.below(20);
        let count = if random.below(8) == 0 { several } else { 1 };
        let asked: Vec<_> = (0..count).map(question).collect();
        let mut note = |asked: &Question, verify: &mut dyn FnMut() -> Verdict| {
            let begin = clock.begin();
            let verdict = verify();
            let end = clock.end();
            observed.push(Observation {
                asked: *asked,
                begin,
                end,
                verdict,
            });
        };
        match &*asked {
            [one] => note(one, &mut || verifier.verify(one, &tick)),
            several => verifier.verify_all(several, &tick, &mut note),
        }
    }
    observed
}

/// Enough for a million verifies, or as many changes as `SOAK_CHANGES` wants.
#[expect(
    clippy::disallowed_methods,
    reason = "the soak says by the environment how long to go on"
)]
fn changes() -> u64 {
    let wanted = std::env::var("SOAK_CHANGES").ok();
    wanted.map_or(50_000, |wanted| {
        wanted.parse().expect("SOAK_CHANGES is a number")
    })
}

#[test]
fn r12_r13_r16_r17_no_verdict_rests_on_a_state_that_was_over_when_the_verify_began() {
    let (kinds, changes) = (Change::all(), changes());
    let (mut allowed, mut verdicts) = (0, BTreeSet::new());
    for seed in 0..changes.div_ceil(ROUND) {
        let amount = Amount {
            changes: ROUND,
            verifies: place(ROUND * 10),
            seed,
        };
        let history = run(&engine(), &kinds, amount);
        assert_eq!(history.violations().first(), None, "in round {seed}");
        let seen = history.verdicts();
        println!("{seen:?}");
        allowed += seen[&OK];
        verdicts.extend(seen.into_keys());
    }
    assert!(allowed > 50_000, "too little was allowed to prove anything");
    assert_eq!(
        verdicts.len(),
        17,
        "every verdict of the model: {verdicts:?}"
    );
}

#[test]
fn r13_a_cache_that_is_one_change_behind_is_caught_whatever_changes() {
    for kind in Change::all() {
        // That a limit was lowered shows only once it is used up, that it was lifted shows at once.
        let is_limit = matches!(
            kind,
            Change::Key(Event::Limit) | Change::Manifest(Part::KeyLimit | Part::EnvironmentLimit)
        );
        let shows = if is_limit { RATE_LIMITED } else { OK };
        let is_noticed = |seed| {
            let amount = Amount {
                changes: 200,
                verifies: 1_000,
                seed,
            };
            let late = run(&OneBehind::new(engine()), &[kind], amount).violations();
            late.iter().any(|seen| seen.verdict == shows)
        };
        // Which verify meets which change is left to chance.
        let noticed = (0..30).any(is_noticed);
        assert!(noticed, "a stale verdict was not noticed: {kind:?}");
    }
}

#[test]
fn r17_two_who_count_for_themselves_are_caught() {
    let amount = Amount {
        changes: 2_000,
        verifies: 10_000,
        seed: 11,
    };
    let limits = [Change::Key(Event::Limit)];
    let history = run(&Halves::new([engine(), engine()]), &limits, amount);
    let beyond = history.violations();
    assert!(
        beyond.iter().any(|seen| seen.verdict == OK),
        "the checker did not notice an allow beyond a limit"
    );
}
