//! A whole installation in memory, of any size: one product, its customers and their keys.
//!
//! Every key follows from its number, so texts need not be kept to be known. Shared by the tests
//! of the engine and its bench.

#![allow(
    dead_code,
    reason = "each target that includes this room uses a part of it"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keystile_core::engine::Engine;
use keystile_core::key::{
    KeyMaterial, Keyring, ParsedKey, Pepper, PlainKey, Purpose, Random, RandomError, SecretBytes,
    mint,
};
use keystile_core::model::{
    Environment, EnvironmentId, Key, KeyId, Kind, Mode, Organization, OrganizationId, Product,
    Project, ProjectId, Record, TextList, Timestamp,
};
use keystile_core::request::{Asked, Credential, Origin, Place, RequestFacts};
use keystile_core::snapshot::{Index, ProductNode};

/// The product's manifest: two scopes that every key has, and ten that make its lists differ.
pub(crate) const MANIFEST: &str = include_str!("manifest.toml");

/// When everything was made.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// When everything is asked.
pub(crate) const NOW: Timestamp = START.plus_millis(60_000);

/// How many different lists of scopes the keys have.
const POLICIES: u64 = 1_000;

const PEPPER: SecretBytesOf = SecretBytesOf(0x5e);

/// How large an installation is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How many keys.
    pub(crate) keys: u64,
    /// How many organizations, each with one project and one environment.
    pub(crate) organizations: u64,
}

struct SecretBytesOf(u8);

impl SecretBytesOf {
    fn bytes(&self) -> SecretBytes {
        SecretBytes::new([self.0; 32])
    }
}

/// Numbers that look random and follow from a seed (SplitMix64).
#[derive(Debug)]
pub(crate) struct Seeded(AtomicU64);

impl Seeded {
    /// The numbers of this seed.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next one.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        mixed(state.wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    /// The next one, below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(end)) >> 64).unwrap_or(0)
    }
}

fn mixed(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

/// An engine over an installation of this size.
#[must_use]
pub(crate) fn engine(size: Size) -> Engine {
    engine_of(size, MANIFEST, |key| key)
}

/// An engine over an installation of this size with everything on: every key has lists and is
/// under limits that it does not reach.
#[must_use]
pub(crate) fn engine_with_everything(size: Size) -> Engine {
    let limit = "[keys.secret]\nrate_limit = { limit = 1000000, period = \"1h\" }";
    let manifest = MANIFEST.replacen("[keys.secret]", limit, 1);
    let ranges: TextList = vec!["192.0.2.0/24".to_owned(), "2001:db8::/32".to_owned()].into();
    engine_of(size, &manifest, |key| Key {
        allowed_ips: Some(ranges.clone()),
        ..key
    })
}

fn engine_of(size: Size, manifest: &str, change: impl Fn(Key) -> Key) -> Engine {
    let index = Index::new();
    let load = |record| index.load(record, true).expect("a record that fits");
    load(Record::Product(product(manifest)));
    for number in 0..size.organizations {
        let (organization, project, environment) = owners(number);
        load(Record::Organization(organization));
        load(Record::Project(project));
        load(Record::Environment(environment));
    }
    for number in 0..size.keys {
        let key = key(number, number % size.organizations);
        load(Record::Key(Box::new(change(key))));
    }
    index.loaded(1).expect("all records fit");
    // From now on, hours are told apart.
    index.collect_uses(NOW);
    Engine::new(Arc::new(index), keyring())
}

/// The key material that all digests are made with.
#[must_use]
pub(crate) fn keyring() -> Keyring {
    let material = |(purpose, secret)| KeyMaterial {
        purpose,
        version: 1,
        secret,
    };
    let secrets = [
        PEPPER.bytes(),
        SecretBytes::new([1; 32]),
        SecretBytes::new([2; 32]),
        SecretBytes::new([3; 32]),
    ];
    Keyring::from_material(
        Purpose::ALL
            .into_iter()
            .zip(secrets)
            .map(material)
            .collect(),
    )
    .expect("every purpose has a key")
}

/// The product with this manifest.
#[must_use]
pub(crate) fn product(manifest: &str) -> Product {
    Product {
        slug: "sample".parse().expect("a slug"),
        manifest: manifest.into(),
        created_at: START,
        updated_at: START,
        seq: 1,
    }
}

/// The product's node in an index.
#[must_use]
pub(crate) fn node(index: &Index) -> Arc<ProductNode> {
    Arc::clone(
        index
            .products()
            .get("sample")
            .expect("the product is there"),
    )
}

/// What a key of that number belongs to.
#[must_use]
pub(crate) fn owners(number: u64) -> (Organization, Project, Environment) {
    let product = product(MANIFEST).slug;
    let raw = u128::from(number) + 1;
    let (organization, project) = (OrganizationId::from_u128(raw), ProjectId::from_u128(raw));
    let owner = Organization {
        id: organization,
        product: product.clone(),
        external_id: Some(format!("customer-{number}")),
        name: format!("Organization {number}"),
        plan: None,
        metadata: None,
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 1,
    };
    let environment = Environment {
        id: EnvironmentId::from_u128(raw),
        project,
        organization,
        product: product.clone(),
        name: "production".into(),
        mode: Mode::Live,
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 1,
    };
    let project = Project {
        id: project,
        organization,
        product,
        name: "Main".into(),
        metadata: None,
        enabled: true,
        created_at: START,
        deleted_at: None,
        narrowed_seq: None,
        seq: 1,
    };
    (owner, project, environment)
}

/// A secret key of the environment of that number.
#[must_use]
pub(crate) fn key(number: u64, owner: u64) -> Key {
    let text = text(number, 0);
    Key {
        id: KeyId::from_u128(u128::from(number) + 1),
        environment: EnvironmentId::from_u128(u128::from(owner) + 1),
        kind: Kind::Secret,
        mode: Mode::Live,
        name: format!("key number {number:09}"),
        note: None,
        scopes: Some(scopes(number % POLICIES)),
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
        created_by: "local".into(),
        rotated_at: None,
        exposed_at: None,
        digest: pepper().digest(text.reveal()),
        pepper: 1,
        foreign: None,
        start: start(&text),
        value: None,
        sealed: None,
        narrowed_seq: None,
        seq: 1,
    }
}

/// The text of a key: of its first value (generation 0), or of one that it was rotated to.
#[must_use]
pub(crate) fn text(number: u64, generation: u64) -> PlainKey {
    let random = Seeded::new(mixed(number) ^ mixed(!generation));
    mint(Kind::Secret, None, Mode::Live, &random).expect("numbers do not fail")
}

/// The pepper of [`keyring`].
#[must_use]
pub(crate) fn pepper() -> Pepper {
    Pepper::new(1, &PEPPER.bytes())
}

/// The part of a value that may be shown.
#[must_use]
pub(crate) fn start(text: &PlainKey) -> String {
    ParsedKey::parse(text.reveal())
        .expect("a key")
        .start()
        .into()
}

/// The list of that number: `a` and `b` always, the others by its bits.
fn scopes(number: u64) -> TextList {
    let more = (0..10)
        .filter(|bit| number >> bit & 1 == 1)
        .map(|bit| format!("more:{bit}"));
    ["a", "b"]
        .map(String::from)
        .into_iter()
        .chain(more)
        .collect()
}

/// A call that every good key of the installation may make, as the JSON door tells it.
#[must_use]
pub(crate) fn call(text: &str) -> RequestFacts<'_> {
    RequestFacts {
        credential: Credential::Text(text),
        place: Place::Named("production"),
        asked: Asked::Operation {
            method: "POST",
            path: "/v1/events/evt_1/messages",
        },
        origin: Origin::Absent,
        from_browser: false,
        ip: None,
        now: NOW,
    }
}

/// The same call as a gateway tells it.
#[must_use]
pub(crate) fn gateway_call(text: &str) -> RequestFacts<'_> {
    let target = "/v1/events/evt_1/messages?draft=1";
    RequestFacts {
        place: Place::At {
            host: "api.sample.example",
            target,
            otherwise: None,
        },
        asked: Asked::Operation {
            method: "POST",
            path: target,
        },
        ip: Some(std::net::IpAddr::from([192, 0, 2, 7])),
        ..call(text)
    }
}
