//! Making key records: new values, and what a new project comes with.

use keystile_core::key::{Brand, ForeignHash, ParsedKey, PlainKey, foreign_start, mint};
use keystile_core::manifest::{ForeignFormat, Reveal, Rules};
use keystile_core::model::{
    Environment, EnvironmentId, ForeignDigest, Key, KeyId, Kind, Mode, Organization, Project,
    ProjectId, Record, Timestamp,
};
use keystile_store::Write;

use super::work::Work;
use crate::problem::Problem;

/// A key that was just made, with its secret: the one time that it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Minted {
    pub(crate) key: Key,
    /// Secret keys only.
    pub(crate) secret: Option<PlainKey>,
}

/// An environment that was just made.
#[derive(Debug, Clone)]
pub(crate) struct MintedEnvironment {
    pub(crate) environment: Environment,
    pub(crate) keys: Vec<Minted>,
}

/// A project that was just made.
#[derive(Debug, Clone)]
pub(crate) struct MintedProject {
    pub(crate) project: Project,
    pub(crate) environments: Vec<MintedEnvironment>,
}

/// A value for a key, in all forms that its record keeps.
pub(super) struct Value {
    /// Unknown of an imported value.
    pub(super) plain: Option<PlainKey>,
    pub(super) digest: keystile_core::key::KeyDigest,
    pub(super) pepper: u32,
    pub(super) foreign: Option<ForeignDigest>,
    pub(super) start: String,
    pub(super) clear: Option<String>,
    pub(super) sealed: Option<Vec<u8>>,
}

impl Work<'_> {
    /// Ten random bytes for an id.
    pub(super) fn fresh(&self) -> Result<[u8; 10], Problem> {
        let mut bytes = [0; 10];
        self.app.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new value for the key `id`.
    pub(super) fn value(
        &self,
        id: KeyId,
        kind: Kind,
        mode: Mode,
        rules: &Rules,
    ) -> Result<Value, Problem> {
        let plain = mint(kind, rules.brand.as_ref(), mode, &*self.app.random)?;
        self.value_of(id, kind, plain, rules)
    }

    /// All stored forms of a value that is given.
    pub(super) fn value_of(
        &self,
        id: KeyId,
        kind: Kind,
        plain: PlainKey,
        rules: &Rules,
    ) -> Result<Value, Problem> {
        let keyring = self.app.engine.keyring();
        let pepper = keyring.pepper().ok_or_else(not_loaded)?;
        let start = ParsedKey::parse(plain.reveal()).map(|key| key.start().to_owned());
        let start = start.unwrap_or_default();
        let sealed = self.sealed((id, &start), kind, &plain, rules)?;
        Ok(Value {
            digest: pepper.digest(plain.reveal()),
            pepper: pepper.version(),
            foreign: None,
            start,
            clear: (kind == Kind::Publishable).then(|| plain.reveal().to_owned()),
            sealed,
            plain: Some(plain),
        })
    }

    /// All stored forms of a value that another system made and whose whole text is known.
    pub(super) fn foreign_value(
        &self,
        id: KeyId,
        format: &ForeignFormat,
        plain: PlainKey,
        rules: &Rules,
    ) -> Result<Value, Problem> {
        let hash = ForeignHash::of(plain.reveal(), format.digest);
        let known = self.imported_value(&hash, format, plain.reveal())?;
        Ok(Value {
            clear: (format.kind == Kind::Publishable).then(|| plain.reveal().to_owned()),
            sealed: self.sealed((id, &known.start), format.kind, &plain, rules)?,
            plain: Some(plain),
            ..known
        })
    }

    /// All stored forms of a value that another system made, of which it gave a plain digest and
    /// perhaps the start.
    pub(super) fn imported_value(
        &self,
        hash: &ForeignHash,
        format: &ForeignFormat,
        start: &str,
    ) -> Result<Value, Problem> {
        let keyring = self.app.engine.keyring();
        let pepper = keyring.pepper().ok_or_else(not_loaded)?;
        Ok(Value {
            plain: None,
            digest: pepper.digest_foreign(hash),
            pepper: pepper.version(),
            foreign: Some(format.digest),
            start: foreign_start(start, &format.prefix).to_owned(),
            clear: None,
            sealed: None,
        })
    }

    /// The value sealed, where the product's secrets can be shown again.
    fn sealed(
        &self,
        (id, start): (KeyId, &str),
        kind: Kind,
        plain: &PlainKey,
        rules: &Rules,
    ) -> Result<Option<Vec<u8>>, Problem> {
        if kind != Kind::Secret || rules.kind(kind).reveal != Reveal::Recoverable {
            return Ok(None);
        }
        let keyring = self.app.engine.keyring();
        let sealed = keyring.seal(&*self.app.random, (id, start), plain)?;
        Ok(Some(sealed))
    }

    /// A key with default rights in an environment.
    pub(super) fn new_key(
        &self,
        environment: EnvironmentId,
        kind: Kind,
        mode: Mode,
        name: &str,
        rules: &Rules,
    ) -> Result<Minted, Problem> {
        let now = self.now();
        let id = KeyId::new(now, self.fresh()?);
        let value = self.value(id, kind, mode, rules)?;
        Ok(self.key_with(id, environment, (kind, mode), name, value))
    }

    /// The record of a key with this value and default rights.
    pub(super) fn key_with(
        &self,
        id: KeyId,
        environment: EnvironmentId,
        (kind, mode): (Kind, Mode),
        name: &str,
        value: Value,
    ) -> Minted {
        let key = Key {
            id,
            environment,
            kind,
            mode,
            name: name.to_owned(),
            note: None,
            scopes: None,
            allowed_origins: None,
            allowed_ips: None,
            rate_limit: None,
            spend_caps: None,
            metadata: None,
            binding: None,
            expires_at: None,
            enabled: true,
            disabled_at: None,
            revoked_at: None,
            deleted_at: None,
            created_at: self.now(),
            created_by: self.caller.scope(),
            rotated_at: None,
            exposed_at: None,
            digest: value.digest,
            pepper: value.pepper,
            foreign: value.foreign,
            start: value.start,
            value: value.clear,
            sealed: value.sealed,
            narrowed_seq: None,
            seq: 0,
        };
        Minted {
            key,
            secret: value.plain.filter(|_| kind == Kind::Secret),
        }
    }

    /// A project with the environments of the manifest and their automatic keys.
    pub(super) fn new_project(
        &self,
        organization: &Organization,
        name: &str,
        rules: &Rules,
    ) -> Result<MintedProject, Problem> {
        let now = self.now();
        let project = Project {
            id: ProjectId::new(now, self.fresh()?),
            organization: organization.id,
            product: organization.product.clone(),
            name: name.to_owned(),
            metadata: None,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        };
        let names = rules
            .environments
            .iter()
            .map(|environment| &*environment.name);
        let environments: Result<Vec<_>, _> = names
            .map(|name| self.new_environment(&project, name, now, rules))
            .collect();
        Ok(MintedProject {
            project,
            environments: environments?,
        })
    }

    /// An environment with its automatic keys.
    pub(super) fn new_environment(
        &self,
        project: &Project,
        name: &str,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<MintedEnvironment, Problem> {
        let mode = Mode::of_environment(name);
        let environment = Environment {
            id: EnvironmentId::new(now, self.fresh()?),
            project: project.id,
            organization: project.organization,
            product: project.product.clone(),
            name: name.to_owned(),
            mode,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        };
        let automatic = [Kind::Publishable, Kind::Secret]
            .into_iter()
            .filter(|kind| {
                rules
                    .kind(*kind)
                    .auto_create
                    .iter()
                    .any(|wanted| **wanted == *name)
            });
        let keys: Result<Vec<_>, _> = automatic
            .map(|kind| self.new_key(environment.id, kind, mode, rules.kind_name(kind), rules))
            .collect();
        Ok(MintedEnvironment {
            environment,
            keys: keys?,
        })
    }
}

impl MintedProject {
    /// Everything to write for it.
    pub(super) fn writes(&self) -> Vec<Write> {
        let mut writes = vec![Write::Insert(Record::Project(self.project.clone()))];
        writes.extend(self.environments.iter().flat_map(MintedEnvironment::writes));
        writes
    }
}

impl MintedEnvironment {
    /// Everything to write for it.
    pub(super) fn writes(&self) -> Vec<Write> {
        let mut writes = vec![Write::Insert(Record::Environment(self.environment.clone()))];
        let keys = self
            .keys
            .iter()
            .map(|minted| Record::Key(Box::new(minted.key.clone())));
        writes.extend(keys.map(Write::Insert));
        writes
    }
}

fn not_loaded() -> Problem {
    Problem::unavailable("undecided", "the key material is not loaded")
}

/// The brand that a product's keys carry, for checking a given key.
pub(super) fn brand_of(rules: &Rules) -> Option<&str> {
    rules.brand.as_ref().map(Brand::as_str)
}
