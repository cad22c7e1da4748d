//! Calls that need several windows at once, and more windows than there is room for.

use std::sync::atomic::{AtomicU32, Ordering};

use super::sets::SETS;
use super::*;

fn rate(limit: u32) -> RateLimit {
    RateLimit {
        limit,
        period_seconds: 60,
    }
}

fn of_key(number: u32, limit: u32) -> Needed {
    Needed {
        subject: Subject::Key(number),
        limit: rate(limit),
    }
}

fn of_client(address: &str, limit: u32) -> Needed {
    Needed {
        subject: Subject::Visitor([1; 16], Visitor::Address(address.parse().ok())),
        limit: rate(limit),
    }
}

#[test]
fn a_call_that_fits_not_everywhere_is_counted_nowhere() {
    let limiter = Limiter::new(1 << 16);
    let (wide, narrow) = (of_key(1, 10), of_key(2, 3));
    for left in (0..3).rev() {
        let allowance = limiter.take([wide, narrow], 5).unwrap().unwrap();
        assert_eq!((allowance.limit, allowance.remaining), (3, left));
    }
    for _ in 0..5 {
        let refused = limiter.take([wide, narrow], 5).unwrap_err();
        assert_eq!((refused.limit, refused.remaining), (3, 0));
        assert!((60..=62).contains(&refused.reset_seconds), "{refused:?}");
    }
    let allowance = limiter.take([wide], 5).unwrap().unwrap();
    assert_eq!(allowance.remaining, 6, "three before, and this one");
    assert_eq!(limiter.take([], 5), Ok(None));
}

#[test]
fn what_is_left_is_told_without_counting() {
    let limiter = Limiter::new(1000);
    let (wide, narrow) = (of_key(1, 10), of_key(2, 3));
    let left = |tick| {
        limiter
            .left([wide, narrow], tick)
            .map(|left| (left.limit, left.remaining))
    };
    for _ in 0..5 {
        assert_eq!(left(5), Some((3, 3)));
    }
    assert_eq!(limiter.windows(), 0, "no room is taken");
    for remaining in (0..3).rev() {
        limiter.take([wide, narrow], 5).unwrap();
        assert_eq!(left(5), Some((3, remaining)));
        assert_eq!(left(5), Some((3, remaining)));
    }
    assert_eq!(left(200_000), Some((3, 3)), "later");
    assert_eq!(limiter.left([], 5), None);
}

#[test]
fn an_ipv6_client_is_its_network_and_a_mapped_address_is_ipv4() {
    let limiter = Limiter::new(1 << 16);
    let take = |address| limiter.take([of_client(address, 1)], 5).is_ok();
    assert!(take("2001:db8:1:2::1"));
    assert!(!take("2001:db8:1:2:ffff::9"), "the same network");
    assert!(take("2001:db8:1:3::1"));
    assert!(take("192.0.2.1"));
    assert!(!take("::ffff:192.0.2.1"));
    assert!(take("192.0.2.2"));
}

#[test]
fn exactly_as_many_pass_as_allowed_however_many_ask_at_once() {
    let limiter = Limiter::new(1 << 16);
    let (passed, needed) = (
        AtomicU32::new(0),
        [of_key(1, 700), of_key(2, 900), of_key(3, 5000)],
    );
    let ask = || {
        for _ in 0..400 {
            passed.fetch_add(
                u32::from(limiter.take(needed, 9).is_ok()),
                Ordering::Relaxed,
            );
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(ask)));
    });
    assert_eq!(passed.load(Ordering::Relaxed), 700);
}

#[test]
fn r19_a_flood_of_clients_takes_bounded_memory_and_frees_nobody() {
    let limiter = Limiter::new(4096);
    let blocked = of_client("192.0.2.1", 2);
    assert!(limiter.take([blocked], 5).is_ok() && limiter.take([blocked], 5).is_ok());
    for number in 0..200_000_u32 {
        let address = IpAddr::V4((0x0a00_0000 + number).into());
        let subject = Subject::Visitor([1; 16], Visitor::Address(Some(address)));
        let limit = rate(2);
        let passed = limiter.take([Needed { subject, limit }], 6);
        assert!(passed.is_ok(), "who comes for the first time is let in");
        if number.is_multiple_of(1000) {
            assert!(limiter.take([blocked], 6).is_err(), "after {number}");
        }
    }
    assert!(limiter.windows() <= 4096 + SETS);
}

#[test]
fn where_all_are_blocked_nobody_else_is_let_in_for_free() {
    let limiter = Limiter::new(SETS);
    let mut passed = 0;
    for number in 0..50_000_u32 {
        let address = Some(IpAddr::V4(number.into()));
        let subject = Subject::Visitor([1; 16], Visitor::Address(address));
        let limit = rate(1);
        passed += usize::from(limiter.take([Needed { subject, limit }], 6).is_ok());
    }
    assert_eq!(passed, SETS, "one for each place");
    let over = 6 + 70_000;
    assert!(limiter.take([of_client("192.0.2.1", 1)], over).is_ok());
}

#[test]
fn r17_what_counts_goes_on_counting_in_another_period() {
    let of = |limit, period_seconds| Needed {
        subject: Subject::Key(1),
        limit: RateLimit {
            limit,
            period_seconds,
        },
    };
    for calls in [4, 20] {
        let limiter = Limiter::new(1 << 16);
        let take = |period, tick| limiter.take([of(calls, period)], tick).is_ok();
        assert!((0..calls).all(|_| take(10, 1_000)), "{calls}");
        assert!(!take(100, 2_000), "a longer period does not begin anew");
        assert!(!take(100, 100_999), "{calls}");
        // A piece of the period at most beyond it.
        assert!(take(100, 105_000), "{calls}");
        assert!((1..calls).all(|_| take(100, 105_000)), "{calls}");
        assert!(!take(1, 105_500), "nor does a shorter one");
        assert!(take(1, 107_000), "a shorter period is over sooner");
    }
}
