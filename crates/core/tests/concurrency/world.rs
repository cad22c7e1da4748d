//! The model: a handful of keys, what can happen to them, and what each value is then worth.

use keystile_core::decision::Code;
use keystile_core::key::KeyDigest;
use keystile_core::model::{Key, Record, RetiredValue, Subject, Timestamp};
use keystile_core::snapshot::Applied;

use crate::population::{self, MANIFEST, NOW, START, Seeded};

/// The code of a decision.
pub(crate) type Verdict = Code;

pub(crate) const KEYS: u64 = 24;
pub(crate) const ORGANIZATIONS: u64 = 6;

/// A key as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyState {
    pub(crate) generation: u64,
    /// Whether the value before the current one still works.
    grace: bool,
    revoked: bool,
    expired: bool,
    disabled: bool,
    lists_the_scope: bool,
}

/// Everything that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    keys: Vec<KeyState>,
    organizations: Vec<Owner>,
    /// Whether the manifest has the operation that is asked for.
    has_operation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    suspended: bool,
    project_disabled: bool,
    environment_disabled: bool,
    environment_deleted: bool,
}

impl Owner {
    const GOOD: Self = Self {
        suspended: false,
        project_disabled: false,
        environment_disabled: false,
        environment_deleted: false,
    };
}

impl World {
    pub(crate) fn new() -> Self {
        let key = KeyState {
            generation: 0,
            grace: false,
            revoked: false,
            expired: false,
            disabled: false,
            lists_the_scope: true,
        };
        Self {
            keys: (0..KEYS).map(|_| key).collect(),
            organizations: (0..ORGANIZATIONS).map(|_| Owner::GOOD).collect(),
            has_operation: true,
        }
    }

    /// Which value each key has now.
    pub(crate) fn generations(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().map(|key| key.generation)
    }

    /// Changes one thing, and gives the journal row that says so. What was taken away is mostly
    /// given back the next time, so that there is always something to allow.
    pub(crate) fn change(&mut self, random: &Seeded) -> Vec<Applied> {
        let number = random.below(KEYS);
        match random.below(64) {
            0 => return self.change_manifest(),
            1..=16 if !self.has_operation => return self.change_manifest(),
            1..=3 => return self.change_owner(random.below(ORGANIZATIONS), random),
            4..=8 if self.has_operation => return self.rotate(number, random.below(3) == 0),
            _ => {}
        }
        let key = &mut self.keys[place(number)];
        let good = !key.revoked && !key.expired && !key.disabled && key.lists_the_scope;
        match random.below(4) {
            _ if !good => {
                (key.revoked, key.expired, key.disabled) = (false, false, false);
                key.lists_the_scope = true;
            }
            0 => key.revoked = true,
            1 => key.expired = true,
            2 => key.disabled = true,
            _ => key.lists_the_scope = false,
        }
        vec![put(Record::Key(Box::new(self.key(number))))]
    }

    fn change_manifest(&mut self) -> Vec<Applied> {
        self.has_operation = !self.has_operation;
        let path = if self.has_operation {
            "/messages"
        } else {
            "/letters"
        };
        let manifest = MANIFEST.replace("/messages", path);
        vec![put(Record::Product(population::product(&manifest)))]
    }

    fn change_owner(&mut self, number: u64, random: &Seeded) -> Vec<Applied> {
        let (mut organization, mut project, mut environment) = population::owners(number);
        let owner = &mut self.organizations[place(number)];
        match random.below(4) {
            _ if *owner != Owner::GOOD => *owner = Owner::GOOD,
            0 => owner.suspended = true,
            1 => owner.project_disabled = true,
            2 => owner.environment_disabled = true,
            _ => owner.environment_deleted = true,
        }
        organization.enabled = !owner.suspended;
        project.enabled = !owner.project_disabled;
        environment.enabled = !owner.environment_disabled;
        environment.deleted_at = Some(START).filter(|_| owner.environment_deleted);
        vec![
            put(Record::Organization(organization)),
            put(Record::Project(project)),
            put(Record::Environment(environment)),
        ]
    }

    /// Gives a key a new value; the one before keeps working or ends, the one before that goes.
    fn rotate(&mut self, number: u64, grace: bool) -> Vec<Applied> {
        let key = &mut self.keys[place(number)];
        let old = key.generation;
        (key.generation, key.grace) = (old + 1, grace);
        let mut row = vec![
            put(Record::Key(Box::new(self.key(number)))),
            put(Record::RetiredValue(retired(number, old, grace))),
        ];
        if let Some(older) = old.checked_sub(1) {
            let gone = retired(number, older, false);
            let subject = Subject::RetiredValue(gone.key, *gone.digest.as_bytes());
            row.push(Applied::Removed(subject));
        }
        row
    }

    fn key(&self, number: u64) -> Key {
        let state = &self.keys[place(number)];
        let text = population::text(number, state.generation);
        let scopes = if state.lists_the_scope {
            ["a", "b"]
        } else {
            ["b", "more:1"]
        };
        Key {
            digest: population::pepper().digest(text.reveal()),
            start: population::start(&text),
            revoked_at: Some(START).filter(|_| state.revoked),
            expires_at: Some(NOW).filter(|_| state.expired),
            enabled: !state.disabled,
            scopes: Some(scopes.map(String::from).into_iter().collect()),
            ..population::key(number, number % ORGANIZATIONS)
        }
    }

    /// What a value is worth, by the contract's order of checks.
    pub(crate) fn verdict(&self, number: u64, generation: u64) -> Verdict {
        let key = &self.keys[place(number)];
        let owner = &self.organizations[place(number % ORGANIZATIONS)];
        let value_ended = generation + 1 == key.generation && !key.grace;
        match () {
            () if generation > key.generation || generation + 1 < key.generation => {
                Code::UnknownKey
            }
            () if key.revoked || value_ended || owner.environment_deleted => Code::RevokedKey,
            () if key.expired => Code::ExpiredKey,
            () if key.disabled || owner.project_disabled => Code::DisabledKey,
            () if owner.environment_disabled => Code::DisabledKey,
            () if owner.suspended => Code::OrganizationSuspended,
            () if !self.has_operation => Code::UnknownOperation,
            () if !key.lists_the_scope => Code::InsufficientScope,
            () => Code::Ok,
        }
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a place")
}

fn put(record: Record) -> Applied {
    Applied::Put(record, true)
}

fn retired(number: u64, generation: u64, grace: bool) -> RetiredValue {
    let text = population::text(number, generation);
    let digest: KeyDigest = population::pepper().digest(text.reveal());
    let ends_at: Timestamp = if grace {
        NOW.plus_millis(3_600_000)
    } else {
        START
    };
    RetiredValue {
        digest,
        pepper: 1,
        foreign: None,
        key: population::key(number, 0).id,
        start: population::start(&text),
        ends_at,
        seq: 1,
    }
}
