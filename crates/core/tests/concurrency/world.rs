//! The model: a handful of keys and what they hang on, everything that can happen to them, and
//! what each call is then worth. It knows the contract and nothing of the engine.

use keystile_core::decision::Code;
use keystile_core::model::Record;
use keystile_core::snapshot::Applied;

use crate::keys::{Class, Event, KeyState, Listed, place, small};
use crate::manifest::{Part, Terms};
use crate::population::{self, START, Seeded};
use crate::question::{Address, Asked, From, Question, Verdict};
use crate::values::{TOKEN_SECONDS, is_bound, is_foreign};

pub(crate) const KEYS: u64 = 24;
pub(crate) const ORGANIZATIONS: u64 = 6;

/// The period of all limits: changing it lets a window begin anew, which no model needs.
pub(crate) const PERIOD_SECONDS: u32 = 20;

/// Everything that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    keys: [KeyState; KEYS as usize],
    owners: [Owner; ORGANIZATIONS as usize],
    terms: Terms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    suspended: bool,
    project_disabled: bool,
    environment_disabled: bool,
    environment_deleted: bool,
}

/// What of an owner changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Above {
    Organization,
    Project,
    Environment,
    EnvironmentDeleted,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Key(Event),
    Above(Above),
    Manifest(Part),
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counted {
    /// The calls with a key; of a publishable one, those of a session or of everybody else.
    Key(u64, Option<u8>),
    Environment(u64),
}

impl Owner {
    const GOOD: Self = Self {
        suspended: false,
        project_disabled: false,
        environment_disabled: false,
        environment_deleted: false,
    };
}

impl Change {
    /// Every kind.
    pub(crate) fn all() -> Vec<Self> {
        let above = [
            Above::Organization,
            Above::Project,
            Above::Environment,
            Above::EnvironmentDeleted,
        ];
        let of_keys = Event::ALL.into_iter().map(Self::Key);
        let of_owners = above.into_iter().map(Self::Above);
        let of_manifest = Part::ALL.into_iter().map(Self::Manifest);
        of_keys.chain(of_owners).chain(of_manifest).collect()
    }

    /// One of these. What changes all keys at once is rare, or little would be allowed.
    fn one_of(kinds: &[Self], world: &World, random: &Seeded) -> Self {
        let frequent = |kind: &Self| matches!(kind, Self::Key(_));
        let good = world.terms == Terms::FIRST && world.owners == World::new().owners;
        let wants_rare = random.below(if good { 32 } else { 6 }) == 0;
        loop {
            let kind = kinds[place(random.below(kinds.len() as u64))];
            if frequent(&kind) != wants_rare || !kinds.iter().any(frequent) {
                return kind;
            }
            if kinds.iter().all(frequent) {
                return kind;
            }
        }
    }
}

impl World {
    pub(crate) const fn new() -> Self {
        Self {
            keys: [KeyState::GOOD; KEYS as usize],
            owners: [Owner::GOOD; ORGANIZATIONS as usize],
            terms: Terms::FIRST,
        }
    }

    /// Which value each key has now.
    pub(crate) fn values(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().map(|key| key.value.into())
    }

    /// What makes an installation out of nothing.
    pub(crate) fn beginning(&self) -> Vec<Applied> {
        let mut rows = vec![put(self.terms.record())];
        for number in 0..ORGANIZATIONS {
            rows.extend(self.owner_rows(number));
        }
        for number in 0..KEYS {
            rows.extend(self.keys[place(number)].beginning(number));
        }
        rows
    }

    /// Changes one thing of one of these kinds, and gives the journal row that says so.
    pub(crate) fn change(&mut self, kinds: &[Change], random: &Seeded) -> Vec<Applied> {
        match Change::one_of(kinds, self, random) {
            Change::Key(event) => {
                let number = random.below(KEYS);
                let key = &mut self.keys[place(number)];
                let before = std::mem::replace(key, key.after(event, random));
                before.rows(key, number)
            }
            Change::Above(above) => {
                let bad = self.owners.iter().position(|owner| *owner != Owner::GOOD);
                let number = match bad {
                    Some(bad) if random.below(4) > 0 => bad as u64,
                    _ => random.below(ORGANIZATIONS),
                };
                let owner = &mut self.owners[place(number)];
                match above {
                    _ if *owner != Owner::GOOD => *owner = Owner::GOOD,
                    Above::Organization => owner.suspended = true,
                    Above::Project => owner.project_disabled = true,
                    Above::Environment => owner.environment_disabled = true,
                    Above::EnvironmentDeleted => owner.environment_deleted = true,
                }
                self.owner_rows(number)
            }
            Change::Manifest(part) => {
                match self.terms != Terms::FIRST && random.below(2) == 0 {
                    true => self.terms = Terms::FIRST,
                    false => self.terms.change(part, random),
                }
                vec![put(self.terms.record())]
            }
        }
    }

    fn owner_rows(&self, number: u64) -> Vec<Applied> {
        let (mut organization, mut project, mut environment) = population::owners(number);
        let owner = &self.owners[place(number)];
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

    /// What a call is worth, by the contract's order of checks, but for limits.
    pub(crate) fn verdict(&self, asked: &Question) -> Verdict {
        if asked.what == Asked::ScopeB && !self.terms.has_b {
            return Verdict::NoSuchScope;
        }
        Verdict::Decided(self.decide(asked).err().unwrap_or(Code::Ok))
    }

    fn decide(&self, asked: &Question) -> Result<(), Code> {
        let key = &self.keys[place(asked.number)];
        let owner = &self.owners[place(asked.number % ORGANIZATIONS)];
        self.find(key, asked)?;
        let refuse = |refused: bool, code| if refused { Err(code) } else { Ok(()) };
        let is_former = asked.value != u64::from(key.value);
        let value_ended = is_former && key.former.is_some_and(|(_, ends)| ends <= asked.seconds);
        let over = key.expires.is_some_and(|end| end <= asked.seconds);
        refuse(!key.sound, Code::Undecided)?;
        refuse(key.revoked || value_ended, Code::RevokedKey)?;
        refuse(owner.environment_deleted, Code::RevokedKey)?;
        refuse(over, Code::ExpiredKey)?;
        refuse(key.disabled, Code::DisabledKey)?;
        refuse(owner.project_disabled, Code::DisabledKey)?;
        refuse(owner.environment_disabled, Code::DisabledKey)?;
        refuse(owner.suspended, Code::OrganizationSuspended)?;
        refuse(asked.elsewhere, Code::WrongEnvironment)?;
        let is_secret = Class::of(asked.number) != Class::Publishable;
        let by_a_browser = is_secret && asked.by_a_browser && self.terms.refuses_browsers;
        refuse(by_a_browser, Code::SecretKeyInBrowser)?;
        let bound = asked.by_session && is_bound(asked.value);
        refuse(
            !origin_fits(key.origins, bound, asked),
            Code::OriginNotAllowed,
        )?;
        refuse(!address_fits(key.ips, asked), Code::IpNotAllowed)?;
        let sends = asked.what == Asked::Send;
        refuse(sends && !self.terms.sends_messages, Code::UnknownOperation)?;
        let held = self.scopes(key, asked);
        refuse(self.needed(asked) & !held != 0, Code::InsufficientScope)
    }

    /// Whether the text that is sent is that of a value the key has.
    fn find(&self, key: &KeyState, asked: &Question) -> Result<(), Code> {
        if asked.by_session && asked.seconds >= TOKEN_SECONDS {
            return Err(Code::InvalidSession);
        }
        if is_foreign(asked.number, asked.value) && !self.terms.takes_foreign {
            return Err(Code::MalformedKey);
        }
        let known = [Some(key.value), key.former.map(|(value, _)| value)];
        match known.contains(&Some(small(asked.value))) {
            true => Ok(()),
            false if asked.by_session => Err(Code::InvalidSession),
            false => Err(Code::UnknownKey),
        }
    }

    /// Scopes that a key has, by their bits in [`crate::keys::SCOPES`].
    fn scopes(&self, key: &KeyState, asked: &Question) -> u8 {
        let gone = if self.terms.has_b { 0 } else { 0b010 };
        let publishable = if self.terms.lends_more { 0b101 } else { 0b001 };
        let held = match Class::of(asked.number) {
            Class::Publishable => key.scopes.unwrap_or(0b001) & publishable,
            _ => key.scopes.unwrap_or(0b111),
        };
        held & !gone & if asked.by_session { 0b001 } else { 0b111 }
    }

    fn needed(&self, asked: &Question) -> u8 {
        match asked.what {
            Asked::Send => 0b001,
            Asked::List if !self.terms.has_b => 0b001,
            Asked::List | Asked::ScopeB => 0b010,
            Asked::Create => 0b100,
            Asked::Nothing => 0,
        }
    }

    /// The limits that an allowed call is under.
    pub(crate) fn limits(&self, asked: &Question) -> [(Counted, Option<u32>); 2] {
        let key = &self.keys[place(asked.number)];
        let own = key.limit.map(u32::from);
        let (visitor, limit) = match Class::of(asked.number) {
            Class::Publishable => (asked.by_session.then(|| small(asked.value)), own),
            _ => (None, own.or(self.terms.key_limit)),
        };
        let environment = Counted::Environment(asked.number % ORGANIZATIONS);
        [
            (Counted::Key(asked.number, visitor), limit),
            (environment, self.terms.environment_limit),
        ]
    }
}

fn origin_fits(listed: Listed, bound: bool, asked: &Question) -> bool {
    let listed = |bit: u8| listed.is_none_or(|listed| listed & bit != 0);
    match asked.from {
        From::Nowhere => !bound && listed_nothing(listed),
        From::Page => listed(0b01),
        From::Subdomain => !bound && listed(0b10),
        From::Stranger => !bound && listed_nothing(listed),
    }
}

/// Whether there is no list: every bit fits then, also one that no entry has.
fn listed_nothing(listed: impl Fn(u8) -> bool) -> bool {
    listed(0)
}

fn address_fits(listed: Listed, asked: &Question) -> bool {
    let listed = |bit: u8| listed.is_none_or(|listed| listed & bit != 0);
    match asked.address {
        Address::Unknown => listed(0),
        Address::Lower => listed(0b01),
        Address::Upper => listed(0b10),
    }
}

fn put(record: Record) -> Applied {
    Applied::Put(record, true)
}
