//! How records become entries: at start in bulk, afterwards one journal row at a time.

use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLockWriteGuard};

use super::brief::{Brief, Parts};
use super::cards::{Ends, NEVER};
use super::index::Index;
use super::node::{EnvironmentNode, OrganizationNode, ProductNode, ProjectNode};
use super::policy::PolicySource;
use super::table::{Mark, Value};
use crate::ids::IdMap;
use crate::key::KeyDigest;
use crate::manifest::{Manifest, Problems, Rules};
use crate::model::{
    EnvironmentId, Key, KeyId, OrganizationId, Product, ProjectId, Record, RetiredValue, Subject,
};

/// How many records are applied as one step. Readers wait for a step, so it must be short; all
/// records that one verdict can rest on come from one row with fewer than that.
const STEP: usize = 16;

/// Room for that many values, should all of a step go into one table.
const ROOM: usize = 2 * STEP;

/// So many keys are taken in together at start.
const TOGETHER: usize = 256;

/// Threads that make tables at start.
const MOST_THREADS: usize = 4;

/// Where the records of a change find what they belong to.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    organizations: IdMap<OrganizationId, Arc<OrganizationNode>>,
    projects: IdMap<ProjectId, Arc<ProjectNode>>,
    environments: IdMap<EnvironmentId, Arc<EnvironmentNode>>,
    /// The former values of the few keys that have any, each with its soundness.
    retired: IdMap<KeyId, Vec<(RetiredValue, bool)>>,
}

/// One thing to apply.
#[derive(Debug, Clone)]
pub enum Applied {
    /// A record in its current state, and whether its row can be trusted.
    Put(Record, bool),
    /// A record that is gone.
    Removed(Subject),
}

/// Why a record could not be taken into the index. Nothing is allowed on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyProblem {
    /// What it belongs to is not there.
    #[error("{0} belongs to something that is missing")]
    Orphan(Subject),
    /// A product's manifest does not check.
    #[error("the manifest of product {0} cannot be used: {1}")]
    Manifest(String, String),
}

impl Index {
    /// Applies what the journal row `seq` wrote, and says so when all of it is in force.
    ///
    /// Records may come in any order within the row.
    ///
    /// # Errors
    /// What could not be taken in; everything else was.
    pub fn apply(&self, seq: u64, mut row: Vec<Applied>) -> Result<(), Vec<ApplyProblem>> {
        row.sort_by_key(rank);
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut problems = Vec::new();
        if self.loading.load(Ordering::Relaxed) {
            problems.extend(self.loaded(0).err().into_iter().flatten());
        }
        let mut row = row.into_iter().peekable();
        while row.peek().is_some() {
            let step: Vec<_> = row.by_ref().take(STEP).collect();
            self.make_room(&step);
            self.step(|| {
                step.into_iter()
                    .for_each(|one| problems.extend(self.take(one).err()));
            });
        }
        self.set_applied(seq);
        none_or(problems)
    }

    /// Takes one record in at start, before anybody reads. May be called from several threads
    /// at once, as long as a record comes after what it belongs to, and former values of keys
    /// before the keys.
    ///
    /// # Errors
    /// What could not be taken in, of this record or of those that waited.
    pub fn load(&self, record: Record, sound: bool) -> Result<(), Vec<ApplyProblem>> {
        let Record::Key(key) = record else {
            let taken = self.take(Applied::Put(record, sound));
            return taken.map_err(|problem| vec![problem]);
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((key, sound));
        if waiting.len() < TOGETHER {
            return Ok(());
        }
        let keys = std::mem::replace(&mut *waiting, Vec::with_capacity(TOGETHER));
        drop(waiting);
        none_or(self.load_keys(keys))
    }

    /// Says that everything is loaded, and up to which journal row that reaches. Only now can it
    /// be found.
    ///
    /// # Errors
    /// What could not be taken in of what waited.
    pub fn loaded(&self, seq: u64) -> Result<(), Vec<ApplyProblem>> {
        let keys =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let problems = self.load_keys(keys);
        self.loading.store(false, Ordering::Release);
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let replaced = self.tables.finish(threads.min(MOST_THREADS));
        replaced.into_iter().for_each(|value| self.forget(value));
        self.set_applied(seq);
        none_or(problems)
    }

    /// Takes many keys in. What they belong to lies anywhere in memory, so it is looked up for all
    /// of them before any is made: then the waits for memory overlap.
    fn load_keys(&self, keys: Vec<(Box<Key>, bool)>) -> Vec<ApplyProblem> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let environment = |(key, _): &(Box<Key>, bool)| nodes.environments.get(&key.environment);
        let environments: Vec<_> = keys.iter().map(environment).collect();
        let numbers = environments.iter().flatten().map(|one| one.number());
        std::hint::black_box(numbers.fold(0, |all, number| all ^ number));
        let with = |((key, sound), environment): ((Box<Key>, bool), Option<&Arc<_>>)| {
            let orphan = || ApplyProblem::Orphan(Subject::Key(key.id));
            match environment.ok_or_else(orphan) {
                Ok(environment) => {
                    self.put_values(&nodes, &key, sound, environment);
                    None
                }
                Err(problem) => Some(problem),
            }
        };
        keys.into_iter()
            .zip(environments)
            .filter_map(with)
            .collect()
    }

    fn take(&self, one: Applied) -> Result<(), ApplyProblem> {
        match one {
            Applied::Put(Record::Product(record), sound) => self.put_product(&record, sound),
            Applied::Put(Record::Organization(record), sound) => {
                let mut nodes = self.nodes_mut();
                if let Some(node) = nodes.organizations.get(&record.id) {
                    node.update(&record, sound);
                    return Ok(());
                }
                let product = self.products().get(record.product.as_str()).map(Arc::clone);
                let product =
                    product.ok_or(ApplyProblem::Orphan(Subject::Organization(record.id)))?;
                let node = Arc::new(OrganizationNode::new(&record, sound, product));
                nodes.organizations.insert(record.id, node);
                Ok(())
            }
            Applied::Put(Record::Project(record), sound) => {
                let mut nodes = self.nodes_mut();
                if let Some(node) = nodes.projects.get(&record.id) {
                    node.update(&record, sound);
                    return Ok(());
                }
                let parent = nodes
                    .organizations
                    .get(&record.organization)
                    .map(Arc::clone);
                let parent = parent.ok_or(ApplyProblem::Orphan(Subject::Project(record.id)))?;
                let node = Arc::new(ProjectNode::new(&record, sound, parent));
                nodes.projects.insert(record.id, node);
                Ok(())
            }
            Applied::Put(Record::Environment(record), sound) => {
                let mut nodes = self.nodes_mut();
                if let Some(node) = nodes.environments.get(&record.id) {
                    node.update(&record, sound);
                    return Ok(());
                }
                let parent = nodes.projects.get(&record.project).map(Arc::clone);
                let parent = parent.ok_or(ApplyProblem::Orphan(Subject::Environment(record.id)))?;
                let node = EnvironmentNode::new(&record, sound, parent);
                nodes.environments.insert(record.id, node);
                Ok(())
            }
            Applied::Put(Record::RetiredValue(record), sound) => {
                self.nodes_mut().remember(record, sound);
                Ok(())
            }
            Applied::Put(Record::Key(record), sound) => self.put_key(&record, sound),
            // The ledger's matter, and the console's.
            Applied::Put(
                Record::Grant(_)
                | Record::Person(_)
                | Record::Member(_)
                | Record::Session(_)
                | Record::Invitation(_),
                _,
            ) => Ok(()),
            Applied::Removed(subject) => {
                self.remove(&subject);
                Ok(())
            }
        }
    }

    /// The environment of that id.
    #[must_use]
    pub fn environment(&self, id: EnvironmentId) -> Option<Arc<EnvironmentNode>> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes.environments.get(&id).map(Arc::clone)
    }

    fn nodes_mut(&self) -> RwLockWriteGuard<'_, Nodes> {
        self.nodes.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_product(&self, record: &Product, sound: bool) -> Result<(), ApplyProblem> {
        let rules = rules_of(record)
            .map_err(|why| ApplyProblem::Manifest(record.slug.to_string(), why.to_string()))?;
        let products = self.products();
        if let Some(node) = products.get(record.slug.as_str()) {
            node.replace_rules(Arc::new(rules), sound);
        } else {
            let shared = (&self.environments, &self.grants, &self.uses);
            let node = ProductNode::new(record, Arc::new(rules), sound, shared);
            self.products.store(Arc::new(products.with(Arc::new(node))));
        }
        Ok(())
    }

    fn put_key(&self, record: &Key, sound: bool) -> Result<(), ApplyProblem> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let environment = nodes
            .environments
            .get(&record.environment)
            .ok_or(ApplyProblem::Orphan(Subject::Key(record.id)))?;
        self.put_values(&nodes, record, sound, environment);
        Ok(())
    }

    /// Puts the current and the former values of a key in.
    fn put_values(&self, nodes: &Nodes, key: &Key, sound: bool, environment: &EnvironmentNode) {
        let policy = PolicySource::of(key);
        let grant = environment.product().hold_policy(policy);
        let parts = Parts {
            kind: key.kind,
            mode: key.mode,
            sound,
            has_ends: false,
            exposed: key.exposed_at.is_some(),
            grant,
            environment: environment.number(),
        };
        let former = || nodes.retired.get(&key.id).into_iter().flatten();
        let digests = former().map(|(value, _)| &value.digest);
        let number = self.number_of(digests.chain([&key.digest]));
        for (value, value_sound) in former() {
            let sound = sound && *value_sound;
            let parts = Parts { sound, ..parts };
            let ends = Ends::of(key, value.ends_at);
            self.grants.hold(grant);
            self.put_value((&value.digest, number), key, &value.start, ends, parts);
        }
        let ends = Ends::of(key, NEVER);
        self.put_value((&key.digest, number), key, &key.start, ends, parts);
    }

    /// The number of the key with these values: that which one of them has, since a key that is
    /// rotated keeps it, or a new one. When a key is rotated, its value before is one of them.
    fn number_of<'d>(&self, mut values: impl Iterator<Item = &'d KeyDigest>) -> u32 {
        let known = values.find_map(|digest| self.known(Mark::of(digest)));
        let new = || self.keys.fetch_add(1, Ordering::Relaxed);
        known.map_or_else(new, |known| known.key)
    }

    /// The value with that mark that is in the tables. At start none is until all are loaded.
    fn known(&self, mark: Mark) -> Option<Value> {
        let loading = self.loading.load(Ordering::Relaxed);
        (!loading).then(|| self.tables.read().find(mark)).flatten()
    }

    /// Puts one value of a key in, which uses the grant from then on.
    fn put_value(
        &self,
        (digest, number): (&KeyDigest, u32),
        key: &Key,
        start: &str,
        ends: Ends,
        parts: Parts,
    ) {
        let mark = Mark::of(digest);
        let known = self.known(mark);
        let card = known.map_or_else(|| self.take_card(), |known| known.card);
        let has_ends = self.cards.write(card, key, start, ends);
        let value = Value {
            brief: Brief::new(Parts { has_ends, ..parts }),
            card,
            key: number,
        };
        let keyed = (mark, value);
        if self.loading.load(Ordering::Relaxed) {
            self.tables.load(keyed);
        } else if let Some(replaced) = self.tables.put(keyed) {
            self.grants.release(replaced.brief.grant());
        }
    }

    /// A card for a value that is new.
    fn take_card(&self) -> u32 {
        let card = self.cards.take();
        self.uses.make_place(card);
        card
    }

    /// Gives back what a value used that is no longer in the index.
    fn forget(&self, value: Value) {
        self.cards.rest(value.card);
        self.grants.release(value.brief.grant());
    }

    /// Lets the tables grow that these records go into, before readers have to wait.
    fn make_room(&self, step: &[Applied]) {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let keys = step.iter().filter_map(|one| match one {
            Applied::Put(Record::Key(key), _) => Some(key),
            _ => None,
        });
        for key in keys {
            let former = nodes.retired.get(&key.id).into_iter().flatten();
            let digests = former.map(|(value, _)| &value.digest);
            digests
                .chain([&key.digest])
                .for_each(|digest| self.tables.make_room(Mark::of(digest), ROOM));
        }
    }

    fn remove(&self, subject: &Subject) {
        if let Subject::RetiredValue(key, digest) = subject {
            let digest = KeyDigest::from_bytes(*digest);
            self.nodes_mut().forget(*key, &digest);
            let removed = self.tables.remove(Mark::of(&digest));
            removed.into_iter().for_each(|value| self.forget(value));
        }
    }
}

fn none_or(problems: Vec<ApplyProblem>) -> Result<(), Vec<ApplyProblem>> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn rules_of(record: &Product) -> Result<Rules, Problems> {
    if record.slug.is_operator() {
        return Rules::operator();
    }
    Rules::check(&Manifest::from_toml(&record.manifest)?)
}

impl Nodes {
    /// The former values of a key.
    pub(super) fn former(&self, key: KeyId) -> impl Iterator<Item = &RetiredValue> {
        let values = self.retired.get(&key).into_iter().flatten();
        values.map(|(value, _)| value)
    }

    fn remember(&mut self, value: RetiredValue, sound: bool) {
        let values = self.retired.entry(value.key).or_default();
        values.retain(|(known, _)| known.digest != value.digest);
        values.push((value, sound));
    }

    fn forget(&mut self, key: KeyId, digest: &KeyDigest) {
        if let Some(values) = self.retired.get_mut(&key) {
            values.retain(|(known, _)| known.digest != *digest);
            if values.is_empty() {
                self.retired.remove(&key);
            }
        }
    }
}

/// Records come after what they belong to, and keys after their former values, from which their
/// entries are made.
fn rank(one: &Applied) -> u8 {
    match one {
        Applied::Removed(_) => 0,
        Applied::Put(Record::Product(_), _) => 1,
        Applied::Put(Record::Organization(_), _) => 2,
        Applied::Put(Record::Project(_), _) => 3,
        Applied::Put(Record::Environment(_), _) => 4,
        Applied::Put(Record::RetiredValue(_), _) => 5,
        Applied::Put(Record::Key(_), _) => 6,
        Applied::Put(
            Record::Grant(_)
            | Record::Person(_)
            | Record::Member(_)
            | Record::Session(_)
            | Record::Invitation(_),
            _,
        ) => 7,
    }
}
