//! The one shape of every write: records, what must still hold, and the journal row, in one
//! transaction.
//!
//! What a change means (which records a rotation touches, say) is worked out above the store from
//! the records it read. The store makes sure that these are still the current ones when it writes:
//! each write names the version it replaces, and guards name what else the decision rested on.
//! That keeps SQL free of rules, and two databases alike.

use keystile_core::key::WrappedKey;
use keystile_core::model::{
    Action, Actor, EnvironmentId, Kind, OrganizationId, PersonId, Personal, Record, RequestId,
    Slug, Subject, Timestamp,
};

/// The most writes one change may carry; more are split by the caller.
pub const MAX_WRITES: usize = 10_000;

/// One atomic change: one transaction, one journal row.
#[derive(Debug, Clone)]
pub struct Change {
    /// When, by [`crate::Reads::now`]. The journal never runs backwards: an earlier time than its
    /// last row's is raised to that.
    pub at: Timestamp,
    /// What is done.
    pub action: Action,
    /// Who does it.
    pub actor: Actor,
    /// The product it concerns.
    pub product: Option<Slug>,
    /// The organization it concerns.
    pub organization: Option<OrganizationId>,
    /// What changes, as a JSON object without secrets, for people.
    pub details: serde_json::Value,
    /// The request that asked for it.
    pub request_id: Option<RequestId>,
    /// From where; erasable.
    pub personal: Option<Personal>,
    /// What must hold when it is written.
    pub guards: Vec<Guard>,
    /// The records it writes, each stamped with the new journal row's number. May be empty.
    pub writes: Vec<Write>,
    /// Remembers the change, so that a repeat of the request finds it.
    pub idempotency: Option<Idempotency>,
    /// Replaces all stored key material (master key or pepper rotation).
    pub keyring: Option<Vec<WrappedKey>>,
}

/// One record to write.
#[derive(Debug, Clone)]
pub enum Write {
    /// A record that must not exist yet.
    Insert(Record),
    /// A record that must exist at the version `replaces`.
    Update {
        /// The record as it shall be.
        record: Record,
        /// The journal row that wrote the version it was made from.
        replaces: u64,
    },
    /// A record that must exist at the version `replaces` and shall be gone. Only former values
    /// of keys, sessions and invitations are ever removed
    /// ([`Subject::is_removed_at_its_end`]); everything else is marked as deleted.
    Remove {
        /// Which record.
        subject: Subject,
        /// The journal row that wrote the version that is removed.
        replaces: u64,
    },
}

/// Something that must hold when a change is written, or nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The record is still at the version the decision rested on.
    Unchanged(Subject, u64),
    /// After the change, at most so many keys of the kind in the environment are neither revoked,
    /// deleted nor expired.
    KeysInEnvironment {
        /// The environment.
        environment: EnvironmentId,
        /// The kind.
        kind: Kind,
        /// How many at most.
        at_most: u32,
    },
    /// After the change, at most so many keys of the organization are neither revoked, deleted
    /// nor expired; keys below deleted projects and environments do not count.
    KeysInOrganization {
        /// The organization.
        organization: OrganizationId,
        /// How many at most.
        at_most: u32,
    },
    /// After the change, the person has at most so many sessions; otherwise others have signed in
    /// meanwhile, and the change is to be worked out again.
    SessionsOfPerson {
        /// The person.
        person: PersonId,
        /// How many at most.
        at_most: u32,
    },
    /// After the change, somebody is still an owner of the installation.
    SomebodyOwnsInstallation,
    /// Before the change, nobody is an owner of the installation.
    NobodyOwnsInstallation,
}

/// What is remembered of a request that created something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is: the same text from another caller is another key.
    pub scope: String,
    /// The `Idempotency-Key`, 1 to 255 characters.
    pub key: String,
    /// A hash of the request, to notice the same key with another body.
    pub fingerprint: [u8; 32],
    /// What the answer is made from again: ids, never secrets.
    pub outcome: String,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// A change that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Its journal row.
    pub seq: u64,
    /// Its time in the journal.
    pub at: Timestamp,
}
