//! What keys hang on: products, organizations, projects and environments.
//!
//! What can change is an atomic or an `ArcSwap`, so a node is changed in place for all keys below
//! it at once.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use super::grants::Grants;
use super::policy::{Policies, Policy, PolicySource};
use super::state::{Named, ProductState, Shelf, ShelfPlace, Shelves, State};
use super::text::Text;
use crate::manifest::Rules;
use crate::model::{
    Environment, EnvironmentId, Mode, Organization, OrganizationId, Product, Project, ProjectId,
    Slug,
};

/// A product and its rules.
#[derive(Debug)]
pub struct ProductNode {
    slug: Slug,
    rules: ArcSwap<Rules>,
    /// Counts changes of `rules`, after them.
    edition: AtomicU64,
    state: Arc<ProductState>,
    policies: Policies,
    shelves: Arc<Shelves>,
    /// For each name of an environment, the shelf that was filled last, with its number.
    newest: Mutex<NewestShelves>,
}

type NewestShelves = HashMap<Box<str>, (u32, Arc<Shelf>)>;

/// The rules of a product as they were at one moment.
pub struct CurrentRules {
    rules: Guard<Arc<Rules>>,
    edition: u64,
}

impl ProductNode {
    pub(super) fn new(
        record: &Product,
        rules: Arc<Rules>,
        sound: bool,
        (shelves, grants): (&Arc<Shelves>, &Arc<Grants>),
    ) -> Self {
        Self {
            slug: record.slug.clone(),
            policies: Policies::new(Arc::clone(grants), &rules),
            rules: ArcSwap::new(rules),
            edition: AtomicU64::new(0),
            state: Arc::new(ProductState::new(sound)),
            shelves: Arc::clone(shelves),
            newest: Mutex::default(),
        }
    }

    /// Its short name.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Its rules at this moment.
    #[must_use]
    pub fn rules(&self) -> CurrentRules {
        // In this order: at worst new rules are taken for old ones, and fetched once more.
        let edition = self.edition.load(Ordering::Acquire);
        let rules = self.rules.load();
        CurrentRules { rules, edition }
    }

    /// Whether these rules are still in force.
    #[must_use]
    pub fn follows(&self, rules: &CurrentRules) -> bool {
        self.edition.load(Ordering::Acquire) == rules.edition
    }

    /// Takes over new rules, for every key at once.
    pub(super) fn replace_rules(&self, rules: Arc<Rules>, sound: bool) {
        self.policies.resolve(&rules);
        self.rules.store(rules);
        self.edition.fetch_add(1, Ordering::Release);
        self.state.set(sound);
    }

    /// Whether that is its state.
    #[inline]
    pub(super) fn is(&self, state: &Arc<ProductState>) -> bool {
        Arc::ptr_eq(&self.state, state)
    }

    /// A place for one more environment of that name, and what it shares with the others of it.
    /// Should there ever be too many shelves, the place does not exist, and nothing is allowed
    /// there.
    fn place(&self, name: &str) -> (ShelfPlace, Arc<Named>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let last = newest.get(name);
        let named = last.map(|(_, shelf)| Arc::clone(&shelf.named));
        let named = named.unwrap_or_else(|| Arc::new(Named::new(&self.state, name)));
        let places = last.map_or(1, |(_, shelf)| shelf.places() * 2);
        let taken = last.and_then(|(number, shelf)| shelf.take_place(*number));
        let place = taken.or_else(|| {
            let (number, shelf) = self.shelves.put_up(Arc::clone(&named), places)?;
            let place = shelf.take_place(number);
            newest.insert(name.into(), (number, shelf));
            place
        });
        (place.unwrap_or(ShelfPlace::NONE), named)
    }

    /// The policy for these lists, shared by all keys that have the same.
    pub(super) fn policy(&self, source: PolicySource) -> Arc<Policy> {
        self.policies.get(source, || self.rules.load_full())
    }
}

impl Deref for CurrentRules {
    type Target = Rules;

    fn deref(&self) -> &Rules {
        &self.rules
    }
}

impl fmt::Debug for CurrentRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CurrentRules({}, edition {})",
            self.rules.slug, self.edition
        )
    }
}

/// An organization.
#[derive(Debug)]
pub(super) struct OrganizationNode {
    id: OrganizationId,
    state: State,
    details: ArcSwap<OrganizationDetails>,
    /// The newest of its environments, each of which knows the next; all are kept by the index for
    /// good, so the chain never breaks.
    environments: Mutex<Weak<EnvironmentNode>>,
    pub(super) product: Arc<ProductNode>,
}

/// What verdicts say of an organization beside its id.
#[derive(Debug)]
pub struct OrganizationDetails {
    text: Text,
    external_id_bytes: Option<u16>,
    plan_bytes: Option<u16>,
}

impl OrganizationDetails {
    fn of(record: &Organization) -> Self {
        let (external_id, plan) = (record.external_id.as_deref(), record.plan.as_deref());
        let bytes = |text: &str| u16::try_from(text.len()).unwrap_or(0);
        Self {
            text: Text::of(&[external_id.unwrap_or_default(), plan.unwrap_or_default()]),
            external_id_bytes: external_id.map(bytes),
            plan_bytes: plan.map(bytes),
        }
    }

    /// The operator's own name for it, in UTF-8.
    #[must_use]
    pub fn external_id_bytes(&self) -> Option<&[u8]> {
        Some(self.text.bytes(0, usize::from(self.external_id_bytes?)))
    }

    /// The operator's own name for it.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        std::str::from_utf8(self.external_id_bytes()?).ok()
    }

    /// Its plan, in UTF-8; `None` is the product's first.
    #[must_use]
    pub fn plan_bytes(&self) -> Option<&[u8]> {
        let from = usize::from(self.external_id_bytes.unwrap_or(0));
        let bytes = usize::from(self.plan_bytes?);
        Some(self.text.bytes(from, from + bytes))
    }
}

impl OrganizationNode {
    pub(super) fn new(record: &Organization, sound: bool, product: Arc<ProductNode>) -> Self {
        Self {
            id: record.id,
            state: State::new(sound, record.enabled, record.deleted_at.is_some()),
            details: ArcSwap::from_pointee(OrganizationDetails::of(record)),
            environments: Mutex::default(),
            product,
        }
    }

    pub(super) fn update(&self, record: &Organization, sound: bool) {
        self.state
            .set(sound, record.enabled, record.deleted_at.is_some());
        self.details
            .store(Arc::new(OrganizationDetails::of(record)));
        self.tell_environments();
    }

    /// Environments know the state of all above them and what verdicts say of it, so that readers
    /// look nowhere else.
    fn tell_environments(&self) {
        let newest = self
            .environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade();
        let all = std::iter::successors(newest, |environment| environment.next.upgrade());
        all.for_each(|environment| environment.gather());
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
        self.organization.tell_environments();
    }
}

/// An environment, with what verdicts say of it and of what it belongs to.
#[derive(Debug)]
pub struct EnvironmentNode {
    id: EnvironmentId,
    project_id: ProjectId,
    organization_id: OrganizationId,
    details: ArcSwap<OrganizationDetails>,
    named: Arc<Named>,
    place: ShelfPlace,
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
        let (place, named) = organization.product.place(&record.name);
        let node = Arc::new(Self {
            id: record.id,
            project_id: project.id,
            organization_id: organization.id,
            details: ArcSwap::new(organization.details.load_full()),
            named,
            place,
            state: State::new(sound, record.enabled, record.deleted_at.is_some()),
            project,
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
        let organization = &self.project.organization;
        self.details.store(organization.details.load_full());
        let bits = self
            .state
            .read()
            .with(self.project.state.read())
            .with(organization.state.read().of_organization());
        self.product().shelves.put(self.place, bits);
    }

    pub(super) fn place(&self) -> ShelfPlace {
        self.place
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> EnvironmentId {
        self.id
    }

    /// Its name; an environment is never renamed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.named.name
    }

    /// Live or test.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Mode::of_environment(self.name())
    }

    /// The project it belongs to.
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        self.project_id
    }

    /// The organization of that project.
    #[must_use]
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// What verdicts say of that organization.
    #[must_use]
    pub fn organization(&self) -> Guard<Arc<OrganizationDetails>> {
        self.details.load()
    }

    /// The product of that organization.
    #[must_use]
    pub fn product(&self) -> &Arc<ProductNode> {
        &self.project.organization.product
    }
}
