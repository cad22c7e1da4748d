//! Slowing down whoever guesses: by account, whether or not there is one, and by address.
//!
//! Five wrong tries are free; each further one makes the next wait twice as long, a quarter of an
//! hour at most, so nobody is locked out for good. What is remembered is bounded, tells no names,
//! and is gone with the process.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many wrong tries cost no wait.
const FREE: u32 = 5;

/// The longest wait, in milliseconds.
const LONGEST: u64 = 15 * 60 * 1000;

/// After so many milliseconds without a wrong try, everything is forgotten.
const REMEMBERED: u64 = 24 * 3600 * 1000;

/// So many accounts, and so many addresses, are remembered at most.
const MOST: usize = 10_000;

/// Who has guessed wrong how often.
#[derive(Debug, Default)]
pub(super) struct Guessing {
    /// Makes numbers of addresses of people, so that these stand nowhere in memory.
    hasher: RandomState,
    tries: Mutex<Tries>,
}

#[derive(Debug, Default)]
struct Tries {
    accounts: Known<u64>,
    addresses: Known<Neighbourhood>,
}

/// Where a call comes from: of IPv6 the first 64 bits, as one customer has all of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Neighbourhood {
    V4([u8; 4]),
    V6([u16; 4]),
    Unknown,
}

/// Wrong tries by whose they are.
#[derive(Debug)]
struct Known<K>(HashMap<K, Wrong>);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u32,
    /// When the last one was.
    last: u64,
}

/// A try under way: it counts as a wrong one until it is known to be anything else, so that many
/// at once gain nothing.
#[derive(Debug)]
#[must_use = "a try that is not told how it ended counts as a wrong one"]
pub(super) struct Try<'a> {
    guessing: &'a Guessing,
    account: u64,
    address: Neighbourhood,
}

impl Guessing {
    /// Begins a try at an account from an address; `tick` tells milliseconds of a clock that never
    /// steps.
    ///
    /// # Errors
    /// In how many seconds the next try may be made.
    pub(super) fn begin(
        &self,
        account: impl Hash,
        address: Option<IpAddr>,
        tick: u64,
    ) -> Result<Try<'_>, u32> {
        let account = self.hasher.hash_one(account);
        let address = Neighbourhood::of(address);
        let mut tries = self.lock();
        let wait = tries.accounts.wait(&account, tick);
        let wait = wait.max(tries.addresses.wait(&address, tick));
        if wait > 0 {
            return Err(u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX));
        }
        tries.accounts.count(account, tick);
        tries.addresses.count(address, tick);
        Ok(Try {
            guessing: self,
            account,
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Try<'_> {
    /// It was a wrong one.
    pub(super) fn failed(self) {
        // It counts as that already.
    }

    /// It was right: whoever it was is no guesser.
    pub(super) fn succeeded(self) {
        let mut tries = self.guessing.lock();
        tries.accounts.0.remove(&self.account);
        tries.addresses.0.remove(&self.address);
    }

    /// It was neither.
    pub(super) fn taken_back(self) {
        let mut tries = self.guessing.lock();
        tries.accounts.take_back(&self.account);
        tries.addresses.take_back(&self.address);
    }
}

impl Neighbourhood {
    fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
            None => Self::Unknown,
        }
    }
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Known<K> {
    /// How many milliseconds are left of a wait.
    fn wait(&self, key: &K, tick: u64) -> u64 {
        let end = self.0.get(key).map_or(0, |wrong| wrong.free_at());
        end.saturating_sub(tick)
    }

    fn count(&mut self, key: K, tick: u64) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(tick);
        }
        let fresh = Wrong {
            count: 0,
            last: tick,
        };
        let wrong = self.0.entry(key).or_insert(fresh);
        if !wrong.is_remembered(tick) {
            *wrong = fresh;
        }
        wrong.count = wrong.count.saturating_add(1);
        wrong.last = tick;
    }

    fn take_back(&mut self, key: &K) {
        if let Some(wrong) = self.0.get_mut(key) {
            wrong.count = wrong.count.saturating_sub(1);
            if wrong.count == 0 {
                self.0.remove(key);
            }
        }
    }

    /// Those who have guessed least are forgotten first: so nobody gets rid of their own wait by
    /// guessing at many others.
    fn make_room(&mut self, tick: u64) {
        self.0.retain(|_, wrong| wrong.is_remembered(tick));
        if self.0.len() < MOST {
            return;
        }
        let least = self.0.values().map(|wrong| wrong.count).min().unwrap_or(0);
        self.0.retain(|_, wrong| wrong.count > least);
    }
}

impl Wrong {
    fn free_at(self) -> u64 {
        let Some(doublings) = self.count.checked_sub(FREE) else {
            return self.last;
        };
        let wait = 1000_u64.checked_shl(doublings.min(20)).unwrap_or(LONGEST);
        self.last.saturating_add(wait.min(LONGEST))
    }

    fn is_remembered(self, tick: u64) -> bool {
        tick.saturating_sub(self.last) < REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    fn wrong(guessing: &Guessing, account: &str, address: Option<IpAddr>, tick: u64) -> u32 {
        match guessing.begin(account, address, tick) {
            Ok(one) => {
                one.failed();
                0
            }
            Err(seconds) => seconds,
        }
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn s11_the_wait_grows_from_the_fifth_wrong_try_on_and_ends() {
        let guessing = Guessing::default();
        let mut tick = 1;
        for _ in 0..5 {
            assert_eq!(wrong(&guessing, "ada", None, tick), 0);
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert_eq!(wrong(&guessing, "ada", HOME, tick), wait);
            let almost = tick + u64::from(wait) * 1000 - 1;
            assert_eq!(
                wrong(&guessing, "ada", HOME, almost),
                1,
                "refused is no try"
            );
            tick += u64::from(wait) * 1000;
            assert_eq!(wrong(&guessing, "ada", address("2001:db8::1"), tick), 0);
        }
        tick += REMEMBERED;
        assert_eq!(wrong(&guessing, "ada", None, tick), 0, "a day forgets");
        assert_eq!(wrong(&guessing, "ada", None, tick), 0);
    }

    #[test]
    fn s11_success_ends_the_wait_and_neither_leaves_it_as_it_was() {
        let guessing = Guessing::default();
        for _ in 0..4 {
            assert_eq!(wrong(&guessing, "ada", HOME, 1), 0);
        }
        for _ in 0..9 {
            guessing.begin("ada", HOME, 1).unwrap().taken_back();
        }
        assert_eq!(wrong(&guessing, "ada", HOME, 1), 0);
        assert_eq!(wrong(&guessing, "ada", HOME, 1), 1);
        guessing.begin("ada", HOME, 1001).unwrap().succeeded();
        for _ in 0..5 {
            assert_eq!(wrong(&guessing, "ada", HOME, 1001), 0);
        }
    }

    #[test]
    fn s11_an_address_waits_whatever_accounts_it_tries() {
        let guessing = Guessing::default();
        let neighbours = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::9"];
        for number in 0..5 {
            let from = address(neighbours[number % 2]);
            assert_eq!(wrong(&guessing, &number.to_string(), from, 1), 0);
        }
        assert_eq!(wrong(&guessing, "x", address(neighbours[1]), 1), 1);
        assert_eq!(wrong(&guessing, "x", address("2001:db8:0:2::1"), 1), 0);
        for number in 10..15 {
            assert_eq!(wrong(&guessing, &number.to_string(), HOME, 1), 0);
        }
        assert_eq!(wrong(&guessing, "y", address("::ffff:192.0.2.1"), 1), 1);
    }

    #[test]
    fn s11_many_at_once_are_no_more_than_one_after_the_other() {
        let guessing = Guessing::default();
        let under_way: Vec<_> = (0..100).map(|_| guessing.begin("ada", None, 1)).collect();
        assert_eq!(under_way.iter().filter(|one| one.is_ok()).count(), 5);
    }

    #[test]
    fn s11_memory_is_bounded_and_a_flood_frees_nobody() {
        let guessing = Guessing::default();
        for _ in 0..6 {
            wrong(&guessing, "ada", None, 1);
        }
        for number in 0..3 * MOST {
            let from = std::net::Ipv4Addr::from_bits(u32::try_from(number).unwrap());
            let _ = wrong(&guessing, &format!("x{number}"), Some(from.into()), 1);
        }
        let tries = guessing.lock();
        assert!(tries.accounts.0.len() <= MOST && tries.addresses.0.len() <= MOST);
        drop(tries);
        assert_eq!(wrong(&guessing, "ada", HOME, 1), 1);
    }
}
