//! Every text that is ever sent: the values of the keys, and the tokens of sessions made with them.
//!
//! A key has only so many values and goes through them again and again, so that texts need not be
//! made while others verify.

use std::sync::LazyLock;

use keystile_core::key::{ForeignHash, KeyDigest, Keyring, mint};
use keystile_core::model::{ForeignDigest, Kind, Mode, SessionId, VisitorId};
use keystile_core::session::{NewSession, issue};

use crate::keys::Class;
use crate::population::{self, NOW, Seeded};
use crate::world::{KEYS, ORGANIZATIONS};

/// How many values a key has.
pub(crate) const VALUES: u64 = 8;

/// Who signs tokens.
pub(crate) const ISSUER: &str = "https://keys.example.com";

/// The page that some tokens are bound to, and that lists name first.
pub(crate) const PAGE: &str = "https://a.example";

/// How many seconds after [`NOW`] a token ends.
pub(crate) const TOKEN_SECONDS: u8 = 5;

/// One value of a key.
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) digest: KeyDigest,
    /// What another system kept of it, if it is not one of ours.
    pub(crate) foreign: Option<ForeignDigest>,
    pub(crate) start: String,
    /// The token of a session that was made with it.
    pub(crate) token: Option<String>,
}

static VALUES_OF_KEYS: LazyLock<Vec<Vec<Value>>> = LazyLock::new(|| {
    let keyring = population::keyring();
    let of_key = |number| (0..VALUES).map(move |value| (number, value));
    let made = |(number, value)| make(&keyring, number, value);
    (0..KEYS)
        .map(|number| of_key(number).map(made).collect())
        .collect()
});

/// The value of that number.
pub(crate) fn value(number: u64, value: u64) -> &'static Value {
    let at = |number| usize::try_from(number).expect("a place");
    &VALUES_OF_KEYS[at(number)][at(value)]
}

/// Whether the value is one of another system: the first one of a key that came from there is.
pub(crate) fn is_foreign(number: u64, value: u64) -> bool {
    Class::of(number) == Class::Foreign && value == 0
}

/// Whether its token is bound to [`PAGE`].
pub(crate) fn is_bound(value: u64) -> bool {
    value % 2 == 1
}

fn make(keyring: &Keyring, number: u64, value: u64) -> Value {
    if is_foreign(number, value) {
        let text = format!("kp_{number:024}");
        let hash = ForeignHash::of(&text, ForeignDigest::Sha256);
        return Value {
            text,
            digest: population::pepper().digest_foreign(&hash),
            foreign: Some(ForeignDigest::Sha256),
            start: "kp_".into(),
            token: None,
        };
    }
    let kind = Class::of(number).kind();
    let random = Seeded::new((number * VALUES + value) << 32 | 0x6b65);
    let plain = mint(kind, None, Mode::Live, &random).expect("numbers do not fail");
    let token = (kind == Kind::Publishable).then(|| token(keyring, number, value, plain.reveal()));
    Value {
        digest: population::pepper().digest(plain.reveal()),
        foreign: None,
        start: population::start(&plain),
        text: plain.reveal().into(),
        token,
    }
}

fn token(keyring: &Keyring, number: u64, value: u64, text: &str) -> String {
    let (organization, _, environment) = population::owners(number % ORGANIZATIONS);
    let new = NewSession {
        id: SessionId::from_u128(u128::from(number * VALUES + value) + 1),
        visitor: VisitorId::from_u128(1),
        key: population::key(number, 0).id,
        value: text,
        product: &organization.product,
        organization: organization.id,
        environment: environment.id,
        origin: is_bound(value).then_some(PAGE),
        scope: "a".to_owned(),
        now: NOW,
        lifetime_seconds: TOKEN_SECONDS.into(),
        key_expires_at: None,
    };
    let signer = keyring.signing().first().expect("a signing key");
    let (token, _) = issue(&new, ISSUER, signer).expect("it is short");
    token.reveal().into()
}
