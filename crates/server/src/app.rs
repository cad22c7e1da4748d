//! What every request can reach, and who is asking.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use keystile_core::engine::{Engine, NewDigest};
use keystile_core::key::{KeyDigest, Keyring, MasterKey, Random, WrappedKey};
use keystile_core::manifest::ScopeSet;
use keystile_core::model::{Actor, Binding, KeyId, OrganizationId, PersonId, Slug, Timestamp};
use keystile_core::snapshot::Identity;
use keystile_store::Store;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::background::Uses;
use crate::config::Settings;
use crate::manage::people::People;
use crate::manage::portal::OpenedLinks;
use crate::metrics::Metrics;
use crate::request_id::RequestIds;

/// Everything that lives as long as the server.
pub struct App {
    /// Decides.
    pub(crate) engine: Engine,
    /// The durable truth.
    pub(crate) store: Arc<dyn Store>,
    /// The operating system's randomness.
    pub(crate) random: Arc<dyn Random>,
    /// What may wrap the key material, first that which does; never in the database.
    pub(crate) masters: Mutex<Vec<MasterKey>>,
    /// Held by whoever replaces key material, which is written anew as a whole.
    pub(crate) changing_keyring: tokio::sync::Mutex<()>,
    /// Where keys go that were used under an older pepper.
    pub(crate) rehashes: mpsc::Sender<Rehash>,
    /// Where secret keys go that came from a web page.
    pub(crate) exposures: mpsc::Sender<Exposed>,
    /// What keys were used for and is not written down yet.
    pub(crate) uses: Uses,
    /// What is known of the people of the console besides their records.
    pub(crate) people: Arc<People>,
    /// Links to the portal that were opened.
    pub(crate) opened_links: OpenedLinks,
    /// Checked settings.
    pub(crate) settings: Settings,
    /// Where it listens, once it does: the settings may leave the port to the system.
    pub(crate) listening: OnceLock<SocketAddr>,
    /// The embed's files, made when the first is asked for.
    pub(crate) embed: OnceLock<crate::embed::Shelf>,
    /// When this began; only how long ago that is means anything.
    pub(crate) begun: Instant,
    /// Counters.
    pub(crate) metrics: Metrics,
    /// Names requests.
    pub(crate) request_ids: RequestIds,
    /// The last journal row that the index has applied.
    pub(crate) applied: watch::Sender<u64>,
    /// Whether the index is loaded and follows the journal.
    pub(crate) ready: AtomicBool,
}

impl App {
    /// The time by the store, which never runs backwards.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// Milliseconds since this began, by a clock that never steps.
    pub(crate) fn tick(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The master key that the stored key material is wrapped by.
    pub(crate) fn master_key(&self) -> MasterKey {
        let masters = self.masters.lock().unwrap_or_else(PoisonError::into_inner);
        // There is one from the beginning, and none is ever taken away.
        masters[0].clone()
    }

    /// Says that the key material may be wrapped by this one soon.
    pub(crate) fn know_master_key(&self, new: MasterKey) {
        let mut masters = self.masters.lock().unwrap_or_else(PoisonError::into_inner);
        masters.push(new);
    }

    /// What the stored key material is when it is opened; the master key that opens it is the
    /// current one from now on.
    pub(crate) fn open_keyring(&self, stored: &[WrappedKey]) -> Option<Keyring> {
        let mut masters = self.masters.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |master: &MasterKey| Keyring::open(master, stored).ok();
        let (at, keyring) = masters
            .iter()
            .enumerate()
            .find_map(|(at, master)| Some((at, open(master)?)))?;
        masters.swap(0, at);
        Some(keyring)
    }

    /// Says that the process ends with this app, so that it can end at once.
    pub fn end_with_process(&self) {
        self.engine.abandon_index();
    }

    /// Whether traffic may come.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

/// A key that was used under an older pepper, with its digest under the current one.
#[derive(Debug, Clone, Copy)]
pub struct Rehash {
    /// The key.
    pub(crate) key: KeyId,
    /// The digest it was found by.
    pub(crate) old: KeyDigest,
    /// The digest it shall be found by.
    pub(crate) new: KeyDigest,
    /// The pepper of the new digest.
    pub(crate) pepper: u32,
}

/// The current value of a secret key, which came from a web page.
#[derive(Debug, Clone, Copy)]
pub struct Exposed {
    /// The key.
    pub(crate) key: KeyId,
    /// The digest it was found by: should the key get another value, that one is not exposed.
    digest: KeyDigest,
    /// The digest of the same value under a newer pepper, which it may have got meanwhile.
    newer: Option<KeyDigest>,
}

impl Exposed {
    pub(crate) fn new(key: &Identity<'_>, newer: Option<NewDigest>) -> Self {
        Self {
            key: key.id(),
            digest: *key.digest(),
            newer: newer.map(|newer| newer.digest),
        }
    }

    /// Whether that digest is one of this value.
    pub(crate) fn is(&self, digest: &KeyDigest) -> bool {
        self.digest == *digest || self.newer.is_some_and(|newer| newer == *digest)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

/// Proof that a caller was checked for what it wants to do. Use-cases demand one, so forgetting
/// the check does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    actor: Actor,
    /// The scopes of its operator key; `None` may do everything.
    scopes: Option<ScopeSet>,
    product: Option<Slug>,
    environment: Option<String>,
    organization: Option<OrganizationId>,
}

impl Caller {
    /// Somebody with a shell on the machine, through the control socket or with the server
    /// stopped: may do everything.
    #[must_use]
    pub fn local() -> Self {
        Self {
            actor: Actor::Local,
            scopes: None,
            product: None,
            environment: None,
            organization: None,
        }
    }

    /// Keystile itself.
    pub(crate) fn system() -> Self {
        Self {
            actor: Actor::System,
            scopes: None,
            product: None,
            environment: None,
            organization: None,
        }
    }

    /// Somebody who has not proved to be anybody, such as at the sign-in page: reaches nothing.
    pub(crate) fn stranger() -> Self {
        Self {
            scopes: Some(ScopeSet::EMPTY),
            // There is none of this id.
            organization: Some(OrganizationId::from_u128(0)),
            ..Self::system()
        }
    }

    /// A guest of the portal, confined to an organization and to what the operator key is bound to
    /// that let them in. What else they may do is asked before.
    pub(crate) fn portal(
        operator_key: Option<KeyId>,
        visitor: Option<String>,
        organization: OrganizationId,
        bound: Option<&Binding>,
    ) -> Self {
        Self {
            actor: Actor::Portal {
                operator_key,
                visitor,
            },
            scopes: Some(ScopeSet::EMPTY),
            product: bound.map(|bound| bound.product.clone()),
            environment: bound.and_then(|bound| bound.environment.clone()),
            organization: Some(organization),
        }
    }

    /// A person at the console, confined to an organization or not; `everything` is for owners of
    /// the installation. What else their role allows them is asked before.
    pub(crate) fn person(
        id: PersonId,
        organization: Option<OrganizationId>,
        everything: bool,
    ) -> Self {
        Self {
            actor: Actor::Person { id },
            scopes: (!everything).then_some(ScopeSet::EMPTY),
            product: None,
            environment: None,
            organization,
        }
    }

    /// The holder of a secret key, by that key, for that key alone.
    pub(crate) fn holder(id: KeyId, product: Slug) -> Self {
        Self {
            actor: Actor::KeyHolder { id },
            scopes: Some(ScopeSet::EMPTY),
            product: Some(product),
            environment: None,
            organization: None,
        }
    }

    /// The holder of an operator key that was verified with the scope it needs.
    pub(crate) fn operator(id: KeyId, scopes: ScopeSet, bound: Option<&Binding>) -> Self {
        Self {
            actor: Actor::OperatorKey { id },
            scopes: Some(scopes),
            product: bound.map(|bound| bound.product.clone()),
            environment: bound.and_then(|bound| bound.environment.clone()),
            organization: None,
        }
    }

    /// Who it is.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The one product it may act for, if it is confined to one.
    #[must_use]
    pub fn product(&self) -> Option<&Slug> {
        self.product.as_ref()
    }

    /// The one environment name it may act in, if it is confined to one.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The one organization it may act for, if it is confined to one.
    #[must_use]
    pub fn organization(&self) -> Option<OrganizationId> {
        self.organization
    }

    /// Whether things of that organization may be known to it at all, as far as that depends on
    /// the organization alone.
    #[must_use]
    pub fn reaches_organization(&self, organization: OrganizationId) -> bool {
        self.organization.is_none_or(|own| own == organization)
    }

    /// Whether things of that product may be known to it at all, as far as that depends on the
    /// product alone. Nothing of Keystile's own is for members of an organization.
    #[must_use]
    pub fn reaches(&self, product: &Slug) -> bool {
        let ours_alone = product.is_operator() && self.organization.is_some();
        !ours_alone && self.product.as_ref().is_none_or(|own| own == product)
    }

    /// Whether things of that product and environment may be known to it at all.
    #[must_use]
    pub fn reaches_environment(&self, product: &Slug, environment: &str) -> bool {
        self.reaches(product)
            && self
                .environment
                .as_ref()
                .is_none_or(|own| own == environment)
    }

    /// Whether it holds all of these scopes itself: nobody grants what they lack.
    #[must_use]
    pub fn holds(&self, scopes: &ScopeSet) -> bool {
        self.scopes.is_none_or(|own| own.is_superset(scopes))
    }

    /// A name for scoping idempotency keys: nobody's keys meet another's.
    #[must_use]
    pub fn scope(&self) -> String {
        match &self.actor {
            Actor::OperatorKey { id } | Actor::KeyHolder { id } => id.to_string(),
            Actor::Person { id } => id.to_string(),
            Actor::Portal { visitor, .. } => {
                format!("portal:{}", visitor.as_deref().unwrap_or_default())
            }
            Actor::Local => "local".to_owned(),
            Actor::System => "system".to_owned(),
        }
    }
}
