//! How long one verify takes, with random keys of an installation of a given size, and how much
//! memory a key takes.
//!
//! `KEYSTILE_BENCH_KEYS=1000,1000000 cargo bench -p keystile-core` chooses the sizes; the memory
//! is that of the whole process, so it is true only of the first size of a run.

mod machine;
#[path = "../tests/population/mod.rs"]
mod population;

use std::convert::Infallible;
use std::hint::black_box;
use std::ops::Range;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keystile_core::engine::Engine;
use keystile_core::manifest::Rules;
use keystile_core::request::RequestFacts;
use keystile_core::snapshot::ProductNode;
use machine::Machine;
use population::{Seeded, Size};

/// The binary's allocator, which has a say in how memory lies: it takes huge pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Verifies in one piece of [`spread`].
const PIECE_LENGTH: usize = 500;
const PIECE: u64 = 500;

/// How long a key of the population is.
const LENGTH: usize = 46;

/// Texts of keys in one piece of memory, so that walking over many reads few pages.
struct Texts(String);

impl Texts {
    fn count(&self) -> usize {
        self.0.len() / LENGTH
    }

    /// Those of these numbers.
    fn some(&self, numbers: Range<usize>) -> impl Iterator<Item = &str> + Clone {
        let begins = numbers.map(|number| number * LENGTH);
        begins.map(|begin| self.0.get(begin..begin + LENGTH).expect("a text"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench takes its sizes from the environment"
)]
fn sizes() -> Vec<u64> {
    let asked = std::env::var("KEYSTILE_BENCH_KEYS").unwrap_or_else(|_| "1000,1000000".into());
    asked
        .split(',')
        .map(|size| size.trim().parse().expect("a number of keys"))
        .collect()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Keys in random order, at most four million, which is more than any cache holds.
fn random_texts(size: Size) -> Texts {
    let random = Seeded::new(7);
    let mut texts = String::new();
    for _ in 0..size.keys.clamp(1_000, 4_000_000) {
        texts.push_str(population::text(random.below(size.keys), 0).reveal());
    }
    assert_eq!(texts.len() % LENGTH, 0, "all are of one length");
    Texts(texts)
}

fn verify(bench: &mut Criterion) {
    for keys in sizes() {
        let size = Size {
            keys,
            organizations: keys.clamp(1, 100_000),
        };
        let texts = random_texts(size);
        let engine = population::engine(size);
        println!(
            "{keys} keys: {} bytes of resident memory a key",
            resident_bytes() / keys
        );
        let machine = &mut Machine::new();
        let product = population::node(engine.index());
        let verify = |facts: &RequestFacts<'_>| engine.verify(&product, facts).is_allowed();
        measure((bench, machine), "named", &texts, population::call, verify);
        measure(
            (bench, machine),
            "gateway",
            &texts,
            population::gateway_call,
            verify,
        );
        drop(product);
        drop(engine);
        let engine = population::engine_with_everything(size);
        let product = population::node(engine.index());
        let whole = |facts: &RequestFacts<'_>| everything(&engine, &product, facts);
        measure(
            (bench, machine),
            "everything named",
            &texts,
            from_somewhere,
            whole,
        );
        measure(
            (bench, machine),
            "everything gateway",
            &texts,
            population::gateway_call,
            whole,
        );
    }
}

/// A call as the JSON door tells it, with the address that it came from.
fn from_somewhere(text: &str) -> RequestFacts<'_> {
    RequestFacts {
        ip: population::gateway_call(text).ip,
        ..population::call(text)
    }
}

/// What a door does: decide, tell whose key it is, count against limits, note the use.
fn everything(engine: &Engine, product: &ProductNode, facts: &RequestFacts<'_>) -> bool {
    let ask = |_: &Rules| Ok::<_, Infallible>(*facts);
    let Ok(is_allowed) =
        engine
            .round()
            .introspect_then((product, None), ask, |mut decision, facts| {
                engine.admit(&mut decision, || 1_000, facts.ip);
                let (Some(key), Some(operation)) = (&decision.key, decision.operation) else {
                    return false;
                };
                let operation = decision.rules.number_of(operation);
                let index = engine.index();
                index.note_allowed(key.found(), facts.now, facts.ip, operation);
                decision.is_allowed()
            });
    is_allowed
}

fn measure<'a>(
    (bench, machine): (&mut Criterion, &mut Machine),
    door: &str,
    texts: &'a Texts,
    call: impl Fn(&'a str) -> RequestFacts<'a>,
    allows: impl Fn(&RequestFacts<'_>) -> bool,
) {
    let mut group = bench.benchmark_group("verify");
    group.throughput(Throughput::Elements(1));
    let id = BenchmarkId::new(door, texts.count());
    group.bench_function(id, |bencher| {
        let mut next = texts.some(0..texts.count()).cycle();
        bencher.iter(|| {
            let text = next.next().expect("a cycle has no end");
            let facts = call(text);
            assert!(allows(black_box(&facts)));
        });
    });
    group.finish();
    println!("{door}: {}", spread(machine, texts, call, allows));
}

/// The same in short pieces, because on a machine that does other work too, the quiet tenth of the
/// pieces says more than the mean; and how fast the machine was meanwhile.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn spread<'a>(
    machine: &mut Machine,
    texts: &'a Texts,
    call: impl Fn(&'a str) -> RequestFacts<'a>,
    allows: impl Fn(&RequestFacts<'_>) -> bool,
) -> String {
    let piece = |number: usize| {
        let first = number * PIECE_LENGTH;
        let piece = texts.some(first..first + PIECE_LENGTH);
        let begun = std::time::Instant::now();
        for text in piece {
            let facts = call(text);
            assert!(allows(black_box(&facts)));
        }
        let took = begun.elapsed().as_nanos();
        machine.look();
        u64::try_from(took).unwrap_or(u64::MAX) / PIECE
    };
    let mut pieces: Vec<_> = (0..texts.count() / PIECE_LENGTH).map(piece).collect();
    pieces.sort_unstable();
    let at = |percent: usize| pieces[(pieces.len() - 1) * percent / 100];
    format!(
        "{} ns in the quiet tenth, {} ns median, {} ns at 90 %; {}",
        at(10),
        at(50),
        at(90),
        machine.pace()
    )
}

criterion_group!(benches, verify);
criterion_main!(benches);
