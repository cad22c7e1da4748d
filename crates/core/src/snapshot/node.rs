//! What keys hang on: products, organizations, projects and environments.
//!
//! What can change is an atomic or an `ArcSwap`, so a node is changed in place for all keys below
//! it at once.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use super::environments::{Environments, Ids, OrganizationDetails, ProductState};
use super::grants::Grants;
use super::policy::{Policies, PolicySource};
use super::state::State;
use super::uses::Uses;
use crate::manifest::Rules;
use crate::model::{
    Environment, EnvironmentId, Mode, Organization, OrganizationId, Product, Project, ProjectId,
    Slug,
};

/// A product and its rules.
#[derive(Debug)]
pub struct ProductNode {
    slug: Slug,
    rules: ArcSwap<Edition>,
    /// Counts changes of `rules`, after them.
    edition: AtomicU64,
    state: Arc<ProductState>,
    policies: Policies,
    environments: Arc<Environments>,
    uses: Arc<Uses>,
    /// The number of each name that its environments have.
    names: Mutex<HashMap<Box<str>, u32>>,
}

/// Rules with what the index adds to them.
#[derive(Debug)]
struct Edition {
    rules: Arc<Rules>,
    /// The numbers under which uses of its operations are noted, in their order.
    operations: Box<[Option<u32>]>,
}

/// The rules of a product as they were at one moment.
pub struct CurrentRules<'r> {
    rules: Held<'r>,
    edition: u64,
}

/// What keeps rules from being let go.
enum Held<'r> {
    Own(Guard<Arc<Edition>>),
    /// Somebody else does.
    Lent(&'r Edition),
}

impl ProductNode {
    pub(super) fn new(
        record: &Product,
        rules: Arc<Rules>,
        sound: bool,
        (environments, grants, uses): (&Arc<Environments>, &Arc<Grants>, &Arc<Uses>),
    ) -> Self {
        Self {
            slug: record.slug.clone(),
            policies: Policies::new(Arc::clone(grants), &rules),
            rules: ArcSwap::from_pointee(Edition::new(rules, uses)),
            edition: AtomicU64::new(0),
            state: Arc::new(ProductState::new(sound)),
            environments: Arc::clone(environments),
            uses: Arc::clone(uses),
            names: Mutex::default(),
        }
    }

    /// Its short name.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Its rules at this moment.
    #[must_use]
    pub fn rules(&self) -> CurrentRules<'static> {
        // In this order: at worst new rules are taken for old ones, and fetched once more.
        let edition = self.edition.load(Ordering::Acquire);
        let rules = Held::Own(self.rules.load());
        CurrentRules { rules, edition }
    }

    /// Whether these rules are still in force.
    #[must_use]
    pub fn follows(&self, rules: &CurrentRules<'_>) -> bool {
        self.edition.load(Ordering::Acquire) == rules.edition
    }

    /// Takes over new rules, for every key at once.
    pub(super) fn replace_rules(&self, rules: Arc<Rules>, sound: bool) {
        self.policies.resolve(&rules);
        self.rules.store(Arc::new(Edition::new(rules, &self.uses)));
        self.edition.fetch_add(1, Ordering::Release);
        self.state.set(sound);
    }

    /// Whether that is its state.
    #[inline]
    pub(super) fn is(&self, state: &Arc<ProductState>) -> bool {
        Arc::ptr_eq(&self.state, state)
    }

    /// The number of a name of environments. Should there ever be too many, none, where nothing is
    /// allowed.
    fn name(&self, name: &str) -> u32 {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = names.get(name) {
            return *number;
        }
        let number = self.environments.take_name(&self.state, name);
        let number = number.unwrap_or(u32::MAX);
        names.insert(name.into(), number);
        number
    }

    /// The number of the policy for these lists, shared by all keys that have the same; it has one
    /// user more now.
    pub(super) fn hold_policy(&self, source: PolicySource) -> u32 {
        self.policies
            .hold(source, || Arc::clone(&self.rules.load().rules))
    }
}

impl Edition {
    fn new(rules: Arc<Rules>, uses: &Uses) -> Self {
        let operations = rules.operations.as_slice().iter();
        let operations = operations.map(|operation| uses.name(&operation.text));
        Self {
            operations: operations.collect(),
            rules,
        }
    }
}

impl CurrentRules<'_> {
    /// The same, for as long as these are held.
    #[inline]
    pub(crate) fn lent(&self) -> CurrentRules<'_> {
        CurrentRules {
            rules: Held::Lent(self.edition()),
            edition: self.edition,
        }
    }

    #[inline]
    fn edition(&self) -> &Edition {
        match &self.rules {
            Held::Own(edition) => edition,
            Held::Lent(edition) => edition,
        }
    }

    /// The same to be kept for longer than a moment.
    #[must_use]
    pub fn to_shared(&self) -> Arc<Rules> {
        Arc::clone(&self.edition().rules)
    }

    /// The number under which uses of an operation are noted, by its place in the manifest.
    #[must_use]
    pub fn number_of(&self, operation: u16) -> Option<u32> {
        *self.edition().operations.get(usize::from(operation))?
    }
}

impl Deref for CurrentRules<'_> {
    type Target = Rules;

    fn deref(&self) -> &Rules {
        &self.edition().rules
    }
}

impl fmt::Debug for CurrentRules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CurrentRules({}, edition {})", self.slug, self.edition)
    }
}

/// An organization.
#[derive(Debug)]
pub(super) struct OrganizationNode {
    id: OrganizationId,
    state: State,
    details: Mutex<OrganizationDetails>,
    /// The newest of its environments, each of which knows the next; all are kept by the index for
    /// good, so the chain never breaks.
    environments: Mutex<Weak<EnvironmentNode>>,
    pub(super) product: Arc<ProductNode>,
}

impl OrganizationNode {
    pub(super) fn new(record: &Organization, sound: bool, product: Arc<ProductNode>) -> Self {
        Self {
            id: record.id,
            state: State::new(sound, record.enabled, record.deleted_at.is_some()),
            details: Mutex::new(OrganizationDetails::of(record)),
            environments: Mutex::default(),
            product,
        }
    }

    pub(super) fn update(&self, record: &Organization, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        *self.details() = OrganizationDetails::of(record);
        self.each_environment(|environment| {
            environment.tell_state();
            environment.tell_details();
        });
    }

    fn details(&self) -> MutexGuard<'_, OrganizationDetails> {
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn each_environment(&self, change: impl Fn(&EnvironmentNode)) {
        let newest = self
            .environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade();
        let all = std::iter::successors(newest, |environment| environment.next.upgrade());
        all.for_each(|environment| change(&environment));
    }
}

/// A project.
#[derive(Debug)]
pub(super) struct ProjectNode {
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
        self.organization
            .each_environment(EnvironmentNode::tell_state);
    }
}

/// An environment. What verdicts rest on and tell of it stands at its number.
#[derive(Debug)]
pub struct EnvironmentNode {
    id: EnvironmentId,
    number: u32,
    /// The number of its name.
    name: u32,
    state: State,
    project: Arc<ProjectNode>,
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
        let product = &organization.product;
        let node = Arc::new(Self {
            id: record.id,
            number: product.environments.take(),
            name: product.name(&record.name),
            state: State::new(sound, record.enabled, record.deleted_at.is_some()),
            project,
            next: std::mem::take(&mut *newest),
        });
        let ids = Ids {
            environment: record.id.to_bytes(),
            project: node.project_id().to_bytes(),
            organization: organization.id.to_bytes(),
        };
        product
            .environments
            .put_card(node.number, ids, &organization.details());
        node.tell_state();
        *newest = Arc::downgrade(&node);
        drop(newest);
        node
    }

    pub(super) fn update(&self, record: &Environment, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        self.tell_state();
    }

    /// Puts how it and all above it stand where readers look.
    fn tell_state(&self) {
        let organization = self.project.organization.state.read();
        let state = self
            .state
            .read()
            .with(self.project.state.read())
            .with(organization.of_organization());
        let environments = &self.product().environments;
        environments.put_state(self.number, self.name, state);
    }

    /// Puts what is told of its organization where readers look.
    fn tell_details(&self) {
        let details = self.project.organization.details();
        let environments = &self.product().environments;
        environments.put_details(self.number, &details);
    }

    /// By what readers find it.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> EnvironmentId {
        self.id
    }

    /// Its name; an environment is never renamed.
    #[must_use]
    pub fn name(&self) -> &str {
        let named = self.product().environments.named(self.name);
        named.map_or("", |named| &named.name)
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
    pub fn organization_id(&self) -> OrganizationId {
        self.project.organization.id
    }

    /// The product of that organization.
    #[must_use]
    pub fn product(&self) -> &Arc<ProductNode> {
        &self.project.organization.product
    }
}
