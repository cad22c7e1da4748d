//! How often a key, an environment or an organization may be used.
//!
//! A call may need several windows, and must fit into all of them or is counted in none. They are
//! found by number in a table of bounded size. Time comes from a clock that never steps.

mod window;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::RateLimit;
use window::Window;

/// Windows that one call may need.
pub const MOST_AT_ONCE: usize = 5;

/// Parts of the table, each with a lock of its own.
const SETS: usize = 1024;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All calls with a key.
    Key([u8; 16]),
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
    /// All calls in an environment.
    Environment([u8; 16]),
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
    sets: Box<[Mutex<Set>]>,
    /// Windows that a set has at most.
    most: usize,
    /// Nobody outside can make two subjects share a number.
    numbers: RandomState,
}

/// Windows that share a lock.
#[derive(Debug, Default)]
struct Set {
    windows: HashMap<u64, Window, BuildHasherDefault<AsIs>>,
    /// How many more may come, when it is full, before all are looked at.
    until_swept: usize,
}

/// Numbers that are hashes already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
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

impl Limiter {
    /// A limiter that keeps about so many windows at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let sets = std::iter::repeat_with(Mutex::default);
        Self {
            sets: sets.take(SETS).collect(),
            most: most.div_ceil(SETS).max(1),
            numbers: RandomState::new(),
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
        let mut numbered = [(0_usize, 0_u64, None); MOST_AT_ONCE];
        let mut used = 0;
        for (place, needed) in numbered.iter_mut().zip(needed) {
            used += 1;
            let number = self.numbers.hash_one(needed.subject.canonical());
            *place = (set_of(number), number, Some(needed.limit));
        }
        let Some(numbered) = numbered.get_mut(..used).filter(|used| !used.is_empty()) else {
            return Ok(None);
        };
        // Always in the same order, so that nobody waits for somebody who waits for them.
        numbered.sort_unstable_by_key(|(set, number, _)| (*set, *number));
        let mut locked: [Option<(usize, MutexGuard<'_, Set>)>; MOST_AT_ONCE] = Default::default();
        let mut last = None;
        for ((set, ..), place) in numbered.iter().zip(&mut locked) {
            if last != Some(*set)
                && let Some(lock) = self.sets.get(*set)
            {
                *place = Some((*set, lock.lock().unwrap_or_else(PoisonError::into_inner)));
            }
            last = Some(*set);
        }
        let mut refused: Option<Allowance> = None;
        for (set, number, limit) in &*numbered {
            let Some((set, limit)) = find(&mut locked, *set).zip(*limit) else {
                continue;
            };
            let window = self.window(set, *number, limit, tick);
            // Where there is no room for another window, all that have none share a refusal.
            let left = window.map_or(Allowance::none(limit), |window| left(window, limit, tick));
            if left.remaining == 0 && refused.is_none_or(|known| is_tighter(&left, &known)) {
                refused = Some(left);
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let mut tightest: Option<Allowance> = None;
        for (set, number, limit) in &*numbered {
            let set = find(&mut locked, *set);
            let window = set.and_then(|set| set.windows.get_mut(number));
            let Some((window, limit)) = window.zip(*limit) else {
                continue;
            };
            window.take(tick);
            let left = left(window, limit, tick);
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
            let limit = needed.limit;
            let number = self.numbers.hash_one(needed.subject.canonical());
            let set = self.sets.get(set_of(number))?;
            let set = set.lock().unwrap_or_else(PoisonError::into_inner);
            let known = set.windows.get(&number).cloned();
            drop(set);
            let mut window = known.unwrap_or_else(|| Window::new(limit));
            window.advance(limit, tick);
            Some(left(&window, limit, tick))
        };
        let all = needed.into_iter().filter_map(left);
        all.reduce(|least, next| {
            if is_tighter(&next, &least) {
                next
            } else {
                least
            }
        })
    }

    /// The window of that number, made if it is not there. `None` when the set is full of windows
    /// that nobody may be let out of.
    fn window<'s>(
        &self,
        set: &'s mut Set,
        number: u64,
        limit: RateLimit,
        tick: u64,
    ) -> Option<&'s Window> {
        let Set {
            windows,
            until_swept,
        } = set;
        if windows.len() >= self.most && !windows.contains_key(&number) {
            if *until_swept == 0 {
                windows.retain(|_, window| !window.is_over(tick));
                // As long as half of them come anew, looking at all costs each little.
                *until_swept = self.most.div_ceil(2);
            }
            *until_swept -= 1;
            if windows.len() >= self.most {
                let mut all = windows.iter();
                let (victim, _) = all.find(|(_, window)| window.remaining() > 0)?;
                let victim = *victim;
                windows.remove(&victim);
            }
        }
        let window = windows.entry(number).or_insert_with(|| Window::new(limit));
        window.advance(limit, tick);
        Some(window)
    }

    /// How many windows there are.
    #[must_use]
    pub fn windows(&self) -> usize {
        let lock = |set: &'_ Mutex<Set>| {
            let set = set.lock().unwrap_or_else(PoisonError::into_inner);
            set.windows.len()
        };
        self.sets.iter().map(lock).sum()
    }
}

/// Where a window is, by bits from the middle: maps spread by those at both ends.
fn set_of(number: u64) -> usize {
    ((number >> 32) % SETS as u64) as usize
}

fn find<'l>(
    locked: &'l mut [Option<(usize, MutexGuard<'_, Set>)>],
    set: usize,
) -> Option<&'l mut Set> {
    let mut all = locked.iter_mut().flatten();
    let (_, guard) = all.find(|(number, _)| *number == set)?;
    Some(guard)
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
