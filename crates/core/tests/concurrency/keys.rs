//! What decides about one key, and what can happen to it.

use keystile_core::model::{
    Key, Kind, RateLimit, Record, RetiredValue, Subject, TextList, Timestamp,
};
use keystile_core::snapshot::Applied;

use crate::population::{self, NOW, START, Seeded};
use crate::values::{self, PAGE, VALUES};
use crate::world::{ORGANIZATIONS, PERIOD_SECONDS};

/// Where a key comes from and who may hold it; follows from its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Secret,
    Publishable,
    /// A secret key whose first value another system made.
    Foreign,
}

impl Class {
    pub(crate) fn of(number: u64) -> Self {
        [Self::Secret, Self::Publishable, Self::Foreign][place(number % 3)]
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Publishable => Kind::Publishable,
            _ => Kind::Secret,
        }
    }
}

/// So many seconds after [`NOW`].
pub(crate) type Seconds = u8;

/// A moment in the time that everything happens in.
pub(crate) fn at(seconds: Seconds) -> Timestamp {
    NOW.plus_millis(i64::from(seconds) * 1000)
}

/// Scopes that keys list.
pub(crate) const SCOPES: [&str; 3] = ["a", "b", "more:0"];

/// Origins that keys list, the first of which is a page's.
pub(crate) const ORIGINS: [&str; 2] = [PAGE, "https://*.b.example"];

/// Ranges that keys list.
pub(crate) const IPS: [&str; 2] = ["192.0.2.0/25", "192.0.2.128/25"];

/// Some of the entries above, by bits; `None` is no list.
pub(crate) type Listed = Option<u8>;

/// A key as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyState {
    pub(crate) value: u8,
    /// The value before, and when it ends.
    pub(crate) former: Option<(u8, Seconds)>,
    pub(crate) revoked: bool,
    pub(crate) expires: Option<Seconds>,
    pub(crate) disabled: bool,
    pub(crate) sound: bool,
    pub(crate) scopes: Listed,
    pub(crate) origins: Listed,
    pub(crate) ips: Listed,
    pub(crate) limit: Option<u8>,
}

/// One thing that happens to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Rotated,
    /// The value before ends earlier or later.
    GraceMoved,
    Revoked,
    Expiry,
    Enabled,
    /// Its row is altered behind our back, or healed.
    Sound,
    Scopes,
    Origins,
    Ips,
    Limit,
}

impl Event {
    pub(crate) const ALL: [Self; 10] = [
        Self::Rotated,
        Self::GraceMoved,
        Self::Revoked,
        Self::Expiry,
        Self::Enabled,
        Self::Sound,
        Self::Scopes,
        Self::Origins,
        Self::Ips,
        Self::Limit,
    ];
}

impl KeyState {
    /// One that nothing was taken from, and that was rotated once.
    pub(crate) const GOOD: Self = Self {
        value: 0,
        former: Some((VALUES as u8 - 1, 4)),
        revoked: false,
        expires: None,
        disabled: false,
        sound: true,
        scopes: Some(0b111),
        origins: None,
        ips: None,
        limit: None,
    };

    /// The same without what was taken away.
    fn healed(self) -> Self {
        Self {
            value: self.value,
            former: self.former,
            ..Self::GOOD
        }
    }

    /// What the event makes of it. What was taken away is mostly given back the next time, so that
    /// there is always something to allow.
    pub(crate) fn after(mut self, event: Event, random: &Seeded) -> Self {
        let some = |listed: Listed, entries: u64| match listed {
            Some(_) if random.below(2) == 0 => None,
            _ => Some(small(random.below(1 << entries))),
        };
        let heals = self != self.healed() && random.below(3) > 0;
        match event {
            Event::Rotated => {
                self.former = Some((self.value, small(random.below(8))));
                self.value = small((u64::from(self.value) + 1) % VALUES);
            }
            Event::GraceMoved => {
                let former = self.former;
                self.former = former.map(|(value, _)| (value, small(random.below(8))));
            }
            _ if heals => return self.healed(),
            Event::Revoked => self.revoked = !self.revoked,
            Event::Expiry => {
                self.expires = match self.expires {
                    Some(_) if random.below(2) == 0 => None,
                    _ => Some(small(random.below(9))),
                }
            }
            Event::Enabled => self.disabled = !self.disabled,
            Event::Sound => self.sound = !self.sound,
            Event::Scopes => self.scopes = some(self.scopes, 3),
            Event::Origins => self.origins = some(self.origins, 2),
            Event::Ips => self.ips = some(self.ips, 2),
            Event::Limit => {
                self.limit = match self.limit {
                    Some(_) if random.below(2) == 0 => None,
                    _ => Some([1, 3, 9, 20][place(random.below(4))]),
                }
            }
        }
        self
    }

    /// What makes the key.
    pub(crate) fn beginning(&self, number: u64) -> Vec<Applied> {
        let nothing = Self {
            former: None,
            ..*self
        };
        nothing.rows(self, number)
    }

    /// What the journal's row writes when the key gets from this state to another.
    pub(crate) fn rows(&self, after: &Self, number: u64) -> Vec<Applied> {
        let mut rows = vec![Applied::Put(
            Record::Key(Box::new(after.key(number))),
            after.sound,
        )];
        if self.former == after.former {
            return rows;
        }
        if let Some((former, ends)) = after.former {
            let retired = retired(number, former, ends);
            rows.push(Applied::Put(Record::RetiredValue(retired), true));
        }
        // Two values live at most: the one before the last goes.
        let gone = self.former.filter(|_| self.value != after.value);
        rows.extend(gone.map(|(value, ends)| {
            let gone = retired(number, value, ends);
            Applied::Removed(Subject::RetiredValue(gone.key, *gone.digest.as_bytes()))
        }));
        rows
    }

    fn key(&self, number: u64) -> Key {
        let current = values::value(number, self.value.into());
        let of = |listed: Listed, entries: &[&str]| listed.map(|bits| entries_of(bits, entries));
        let kind = Class::of(number).kind();
        Key {
            kind,
            digest: current.digest,
            foreign: current.foreign,
            start: current.start.clone(),
            value: (kind == Kind::Publishable).then(|| current.text.clone()),
            revoked_at: Some(START).filter(|_| self.revoked),
            expires_at: self.expires.map(at),
            enabled: !self.disabled,
            scopes: of(self.scopes, &SCOPES),
            allowed_origins: of(self.origins, &ORIGINS),
            allowed_ips: of(self.ips, &IPS),
            rate_limit: self.limit.map(|limit| RateLimit {
                limit: limit.into(),
                period_seconds: PERIOD_SECONDS,
            }),
            ..population::key(number, number % ORGANIZATIONS)
        }
    }
}

fn entries_of(bits: u8, entries: &[&str]) -> TextList {
    let listed = entries.iter().enumerate();
    let listed = listed.filter(|(bit, _)| bits >> bit & 1 == 1);
    listed.map(|(_, entry)| (*entry).to_owned()).collect()
}

fn retired(number: u64, value: u8, ends: Seconds) -> RetiredValue {
    let value = values::value(number, value.into());
    RetiredValue {
        digest: value.digest,
        pepper: 1,
        foreign: value.foreign,
        key: population::key(number, 0).id,
        start: value.start.clone(),
        ends_at: at(ends),
        seq: 1,
    }
}

pub(crate) fn place(number: u64) -> usize {
    usize::try_from(number).expect("a place")
}

pub(crate) fn small(number: u64) -> u8 {
    u8::try_from(number).expect("a small number")
}
