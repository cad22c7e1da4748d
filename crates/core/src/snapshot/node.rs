//! What keys hang on: products, organizations, projects and environments.
//!
//! What can change is an atomic or an `ArcSwap`, so a node is changed in place for all keys below
//! it at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use super::state::{Shelf, ShelfPlace, State};
use crate::manifest::{Rules, ScopeSet};
use crate::model::{
    Binding, Environment, EnvironmentId, Kind, Mode, Organization, OrganizationId, Project,
    ProjectId, Slug, TextList,
};
use crate::policy::{IpList, OriginList};

/// A product and its rules.
#[derive(Debug)]
pub struct ProductNode {
    slug: Slug,
    rules: ArcSwap<Rules>,
    sound: AtomicBool,
    plain: [Arc<Policy>; 2],
    policies: Mutex<HashMap<PolicySource, Weak<Policy>>>,
    /// For each name of an environment, the shelf that was filled last.
    shelves: Mutex<HashMap<Box<str>, Weak<Shelf>>>,
}

impl ProductNode {
    pub(super) fn new(slug: Slug, rules: Arc<Rules>, sound: bool) -> Self {
        let plain = [Kind::Publishable, Kind::Secret]
            .map(|kind| Arc::new(Policy::compile(PolicySource::plain(kind), &rules)));
        let sound = AtomicBool::new(sound);
        Self {
            slug,
            rules: ArcSwap::new(rules),
            sound,
            plain,
            policies: Mutex::default(),
            shelves: Mutex::default(),
        }
    }

    /// Its short name.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Its rules at this moment.
    #[must_use]
    pub fn rules(&self) -> Guard<Arc<Rules>> {
        self.rules.load()
    }

    /// Takes over new rules, for every key at once.
    pub(super) fn replace_rules(&self, rules: Arc<Rules>, sound: bool) {
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        policies.retain(|_, policy| policy.strong_count() > 0);
        for policy in policies.values().filter_map(Weak::upgrade) {
            policy.resolve(&rules);
        }
        self.rules.store(rules);
        self.sound.store(sound, Ordering::Release);
    }

    /// Whether its row is as Keystile wrote it; if not, nothing is allowed on it.
    pub(super) fn is_sound(&self) -> bool {
        self.sound.load(Ordering::Acquire)
    }

    /// A place for one more environment of that name.
    fn place(self: &Arc<Self>, name: &str) -> ShelfPlace {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let last = shelves.get(name).and_then(Weak::upgrade);
        if let Some(place) = last.as_ref().and_then(Shelf::take_place) {
            return place;
        }
        let filled = last.map_or(0, |shelf| shelf.states.len());
        let shelf = Arc::new(Shelf::new(Arc::clone(self), name, filled * 2));
        shelves.insert(name.into(), Arc::downgrade(&shelf));
        Shelf::take_place(&shelf).unwrap_or(ShelfPlace { shelf, at: 0 })
    }

    /// The policy for these lists, shared by all keys that have the same.
    pub(super) fn policy(&self, source: PolicySource) -> Arc<Policy> {
        if source.is_plain() {
            let [publishable, secret] = &self.plain;
            let policy = if source.kind == Kind::Publishable {
                publishable
            } else {
                secret
            };
            return Arc::clone(policy);
        }
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = policies.get(&source).and_then(Weak::upgrade) {
            return policy;
        }
        let policy = Arc::new(Policy::compile(source.clone(), &self.rules.load()));
        policies.insert(source, Arc::downgrade(&policy));
        policy
    }
}

/// The lists of a key, as its record has them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PolicySource {
    pub(super) kind: Kind,
    pub(super) scopes: Option<TextList>,
    pub(super) origins: Option<TextList>,
    pub(super) ips: Option<TextList>,
    pub(super) binding: Option<(Slug, Option<String>)>,
}

impl PolicySource {
    fn plain(kind: Kind) -> Self {
        Self {
            kind,
            scopes: None,
            origins: None,
            ips: None,
            binding: None,
        }
    }

    fn is_plain(&self) -> bool {
        self.scopes.is_none()
            && self.origins.is_none()
            && self.ips.is_none()
            && self.binding.is_none()
    }
}

/// What a key's own lists allow. Thousands of keys share one.
#[derive(Debug)]
pub struct Policy {
    source: PolicySource,
    scopes: [AtomicU64; 4],
    pub(super) origins: Option<OriginList>,
    pub(super) ips: Option<IpList>,
    pub(super) binding: Option<Binding>,
}

impl Policy {
    /// Lists that do not read (nothing here wrote them) admit nobody, rather than everybody.
    fn compile(source: PolicySource, rules: &Rules) -> Self {
        let origins = source.origins.as_ref().map(|list| OriginList::stored(list));
        let ips = source
            .ips
            .as_ref()
            .map(|list| IpList::parse(list).unwrap_or_default());
        let binding = source.binding.clone();
        let binding = binding.map(|(product, environment)| Binding {
            product,
            environment,
        });
        let policy = Self {
            source,
            scopes: Default::default(),
            origins,
            ips,
            binding,
        };
        policy.resolve(rules);
        policy
    }

    /// Works out which scopes the listed names are under these rules.
    fn resolve(&self, rules: &Rules) {
        let Some(listed) = &self.source.scopes else {
            return;
        };
        let resolved = rules.resolve_scopes(self.source.kind, listed);
        for (word, bits) in self.scopes.iter().zip(resolved.words()) {
            word.store(bits, Ordering::Release);
        }
    }

    /// The scopes of a key with this policy under `rules`. A publishable key never gets one that
    /// is not marked for it, whatever its list or the manifest's default says.
    pub(super) fn scopes(&self, rules: &Rules) -> ScopeSet {
        let kind = self.source.kind;
        let own = match &self.source.scopes {
            None => rules.kind(kind).default_scopes,
            Some(_) => {
                let [a, b, c, d] = &self.scopes;
                ScopeSet::from_words([a, b, c, d].map(|word| word.load(Ordering::Acquire)))
            }
        };
        match kind {
            Kind::Secret => own,
            Kind::Publishable => own.intersection(&rules.publishable_scopes()),
        }
    }
}

/// An organization.
#[derive(Debug)]
pub struct OrganizationNode {
    id: OrganizationId,
    state: State,
    details: ArcSwap<OrganizationDetails>,
    /// The newest of its environments, each of which knows the next; all are kept by the index for
    /// good, so the chain never breaks.
    environments: Mutex<Weak<EnvironmentNode>>,
    pub(super) product: Arc<ProductNode>,
}

/// What verdicts say of an organization beside its id.
#[derive(Debug, Default)]
pub struct OrganizationDetails {
    /// The operator's own name for it.
    pub external_id: Option<Box<str>>,
    /// Its plan; `None` is the product's first.
    pub plan: Option<Box<str>>,
}

impl OrganizationNode {
    pub(super) fn new(record: &Organization, sound: bool, product: Arc<ProductNode>) -> Self {
        let state = State::default();
        let (details, environments) = (ArcSwap::default(), Mutex::default());
        let node = Self {
            id: record.id,
            state,
            details,
            environments,
            product,
        };
        node.update(record, sound);
        node
    }

    pub(super) fn update(&self, record: &Organization, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        let external_id = record.external_id.as_deref().map(Into::into);
        let plan = record.plan.as_deref().map(Into::into);
        self.details
            .store(Arc::new(OrganizationDetails { external_id, plan }));
        self.tell_environments();
    }

    /// Environments know the state of all above them, so that readers look nowhere else.
    fn tell_environments(&self) {
        let newest = self
            .environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade();
        let all = std::iter::successors(newest, |environment| environment.next.upgrade());
        all.for_each(|environment| environment.gather());
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> OrganizationId {
        self.id
    }

    /// What verdicts say of it.
    #[must_use]
    pub fn details(&self) -> Guard<Arc<OrganizationDetails>> {
        self.details.load()
    }
}

/// A project.
#[derive(Debug)]
pub struct ProjectNode {
    id: ProjectId,
    state: State,
    pub(super) organization: Arc<OrganizationNode>,
}

impl ProjectNode {
    pub(super) fn new(record: &Project, sound: bool, organization: Arc<OrganizationNode>) -> Self {
        let state = State::new(sound, record.enabled, record.deleted_at.is_some());
        Self {
            id: record.id,
            state,
            organization,
        }
    }

    pub(super) fn update(&self, record: &Project, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        self.organization.tell_environments();
    }
}

/// An environment.
#[derive(Debug)]
pub struct EnvironmentNode {
    id: EnvironmentId,
    state: State,
    place: ShelfPlace,
    project: Arc<ProjectNode>,
    organization: Arc<OrganizationNode>,
    /// Another environment of the organization.
    next: Weak<EnvironmentNode>,
}

impl EnvironmentNode {
    pub(super) fn new(record: &Environment, sound: bool, project: Arc<ProjectNode>) -> Arc<Self> {
        let organization = Arc::clone(&project.organization);
        let mut newest = organization
            .environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let node = Arc::new(Self {
            id: record.id,
            state: State::new(sound, record.enabled, record.deleted_at.is_some()),
            place: organization.product.place(&record.name),
            project,
            organization: Arc::clone(&organization),
            next: std::mem::take(&mut *newest),
        });
        node.gather();
        *newest = Arc::downgrade(&node);
        drop(newest);
        node
    }

    pub(super) fn update(&self, record: &Environment, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        self.gather();
    }

    fn gather(&self) {
        let organization = self.organization.state.read().of_organization();
        self.place.put(
            self.state
                .read()
                .with(self.project.state.read())
                .with(organization),
        );
    }

    pub(super) fn place(&self) -> ShelfPlace {
        self.place.clone()
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> EnvironmentId {
        self.id
    }

    /// Its name; an environment is never renamed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.place.shelf.name
    }

    /// Live or test.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Mode::of_environment(self.name())
    }

    /// The project it belongs to.
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        self.project.id
    }

    /// The organization of that project.
    #[must_use]
    pub fn organization(&self) -> &OrganizationNode {
        &self.organization
    }

    /// The product of that organization.
    #[must_use]
    pub fn product(&self) -> &Arc<ProductNode> {
        &self.organization.product
    }
}
