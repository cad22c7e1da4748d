//! Whose key it is: what answers tell of a key that was found.

use super::cards::{CardRead, Ends, NEVER};
use super::environments::EnvironmentRead;
use super::grants::ListsGuard;
use super::index::{Found, Index};
use super::terms::Terms;
use crate::key::KeyDigest;
use crate::model::{
    Binding, EnvironmentId, KeyId, Kind, Mode, OrganizationId, ProjectId, RateLimit, SpendCaps,
    Timestamp,
};

/// A key with all that it belongs to, as it was when the call was decided.
#[derive(Debug)]
pub struct Identity<'i> {
    found: Found,
    card: CardRead,
    environment: EnvironmentRead,
    environment_name: &'i str,
    lists: Option<ListsGuard>,
}

impl<'i> Identity<'i> {
    /// The identity of a key with these terms, as it is now; `None` when the index was changed since
    /// it was found, and whoever asks will ask again.
    #[must_use]
    pub fn of(index: &'i Index, found: &Found, terms: &Terms<'i>) -> Option<Self> {
        let brief = found.value.brief;
        // These lie anywhere in memory: read one after the other without a decision in between,
        // they are waited for together.
        let card = index.cards.read(found.value.card);
        let environment = index.environments.read(brief.environment());
        let is_bound = terms.is_bound();
        let lists = is_bound.then(|| index.grants.lists(brief.grant()));
        Some(Self {
            found: *found,
            card: card?,
            environment: environment?,
            environment_name: terms.environment_name(),
            lists: lists.flatten(),
        })
    }
}

impl Identity<'_> {
    /// The key's identifier.
    #[inline]
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId::from_bytes(self.card.id)
    }

    /// The value that was found.
    #[inline]
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The digest it was found by.
    #[inline]
    #[must_use]
    pub fn digest(&self) -> &KeyDigest {
        self.found.digest()
    }

    /// Whether there is a time at which this value stops working.
    #[inline]
    #[must_use]
    pub fn hangs_on_time(&self) -> bool {
        self.found.value.brief.has_ends()
    }

    /// Whether the value itself has an end: the key was rotated and this one's grace runs, or the
    /// key was revoked.
    #[inline]
    #[must_use]
    pub fn is_retiring(&self) -> bool {
        self.hangs_on_time() && self.card.ends().ends_at != NEVER
    }

    /// Whether it is known that its value came from a web page.
    #[inline]
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.found.value.brief.exposed()
    }

    /// Who may hold it.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.found.value.brief.kind()
    }

    /// Live or test.
    #[inline]
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.found.value.brief.mode()
    }

    /// What people call it, in UTF-8: to see that it is text takes longer than to copy it.
    #[inline]
    #[must_use]
    pub fn name_bytes(&self) -> &[u8] {
        self.card.name()
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        std::str::from_utf8(self.name_bytes()).unwrap_or_default()
    }

    /// Whether the name has nothing that JSON would write in another way.
    #[inline]
    #[must_use]
    pub fn is_name_plain(&self) -> bool {
        self.card.is_name_plain()
    }

    /// The part of the value that may be shown, prefix and four characters, in ASCII.
    #[inline]
    #[must_use]
    pub fn start_bytes(&self) -> &[u8] {
        self.card.start()
    }

    /// The part of the value that may be shown: prefix and four characters.
    #[must_use]
    pub fn start(&self) -> &str {
        std::str::from_utf8(self.start_bytes()).unwrap_or_default()
    }

    /// The operator's JSON object, in UTF-8.
    #[inline]
    #[must_use]
    pub fn metadata_bytes(&self) -> Option<&[u8]> {
        Some(self.card.metadata()).filter(|text| !text.is_empty())
    }

    /// When it expires.
    #[inline]
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let Ends { expires_at, .. } = self.card.ends();
        Some(expires_at).filter(|end| *end != NEVER)
    }

    /// How often it may be used, where it has a limit of its own.
    #[inline]
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.card.rate_limit()
    }

    /// How many credits it may spend; `None` is as many as there are.
    #[must_use]
    pub fn spend_caps(&self) -> Option<SpendCaps> {
        self.card.spend_caps()
    }

    /// For operator keys: what they are confined to.
    #[must_use]
    pub fn binding(&self) -> Option<&Binding> {
        self.lists.as_ref()?.as_ref()?.binding.as_ref()
    }

    /// The environment that owns it.
    #[inline]
    #[must_use]
    pub fn environment_id(&self) -> EnvironmentId {
        EnvironmentId::from_bytes(self.environment.ids.environment)
    }

    /// The name of that environment.
    #[inline]
    #[must_use]
    pub fn environment_name(&self) -> &str {
        self.environment_name
    }

    /// The project of that environment.
    #[inline]
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        ProjectId::from_bytes(self.environment.ids.project)
    }

    /// The organization of that project.
    #[inline]
    #[must_use]
    pub fn organization_id(&self) -> OrganizationId {
        OrganizationId::from_bytes(self.environment.ids.organization)
    }

    /// Whether that organization's external id and plan have nothing that JSON would write in
    /// another way.
    #[inline]
    #[must_use]
    pub fn are_organization_texts_plain(&self) -> bool {
        self.environment.are_texts_plain()
    }

    /// The operator's own name for that organization, in UTF-8.
    #[inline]
    #[must_use]
    pub fn external_id_bytes(&self) -> Option<&[u8]> {
        self.environment.external_id()
    }

    /// The organization's plan, in UTF-8; `None` is the product's first.
    #[inline]
    #[must_use]
    pub fn plan_bytes(&self) -> Option<&[u8]> {
        self.environment.plan()
    }
}
