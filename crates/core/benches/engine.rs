//! How long one verify takes, with random keys of an installation of a given size, and how much
//! memory a key takes.
//!
//! `KEYSTILE_BENCH_KEYS=1000,1000000 cargo bench -p keystile-core` chooses the sizes; the memory
//! is that of the whole process, so it is true only of the first size of a run.

#[path = "../tests/population/mod.rs"]
mod population;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keystile_core::engine::Engine;
use keystile_core::request::RequestFacts;
use population::{Seeded, Size};

/// One key's text, without an allocation of its own, so that walking over many reads few pages.
type Text = [u8; 46];

#[expect(clippy::disallowed_methods, reason = "a bench takes its sizes from the environment")]
fn sizes() -> Vec<u64> {
    let asked = std::env::var("KEYSTILE_BENCH_KEYS").unwrap_or_else(|_| "1000,1000000".into());
    asked.split(',').map(|size| size.trim().parse().expect("a number of keys")).collect()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Keys in random order, at most four million, which is more than any cache holds.
fn random_texts(size: Size) -> Vec<Text> {
    let random = Seeded::new(7);
    let pick = |_| {
        let text = population::text(random.below(size.keys), 0);
        Text::try_from(text.reveal().as_bytes()).expect("46 bytes")
    };
    (0..size.keys.clamp(1_000, 4_000_000)).map(pick).collect()
}

fn verify(bench: &mut Criterion) {
    for keys in sizes() {
        let size = Size { keys, organizations: keys.clamp(1, 100_000) };
        let engine = population::engine(size);
        println!("{keys} keys: {} bytes of resident memory a key", resident_bytes() / keys);
        let texts = random_texts(size);
        measure(bench, "named", &engine, &texts, population::call);
        measure(bench, "gateway", &engine, &texts, population::gateway_call);
    }
}

fn measure<'a>(
    bench: &mut Criterion,
    door: &str,
    engine: &Engine,
    texts: &'a [Text],
    call: impl Fn(&'a str) -> RequestFacts<'a>,
) {
    let product = population::node(engine.index());
    let mut group = bench.benchmark_group("verify");
    group.throughput(Throughput::Elements(1));
    let id = BenchmarkId::new(door, texts.len());
    group.bench_function(id, |bencher| {
        let mut next = texts.iter().cycle();
        bencher.iter(|| {
            let text = next.next().expect("a cycle has no end");
            let facts = call(std::str::from_utf8(text).expect("a key is text"));
            let decision = engine.verify(&product, black_box(&facts));
            assert!(decision.is_allowed());
            decision
        });
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
