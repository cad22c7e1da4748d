//! How much a year of usage takes on the disk.

use keystile_core::decision::Code;
use keystile_core::model::KeyId;
use keystile_core::snapshot::Collected;
use keystile_store::{MAX_USES, UsageOf, UsageStore};

use crate::bench::{SqliteBench, run};

const DAYS: u32 = 365;

/// Hours after which what keys were used for is collected here. Really it is every half minute,
/// but then the same row is written again and again.
const STEP: u32 = 6;

/// The first hour of the year.
const BEGIN: u32 = 24 * 20_454;

/// What a year of ten thousand keys may take.
const MOST_BYTES: u64 = 2_000_000_000;

/// How many keys are used here, out of ten thousand.
#[expect(
    clippy::disallowed_methods,
    reason = "the soak says by the environment how many"
)]
fn keys() -> u32 {
    let wanted = std::env::var("SOAK_USAGE_KEYS").ok();
    wanted.map_or(50, |keys| {
        keys.parse().expect("SOAK_USAGE_KEYS is a number")
    })
}

/// The calls of a busy key in some hours: around the clock, ending in four different ways, of
/// which two are frequent.
fn busy(key: u32, hours: std::ops::Range<u32>) -> Collected {
    let codes = |hour: u32| {
        let rush = u64::from(hour % 24) * 700;
        [
            (hour, Code::Ok, 3_000 + rush),
            (hour, Code::RateLimited, 100 + rush / 10),
            (hour, Code::InsufficientScope, 3),
            (hour, Code::IpNotAllowed, 1),
        ]
    };
    Collected {
        // As far apart as the random parts of real ids.
        key: KeyId::from_u128(u128::from(key) << 100 | 1),
        start: "sk_live_aaaa".into(),
        last: None,
        counts: hours.flat_map(codes).collect(),
    }
}

#[test]
fn a_year_of_ten_thousand_busy_keys_takes_less_than_two_gigabytes() {
    let (bench, keys) = (SqliteBench::default(), keys());
    let store = bench.store();
    let size = || {
        let files = std::fs::read_dir(bench.data()).unwrap();
        let sizes = files.map(|file| file.unwrap().metadata().unwrap().len());
        sizes.sum::<u64>()
    };
    drop(store);
    let (empty, store) = (size(), bench.store());
    // Everything of one moment before anything of the next, as it comes.
    let steps = (BEGIN..BEGIN + DAYS * 24).step_by(STEP as usize);
    let mut uses = steps.flat_map(|hour| (0..keys).map(move |key| busy(key, hour..hour + STEP)));
    loop {
        let some: Vec<_> = uses.by_ref().take(MAX_USES).collect();
        if some.is_empty() {
            break;
        }
        run(store.add_uses(some)).unwrap();
    }
    let whose = UsageOf::Key(busy(0, 0..0).key);
    let kept = run(store.usage(whose, 0..u32::MAX)).unwrap();
    assert_eq!(kept.len(), DAYS as usize * 24 * 4, "all of it is kept");
    drop(store);
    let year = (size() - empty) / u64::from(keys) * 10_000;
    println!(
        "a year of 10 000 keys takes {} MB, by {keys} of them",
        year / 1_000_000
    );
    assert!(year < MOST_BYTES, "{year} bytes");
}
