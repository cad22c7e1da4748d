//! One value of one key, as the index keeps it: what decides about most calls in one word, and
//! the rest in an entry.

use std::sync::Arc;

use super::node::EnvironmentNode;
use super::policy::{Policy, PolicySource};
use super::state::ShelfPlace;
use super::text::Text;
use crate::model::{Binding, Key, KeyId, Kind, Mode, RetiredValue, Timestamp};

/// Stands for "never".
pub(super) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// What decides about a value of a key beside its product's rules, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Brief(u64);

const SECRET: u64 = 1;
const LIVE: u64 = 2;
const SOUND: u64 = 4;
const HAS_ENDS: u64 = 8;
const FLAGS: u32 = 4;

/// So many bits count grants.
const GRANT: u32 = 28;

impl Brief {
    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn kind(self) -> Kind {
        if self.0 & SECRET == 0 {
            Kind::Publishable
        } else {
            Kind::Secret
        }
    }

    #[inline]
    pub(super) const fn mode(self) -> Mode {
        if self.0 & LIVE == 0 {
            Mode::Test
        } else {
            Mode::Live
        }
    }

    /// Whether its row is as Keystile wrote it.
    #[inline]
    pub(super) const fn sound(self) -> bool {
        self.0 & SOUND != 0
    }

    /// Whether there is any time from which on it is refused.
    #[inline]
    pub(super) const fn has_ends(self) -> bool {
        self.0 & HAS_ENDS != 0
    }

    /// Where its environment stands.
    #[inline]
    pub(super) const fn place(self) -> ShelfPlace {
        ShelfPlace::from_number((self.0 >> 32) as u32)
    }

    /// The number of its policy's grant. One that no word has room for is none, which allows
    /// nothing.
    #[inline]
    pub(super) const fn grant(self) -> u32 {
        (self.0 as u32) >> FLAGS
    }

    fn new(flags: u64, grant: u32, place: ShelfPlace) -> Self {
        let grant = u64::from(grant.min((1 << GRANT) - 1));
        Self(flags | grant << FLAGS | u64::from(place.number()) << 32)
    }
}

/// One value of a key with all that is told about it. It never changes: a change makes a new one.
#[derive(Debug)]
pub struct KeyEntry {
    id: [u8; 16],
    environment: Arc<EnvironmentNode>,
    policy: Arc<Policy>,
    /// Most keys have no end, and save its room.
    ends: Option<Box<Ends>>,
    /// Name, then start, then metadata.
    text: Text,
    metadata_bytes: u32,
    name_bytes: u16,
    start_bytes: u8,
    flags: u8,
}

/// When a key stops working, each [`NEVER`] where there is no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) expires_at: Timestamp,
    /// When the key was revoked, or this value of it ends.
    pub(super) ends_at: Timestamp,
    pub(super) disabled_at: Timestamp,
}

impl Ends {
    pub(super) const NONE: Self = Self {
        expires_at: NEVER,
        ends_at: NEVER,
        disabled_at: NEVER,
    };

    fn of(key: &Key, value_ends: Timestamp) -> Self {
        let ended = key.revoked_at.or(key.deleted_at).unwrap_or(NEVER);
        let disabled = || key.disabled_at.unwrap_or(key.created_at);
        Self {
            expires_at: key.expires_at.unwrap_or(NEVER),
            ends_at: ended.min(value_ends),
            disabled_at: if key.enabled { NEVER } else { disabled() },
        }
    }
}

/// Everything but the value: shared by the current and the former values of a key.
pub(super) struct KeyParts {
    pub(super) key: Box<Key>,
    pub(super) sound: bool,
    pub(super) environment: Arc<EnvironmentNode>,
    pub(super) policy: Arc<Policy>,
}

impl KeyParts {
    pub(super) fn new(key: Box<Key>, sound: bool, environment: Arc<EnvironmentNode>) -> Self {
        let policy = environment.product().policy(PolicySource::of(&key));
        Self {
            key,
            sound,
            environment,
            policy,
        }
    }

    /// The entry of the current value.
    pub(super) fn current(&self) -> KeyEntry {
        self.entry(&self.key.start, NEVER, self.sound)
    }

    /// The entry of a former value.
    pub(super) fn retired(&self, value: &RetiredValue, sound: bool) -> KeyEntry {
        self.entry(&value.start, value.ends_at, self.sound && sound)
    }

    fn entry(&self, start: &str, value_ends: Timestamp, sound: bool) -> KeyEntry {
        let key = &self.key;
        let metadata = key.metadata.as_deref().unwrap_or_default();
        let ends = Some(Ends::of(key, value_ends)).filter(|ends| *ends != Ends::NONE);
        let flags = [
            (key.kind == Kind::Secret, SECRET),
            (key.mode == Mode::Live, LIVE),
            (sound, SOUND),
            (ends.is_some(), HAS_ENDS),
        ];
        let flags = flags.into_iter().filter(|(on, _)| *on);
        KeyEntry {
            id: key.id.to_bytes(),
            environment: Arc::clone(&self.environment),
            policy: Arc::clone(&self.policy),
            ends: ends.map(Box::new),
            text: Text::of(&[&key.name, start, metadata]),
            metadata_bytes: u32::try_from(metadata.len()).unwrap_or(0),
            name_bytes: u16::try_from(key.name.len()).unwrap_or(0),
            start_bytes: u8::try_from(start.len()).unwrap_or(0),
            flags: flags.fold(0, |all, (_, flag)| all | flag as u8),
        }
    }
}

impl KeyEntry {
    pub(super) fn brief(&self) -> Brief {
        let (grant, place) = (self.policy.grant(), self.environment.place());
        Brief::new(u64::from(self.flags), grant, place)
    }

    /// The key's identifier.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId::from_bytes(self.id)
    }

    /// Who may hold it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Brief(u64::from(self.flags)).kind()
    }

    /// Live or test.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Brief(u64::from(self.flags)).mode()
    }

    /// What people call it, in UTF-8.
    #[must_use]
    pub fn name_bytes(&self) -> &[u8] {
        self.text.bytes(0, usize::from(self.name_bytes))
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(0, usize::from(self.name_bytes))
    }

    /// The part of the value that may be shown, prefix and four characters, in ASCII.
    #[must_use]
    pub fn start_bytes(&self) -> &[u8] {
        let from = usize::from(self.name_bytes);
        self.text.bytes(from, from + usize::from(self.start_bytes))
    }

    /// The part of the value that may be shown: prefix and four characters.
    #[must_use]
    pub fn start(&self) -> &str {
        std::str::from_utf8(self.start_bytes()).unwrap_or_default()
    }

    /// The operator's JSON object, in UTF-8.
    #[must_use]
    pub fn metadata_bytes(&self) -> Option<&[u8]> {
        let from = usize::from(self.name_bytes) + usize::from(self.start_bytes);
        let length = usize::try_from(self.metadata_bytes).unwrap_or(0);
        Some(self.text.bytes(from, from + length)).filter(|text| !text.is_empty())
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends().expires_at).filter(|end| *end != NEVER)
    }

    pub(super) fn ends(&self) -> Ends {
        self.ends.as_deref().copied().unwrap_or(Ends::NONE)
    }

    /// The environment that owns it.
    #[must_use]
    pub fn environment(&self) -> &EnvironmentNode {
        &self.environment
    }

    /// For operator keys: what they are confined to.
    #[must_use]
    pub fn binding(&self) -> Option<&Binding> {
        self.policy.binding.as_ref()
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_keeps_apart_what_it_is_made_of() {
        let place = ShelfPlace::from_number(0xdead_beef);
        let brief = Brief::new(SECRET | SOUND, 0x0abc_def1, place);
        assert_eq!((brief.kind(), brief.mode()), (Kind::Secret, Mode::Test));
        assert!(brief.sound() && !brief.has_ends());
        assert_eq!((brief.grant(), brief.place()), (0x0abc_def1, place));
        let brief = Brief::new(LIVE | HAS_ENDS, u32::MAX, ShelfPlace::from_number(0));
        assert_eq!(
            (brief.kind(), brief.mode()),
            (Kind::Publishable, Mode::Live)
        );
        assert!(!brief.sound() && brief.has_ends());
        assert_eq!(
            (brief.grant(), brief.place().number()),
            ((1 << GRANT) - 1, 0)
        );
    }

    /// A million entries are most of the memory of an installation.
    #[test]
    fn an_entry_with_its_counts_fits_into_104_bytes() {
        assert_eq!(size_of::<KeyEntry>() + 2 * size_of::<usize>(), 104);
    }
}
