//! One value of one key, as the index keeps it: a few cache lines, shared texts behind pointers.

use std::sync::Arc;

use super::node::{EnvironmentNode, Policy, PolicySource, ProductNode};
use super::state::{Shelf, ShelfPlace};
use crate::key::KeyDigest;
use crate::manifest::{Rules, ScopeSet};
use crate::model::{Binding, Key, KeyId, Kind, Mode, RetiredValue, Timestamp};
use crate::policy::{IpList, OriginList};

/// Stands for "never".
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// One value of a key with all that decides about it. It never changes: a change makes a new one.
#[derive(Debug)]
pub struct KeyEntry {
    digest: KeyDigest,
    id: [u8; 16],
    environment: Arc<EnvironmentNode>,
    /// Where the environment's state stands, with its name and product.
    shelf: Arc<Shelf>,
    policy: Arc<Policy>,
    /// Most keys have no end, and save its room.
    ends: Option<Box<Ends>>,
    /// Name, then start, then metadata: one allocation for all three.
    text: Box<str>,
    name_bytes: u16,
    start_bytes: u8,
    kind: Kind,
    mode: Mode,
    sound: bool,
    place: u8,
}

/// When a key stops working, each [`NEVER`] where there is no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    expires_at: Timestamp,
    /// When the key was revoked, or this value of it ends.
    ends_at: Timestamp,
    disabled_at: Timestamp,
}

impl Ends {
    const NONE: Self = Self {
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

/// How a key stands by its own state and that of what it belongs to, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A row that it rests on is not as Keystile wrote it.
    Untrusted,
    /// Ended for good.
    Revoked {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// It, its project or its environment is switched off.
    Disabled {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// Its organization is suspended.
    Suspended,
    /// Nothing is wrong with it.
    Good,
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
        let policy = environment.product().policy(policy_source(&key));
        Self {
            key,
            sound,
            environment,
            policy,
        }
    }

    /// The entry of the current value.
    pub(super) fn current(&self) -> KeyEntry {
        self.entry(self.key.digest, &self.key.start, NEVER, self.sound)
    }

    /// The entry of a former value.
    pub(super) fn retired(&self, value: &RetiredValue, sound: bool) -> KeyEntry {
        self.entry(
            value.digest,
            &value.start,
            value.ends_at,
            self.sound && sound,
        )
    }

    fn entry(
        &self,
        digest: KeyDigest,
        start: &str,
        value_ends: Timestamp,
        sound: bool,
    ) -> KeyEntry {
        let key = &self.key;
        let metadata = key.metadata.as_deref().unwrap_or_default();
        let ShelfPlace { shelf, at: place } = self.environment.place();
        let ends = Some(Ends::of(key, value_ends)).filter(|ends| *ends != Ends::NONE);
        KeyEntry {
            digest,
            id: key.id.to_bytes(),
            environment: Arc::clone(&self.environment),
            shelf,
            policy: Arc::clone(&self.policy),
            ends: ends.map(Box::new),
            text: [key.name.as_str(), start, metadata].concat().into(),
            name_bytes: u16::try_from(key.name.len()).unwrap_or(0),
            start_bytes: u8::try_from(start.len()).unwrap_or(0),
            kind: key.kind,
            mode: key.mode,
            sound,
            place,
        }
    }
}

fn policy_source(key: &Key) -> PolicySource {
    PolicySource {
        kind: key.kind,
        scopes: key.scopes.clone(),
        origins: key.allowed_origins.clone(),
        ips: key.allowed_ips.clone(),
        binding: key
            .binding
            .clone()
            .map(|bound| (bound.product, bound.environment)),
    }
}

impl KeyEntry {
    /// The digest it is found by.
    #[must_use]
    pub fn digest(&self) -> &KeyDigest {
        &self.digest
    }

    /// The key's identifier.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId::from_bytes(self.id)
    }

    /// Who may hold it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Live or test.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text
            .get(..usize::from(self.name_bytes))
            .unwrap_or_default()
    }

    /// The part of the value that may be shown: prefix and four characters.
    #[must_use]
    pub fn start(&self) -> &str {
        let from = usize::from(self.name_bytes);
        self.text
            .get(from..from + usize::from(self.start_bytes))
            .unwrap_or_default()
    }

    /// The operator's JSON object, as text.
    #[must_use]
    pub fn metadata(&self) -> Option<&str> {
        let from = usize::from(self.name_bytes) + usize::from(self.start_bytes);
        self.text.get(from..).filter(|text| !text.is_empty())
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends().expires_at).filter(|end| *end != NEVER)
    }

    fn ends(&self) -> Ends {
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

    /// Whether it is a key of that product.
    #[must_use]
    pub fn belongs_to(&self, product: &ProductNode) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.shelf.product), product)
    }

    /// The scopes it has under `rules`.
    #[must_use]
    pub fn scopes(&self, rules: &Rules) -> ScopeSet {
        self.policy.scopes(rules)
    }

    /// The name of its environment.
    #[must_use]
    pub fn environment_name(&self) -> &str {
        &self.shelf.name
    }

    /// The origins it is confined to.
    #[must_use]
    pub fn allowed_origins(&self) -> Option<&OriginList> {
        self.policy.origins.as_ref()
    }

    /// The addresses it is confined to.
    #[must_use]
    pub fn allowed_ips(&self) -> Option<&IpList> {
        self.policy.ips.as_ref()
    }

    /// How it stands at `now`; at the very millisecond of an end it has ended.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let above = self.shelf.read(self.place);
        let ends = self.ends();
        if !(self.sound && above.sound() && self.shelf.product.is_sound()) {
            Standing::Untrusted
        } else if ends.ends_at <= now {
            Standing::Revoked {
                since: Some(ends.ends_at),
            }
        } else if above.deleted() {
            Standing::Revoked { since: None }
        } else if ends.expires_at <= now {
            Standing::Expired {
                since: ends.expires_at,
            }
        } else if ends.disabled_at != NEVER {
            Standing::Disabled {
                since: Some(ends.disabled_at),
            }
        } else if !above.enabled() {
            Standing::Disabled { since: None }
        } else if above.suspended() {
            Standing::Suspended
        } else {
            Standing::Good
        }
    }
}
