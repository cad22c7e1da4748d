//! What lists can be asked for.

use keystile_core::model::{
    Action, Actor, EnvironmentId, KeyId, KeyState, Kind, OrganizationId, ProjectId, Slug, Timestamp,
};

/// A part of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<C> {
    /// Continue with what is older than this; `None` begins with the newest.
    pub before: Option<C>,
    /// At most so many.
    pub limit: u32,
}

/// Which organizations; deleted ones are never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationFilter {
    /// Of this product.
    pub product: Option<Slug>,
    /// With exactly this external id.
    pub external_id: Option<String>,
    /// Whose name contains this, in any case.
    pub name: Option<String>,
}

/// Which projects; deleted ones are never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    /// Of this product.
    pub product: Option<Slug>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
}

/// Which environments; deleted ones are never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentFilter {
    /// Of this product.
    pub product: Option<Slug>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Of exactly this name.
    pub name: Option<String>,
}

/// Which keys; deleted ones, and those below anything deleted, are never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Of this product.
    pub product: Option<Slug>,
    /// In environments of this name.
    pub environment_name: Option<String>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of the organization with this external id.
    pub external_id: Option<String>,
    /// Of this project.
    pub project: Option<ProjectId>,
    /// In this environment.
    pub environment: Option<EnvironmentId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Only such as are not revoked (`true`), or only revoked ones.
    pub living: Option<bool>,
    /// In this state at the time of asking.
    pub state: Option<KeyState>,
    /// Only such as came from a web page though they are secret.
    pub exposed: bool,
    /// Only such as have an old value that still works, at the time of asking.
    pub retiring: bool,
    /// Whose name contains this, in any case.
    pub name: Option<String>,
    /// Only such as are idle by one of these.
    pub idle: Option<Vec<IdleRule>>,
}

/// Keys of a product and kind are idle when they work and were last used, or else created, before
/// a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleRule {
    /// The product.
    pub product: Slug,
    /// The kind.
    pub kind: Kind,
    /// The time.
    pub before: Timestamp,
}

/// Which rows of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// About this product.
    pub product: Option<Slug>,
    /// About this organization.
    pub organization: Option<OrganizationId>,
    /// That wrote this key.
    pub key: Option<KeyId>,
    /// That did this.
    pub action: Option<Action>,
    /// Done by them.
    pub actor: Option<Actor>,
    /// Not earlier than this.
    pub since: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

/// What is remembered under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIdempotency {
    /// The hash of the request that was made with it.
    pub fingerprint: [u8; 32],
    /// What the answer is made from again.
    pub outcome: String,
    /// The journal row of the change.
    pub seq: u64,
}
