//! Records and changes to try a store with.

use std::task::Poll;

use keystile_core::key::{KeyDigest, WrappedKey};
use keystile_core::model::{
    Action, Actor, Environment, EnvironmentId, Invitation, InvitationId, Key, KeyId, Kind, Member,
    MemberId, Mode, Organization, OrganizationId, Person, PersonId, Personal, Product, Project,
    ProjectId, Record, RequestId, RetiredValue, Role, Session, SessionId, Subject, Timestamp,
};

use crate::{Change, Committed, Store, Write};

/// The time at which samples are made.
pub const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A change that does `action` to these records at `at`.
#[must_use]
pub fn change_at(at: Timestamp, action: Action, writes: Vec<Write>) -> Change {
    Change {
        at,
        action,
        actor: Actor::Local,
        product: None,
        organization: None,
        details: serde_json::json!({}),
        request_id: None,
        personal: None,
        guards: Vec::new(),
        writes,
        idempotency: None,
        keyring: None::<Vec<WrappedKey>>,
    }
}

/// A change that does `action` to these records.
#[must_use]
pub fn change(action: Action, writes: Vec<Write>) -> Change {
    change_at(START, action, writes)
}

/// A change with every optional field.
#[must_use]
pub fn full_change(action: Action, writes: Vec<Write>) -> Change {
    Change {
        actor: Actor::OperatorKey {
            id: KeyId::from_u128(7),
        },
        product: Some(product("demo").slug),
        organization: Some(OrganizationId::from_u128(1)),
        details: serde_json::json!({ "name": "after", "tags": [1, 2] }),
        request_id: Some(RequestId::from_u128(9)),
        personal: Some(Personal {
            ip: Some("192.0.2.7".into()),
            user_agent: Some("sample/1".into()),
        }),
        ..change(action, writes)
    }
}

/// A product of that slug.
///
/// # Panics
/// When it is no slug.
#[must_use]
pub fn product(slug: &str) -> Product {
    Product {
        slug: slug.parse().expect("a slug"),
        manifest: "[product]\n".into(),
        created_at: START,
        updated_at: START,
        seq: 0,
    }
}

/// An organization of the product `demo`.
#[must_use]
pub fn organization(number: u128) -> Organization {
    Organization {
        id: OrganizationId::from_u128(number),
        product: product("demo").slug,
        external_id: Some(format!("customer-{number}")),
        name: format!("Organization {number}"),
        plan: None,
        metadata: Some(r#"{"a":1}"#.into()),
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 0,
    }
}

/// A project of an organization.
#[must_use]
pub fn project(number: u128, owner: &Organization) -> Project {
    Project {
        id: ProjectId::from_u128(number),
        organization: owner.id,
        product: owner.product.clone(),
        name: format!("Project {number}"),
        metadata: None,
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 0,
    }
}

/// An environment of a project.
#[must_use]
pub fn environment(number: u128, name: &str, owner: &Project) -> Environment {
    Environment {
        id: EnvironmentId::from_u128(number),
        project: owner.id,
        organization: owner.organization,
        product: owner.product.clone(),
        name: name.into(),
        mode: Mode::of_environment(name),
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 0,
    }
}

/// A digest that stands for a value.
#[must_use]
pub fn digest(number: u128) -> KeyDigest {
    let mut bytes = [0x5a; 32];
    bytes
        .iter_mut()
        .zip(number.to_be_bytes())
        .for_each(|(slot, byte)| *slot ^= byte);
    KeyDigest::from_bytes(bytes)
}

/// A secret key of an environment.
#[must_use]
pub fn key(number: u128, owner: EnvironmentId) -> Key {
    Key {
        id: KeyId::from_u128(number),
        environment: owner,
        kind: Kind::Secret,
        mode: Mode::Live,
        name: format!("Key {number}"),
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
        created_at: START,
        created_by: "operator key_00000000000000000000000007".into(),
        rotated_at: None,
        exposed_at: None,
        digest: digest(number),
        pepper: 1,
        foreign: None,
        start: "sk_live_oZXP".into(),
        value: None,
        sealed: None,
        narrowed_seq: None,
        seq: 0,
    }
}

/// A former value of a key.
#[must_use]
pub fn retired(number: u128, key: KeyId) -> RetiredValue {
    RetiredValue {
        digest: digest(number),
        pepper: 1,
        foreign: None,
        key,
        start: "sk_live_aBcD".into(),
        ends_at: START.plus_millis(3_600_000),
        seq: 0,
    }
}

/// A person without a password.
#[must_use]
pub fn person(number: u128) -> Person {
    Person {
        id: PersonId::from_u128(number),
        email: format!("person-{number}@example.com"),
        name: format!("Person {number}"),
        password: None,
        password_at: None,
        totp: None,
        totp_step: None,
        recovery: None,
        reset: None,
        created_at: START,
        removed_at: None,
        seq: 0,
    }
}

/// That a person owns a place.
#[must_use]
pub fn member(number: u128, person: u128, organization: Option<OrganizationId>) -> Member {
    Member {
        id: MemberId::from_u128(number),
        person: PersonId::from_u128(person),
        organization,
        role: Role::Owner,
        created_at: START,
        created_by: "system".into(),
        removed_at: None,
        seq: 0,
    }
}

/// A session of a person.
#[must_use]
pub fn session(number: u128, person: u128) -> Session {
    Session {
        id: SessionId::from_u128(number),
        person: PersonId::from_u128(person),
        digest: *digest(number).as_bytes(),
        begun_at: START,
        confirmed_at: START,
        ends_at: START.plus_millis(86_400_000),
        seq: 0,
    }
}

/// An invitation into a place.
#[must_use]
pub fn invitation(number: u128, organization: Option<OrganizationId>) -> Invitation {
    Invitation {
        id: InvitationId::from_u128(number),
        digest: *digest(number).as_bytes(),
        email: None,
        organization,
        role: Role::Developer,
        created_at: START,
        created_by: "local".into(),
        ends_at: START.plus_millis(86_400_000),
        seq: 0,
    }
}

/// One owner of each kind, with an environment for keys.
#[derive(Debug, Clone)]
pub struct Owners {
    /// The product `demo`.
    pub product: Product,
    /// Its one organization.
    pub organization: Organization,
    /// Its project.
    pub project: Project,
    /// Its `production` environment.
    pub environment: Environment,
}

impl Owners {
    /// Owners with the numbers from `first` on, all of the product `demo`.
    #[must_use]
    pub fn numbered(first: u128) -> Self {
        let organization = organization(first);
        let project = project(first + 1, &organization);
        let environment = environment(first + 2, "production", &project);
        Self {
            product: product("demo"),
            organization,
            project,
            environment,
        }
    }

    /// All but the product, as new records.
    #[must_use]
    pub fn inserts(&self) -> Vec<Write> {
        vec![
            Write::Insert(Record::Organization(self.organization.clone())),
            Write::Insert(Record::Project(self.project.clone())),
            Write::Insert(Record::Environment(self.environment.clone())),
        ]
    }

    /// A secret key of the environment.
    #[must_use]
    pub fn key(&self, number: u128) -> Key {
        key(number, self.environment.id)
    }
}

/// A key as a new record.
#[must_use]
pub fn insert(key: Key) -> Write {
    Write::Insert(Record::Key(Box::new(key)))
}

/// A key in place of its version of `replaces`.
#[must_use]
pub fn update(key: Key, replaces: u64) -> Write {
    Write::Update {
        record: Record::Key(Box::new(key)),
        replaces,
    }
}

/// A former value, gone.
#[must_use]
pub fn remove(value: &RetiredValue, replaces: u64) -> Write {
    Write::Remove {
        subject: Subject::RetiredValue(value.key, *value.digest.as_bytes()),
        replaces,
    }
}

/// Makes a change that must succeed.
///
/// # Panics
/// When it does not.
pub async fn commit(store: &dyn Store, change: Change) -> Committed {
    store.commit(change).await.expect("the change is made")
}

/// Writes the product `demo` and its first owners into an empty store: journal row 1.
pub async fn set_up(store: &dyn Store) -> Owners {
    let owners = Owners::numbered(1);
    let mut writes = vec![Write::Insert(Record::Product(owners.product.clone()))];
    writes.extend(owners.inserts());
    commit(store, full_change(Action::OrganizationCreated, writes)).await;
    owners
}

/// The value as it is after the journal row `seq` wrote it.
#[must_use]
pub fn seq(mut value: RetiredValue, seq: u64) -> RetiredValue {
    value.seq = seq;
    value
}

/// Waits for all of them, running at once.
pub async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<_> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, future) in done.iter_mut().zip(&mut waiting) {
            if slot.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
