//! How often a key, an environment or an organization may be used.
//!
//! A call may need several windows, and must fit into all of them or is counted in none. Those of
//! keys and environments lie side by side under their numbers, so that they are found at once; all
//! others are found by a hash in a table of bounded size. Time comes from a clock that never steps.

mod sets;
mod window;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::RateLimit;
use crate::near;
use crate::segments::Segments;
use sets::{Set, SetNumber, Sets};
use window::Window;

/// Windows that one call may need.
pub const MOST_AT_ONCE: usize = 5;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All calls with a key, by the key's number in the index.
    Key(u32),
    /// The calls of one visitor with a publishable key.
    Visitor([u8; 16], Visitor),
    /// The calls of one operation with a key, by its number in the manifest.
    KeyOperation([u8; 16], u16),
    /// The calls of one operation by one visitor with a publishable key.
    VisitorOperation([u8; 16], u16, Visitor),
    /// The sessions that one address makes with a publishable key.
    Sessions([u8; 16], Visitor),
    /// The keys that nobody has which one address presents at a product, by the product's number.
    Strangers(u64, Visitor),
    /// All calls in an environment, by the environment's number in the index.
    Environment(u32),
    /// All live or all test calls of an organization.
    Organization([u8; 16], bool),
}

/// Who uses a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visitor {
    /// Whoever has this address; of IPv6, whoever shares its first 64 bits. All whose address is
    /// not known are one.
    Address(Option<IpAddr>),
    /// Whoever has the token of this session.
    Session([u8; 16]),
}

/// A window that a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// What is counted.
    pub subject: Subject,
    /// How much of it is allowed.
    pub limit: RateLimit,
}

/// What is left of the window that has least left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many calls are allowed in the period.
    pub limit: u32,
    /// The period, in seconds.
    pub period_seconds: u32,
    /// How many more there may be now.
    pub remaining: u32,
    /// In how many seconds there is room for more, rounded up; 0 when there is all room.
    pub reset_seconds: u32,
}

impl Allowance {
    /// That of a window for which there is no room.
    const fn none(limit: RateLimit) -> Self {
        Self {
            limit: limit.limit,
            period_seconds: limit.period_seconds,
            remaining: 0,
            reset_seconds: limit.period_seconds,
        }
    }
}

/// All windows.
#[derive(Debug)]
pub struct Limiter {
    keys: Segments<Own>,
    environments: Segments<Own>,
    sets: Sets,
}

/// The window of what has a number of its own, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Own(Mutex<Window>);

/// A lock under which windows are. They are always taken in this order, so that nobody waits for
/// somebody who waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lock {
    Key(u32),
    Environment(u32),
    Set(SetNumber),
}

/// What is held of a lock.
enum Held<'l> {
    Own(MutexGuard<'l, Window>),
    Set(MutexGuard<'l, Set>),
}

/// A window that a call needs, by where it is.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    lock: Lock,
    /// Which of those under the lock.
    hash: u64,
    limit: RateLimit,
}

impl Visitor {
    /// An address by what one customer of a provider has.
    fn canonical(self) -> Self {
        match self {
            Self::Address(Some(address)) => match address.to_canonical() {
                IpAddr::V6(address) => {
                    let network = address.to_bits() >> 64 << 64;
                    Self::Address(Some(IpAddr::V6(network.into())))
                }
                short => Self::Address(Some(short)),
            },
            other => other,
        }
    }
}

impl Subject {
    fn canonical(self) -> Self {
        match self {
            Self::Visitor(key, visitor) => Self::Visitor(key, visitor.canonical()),
            Self::VisitorOperation(key, operation, visitor) => {
                Self::VisitorOperation(key, operation, visitor.canonical())
            }
            Self::Sessions(key, visitor) => Self::Sessions(key, visitor.canonical()),
            Self::Strangers(product, visitor) => Self::Strangers(product, visitor.canonical()),
            other => other,
        }
    }
}

impl Held<'_> {
    /// The window as it is at `tick`, made if it is not there. `None` where there is no room.
    fn window(&mut self, wanted: &Wanted, tick: u64) -> Option<&mut Window> {
        let window = match self {
            Self::Own(window) => window,
            Self::Set(set) => set.window(wanted.hash, wanted.limit, tick)?,
        };
        window.advance(wanted.limit, tick);
        Some(window)
    }

    /// A window that was asked for before, as it was then.
    fn same_window(&mut self, wanted: &Wanted) -> Option<&mut Window> {
        match self {
            Self::Own(window) => Some(window),
            Self::Set(set) => set.known(wanted.hash),
        }
    }
}

impl Limiter {
    /// A limiter that keeps about so many windows at most, beside those of keys and environments.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            keys: Segments::default(),
            environments: Segments::default(),
            sets: Sets::new(most),
        }
    }

    /// Counts a call in all these windows at `tick`, in milliseconds of a clock that never steps.
    /// `None` when it needs none; at most [`MOST_AT_ONCE`] are looked at.
    ///
    /// # Errors
    /// What is left of the window that it does not fit into; then it is counted in none.
    pub fn take(
        &self,
        needed: impl IntoIterator<Item = Needed>,
        tick: u64,
    ) -> Result<Option<Allowance>, Allowance> {
        let mut needed = needed.into_iter();
        let Some(first) = needed.next() else {
            return Ok(None);
        };
        let first = self.wanted(&first);
        match needed.next() {
            None => self.take_one(&first, tick).map(Some),
            Some(second) => {
                let second = self.wanted(&second);
                let others = needed.map(|needed| self.wanted(&needed));
                self.take_all([first, second].into_iter().chain(others), tick)
            }
        }
    }

    /// What most calls need.
    fn take_one(&self, wanted: &Wanted, tick: u64) -> Result<Allowance, Allowance> {
        let none = || Allowance::none(wanted.limit);
        let mut held = self.hold(wanted.lock).ok_or_else(none)?;
        let window = held.window(wanted, tick).ok_or_else(none)?;
        if window.remaining() == 0 {
            return Err(left(window, wanted.limit, tick));
        }
        window.take(tick);
        Ok(left(window, wanted.limit, tick))
    }

    fn take_all(
        &self,
        all: impl Iterator<Item = Wanted>,
        tick: u64,
    ) -> Result<Option<Allowance>, Allowance> {
        let mut wanted = [None; MOST_AT_ONCE];
        for (place, one) in wanted.iter_mut().zip(all) {
            *place = Some(one);
        }
        wanted.sort_unstable_by_key(|wanted| wanted.map(|wanted| (wanted.lock, wanted.hash)));
        let wanted = || wanted.iter().flatten();
        let mut locked: [Option<(Lock, Held<'_>)>; MOST_AT_ONCE] = Default::default();
        let mut last = None;
        for (wanted, place) in wanted().zip(&mut locked) {
            if last != Some(wanted.lock) {
                *place = self.hold(wanted.lock).map(|held| (wanted.lock, held));
            }
            last = Some(wanted.lock);
        }
        let mut refused: Option<Allowance> = None;
        for wanted in wanted() {
            let limit = wanted.limit;
            let window = find(&mut locked, wanted.lock);
            // Where there is no room for another window, all that have none share a refusal.
            let left = match window.and_then(|held| held.window(wanted, tick)) {
                Some(window) if window.remaining() > 0 => continue,
                Some(window) => left(window, limit, tick),
                None => Allowance::none(limit),
            };
            if refused.is_none_or(|known| is_tighter(&left, &known)) {
                refused = Some(left);
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let mut tightest: Option<Allowance> = None;
        for wanted in wanted() {
            let window = find(&mut locked, wanted.lock);
            let Some(window) = window.and_then(|held| held.same_window(wanted)) else {
                continue;
            };
            window.take(tick);
            let left = left(window, wanted.limit, tick);
            if tightest.is_none_or(|known| is_tighter(&left, &known)) {
                tightest = Some(left);
            }
        }
        Ok(tightest)
    }

    /// What is left at `tick` of the window that has least left, of these. Nothing is counted and no
    /// window is made: one that is not there has all its room.
    #[must_use]
    pub fn left(&self, needed: impl IntoIterator<Item = Needed>, tick: u64) -> Option<Allowance> {
        let left = |needed: Needed| {
            let wanted = self.wanted(&needed);
            let mut window = self.copy(&wanted).unwrap_or_default();
            window.advance(wanted.limit, tick);
            left(&window, wanted.limit, tick)
        };
        let all = needed.into_iter().map(left);
        all.reduce(|least, next| {
            if is_tighter(&next, &least) {
                next
            } else {
                least
            }
        })
    }

    /// Lets the windows of a key and an environment come near, if there are any.
    #[inline]
    pub(crate) fn approach(&self, key: u32, environment: u32) {
        self.keys.get(key).map(near::approach);
        self.environments.get(environment).map(near::approach);
    }

    fn wanted(&self, needed: &Needed) -> Wanted {
        let (lock, hash) = match needed.subject {
            Subject::Key(number) => (Lock::Key(number), 0),
            Subject::Environment(number) => (Lock::Environment(number), 0),
            other => {
                let (set, hash) = self.sets.place_of(other.canonical());
                (Lock::Set(set), hash)
            }
        };
        Wanted {
            lock,
            hash,
            limit: needed.limit,
        }
    }

    fn hold(&self, lock: Lock) -> Option<Held<'_>> {
        Some(match lock {
            Lock::Key(number) => Held::Own(locked(&self.keys.grown_to(number)?.0)),
            Lock::Environment(number) => Held::Own(locked(&self.environments.grown_to(number)?.0)),
            Lock::Set(number) => Held::Set(locked(self.sets.get(number)?)),
        })
    }

    /// A window, if it is there.
    fn copy(&self, wanted: &Wanted) -> Option<Window> {
        let own = |own: &Own| locked(&own.0).clone();
        match wanted.lock {
            Lock::Key(number) => self.keys.get(number).map(own),
            Lock::Environment(number) => self.environments.get(number).map(own),
            Lock::Set(number) => {
                let mut set = locked(self.sets.get(number)?);
                set.known(wanted.hash).cloned()
            }
        }
    }

    /// How many windows there are beside those of keys and environments.
    #[must_use]
    pub fn windows(&self) -> usize {
        self.sets.windows()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find<'h, 'l>(
    locked: &'h mut [Option<(Lock, Held<'l>)>],
    lock: Lock,
) -> Option<&'h mut Held<'l>> {
    let mut all = locked.iter_mut().flatten();
    let (_, held) = all.find(|(known, _)| *known == lock)?;
    Some(held)
}

fn left(window: &Window, limit: RateLimit, tick: u64) -> Allowance {
    let wait = window.wait_millis(tick).div_ceil(1000);
    Allowance {
        limit: limit.limit,
        period_seconds: limit.period_seconds,
        remaining: window.remaining(),
        reset_seconds: u32::try_from(wait).unwrap_or(u32::MAX),
    }
}

/// Whether a window has less left than another, by its share, and then by itself; of those that
/// have nothing left, the one that takes longer.
fn is_tighter(one: &Allowance, other: &Allowance) -> bool {
    if one.remaining == 0 && other.remaining == 0 {
        return one.reset_seconds > other.reset_seconds;
    }
    let share = u64::from(one.remaining) * u64::from(other.limit);
    let other_share = u64::from(other.remaining) * u64::from(one.limit);
    (share, one.remaining) < (other_share, other.remaining)
}

#[cfg(test)]
mod tests;
