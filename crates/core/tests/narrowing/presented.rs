//! What is presented: a value of one of the kinds that there are, or the token of a session.

use keystile_core::engine::Engine;
use keystile_core::key::{ForeignHash, PlainKey, mint};
use keystile_core::model::{ForeignDigest, Key, Kind, Mode, SessionId, VisitorId};
use keystile_core::session::{NewSession, issue};
use proptest::prelude::*;

use crate::population::{self, NOW, Seeded};
use crate::{ISSUER, ORIGINS};

const FOREIGN: &str = "kp_0f9e8d7c6b5a49382716";

/// What is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    Secret,
    Publishable,
    /// The value of a secret key that another system made.
    Foreign,
    /// The token of a session, which may be bound to a page.
    Session(bool),
}

pub(crate) fn presented() -> impl Strategy<Value = Presented> {
    prop_oneof![
        Just(Presented::Secret),
        Just(Presented::Publishable),
        Just(Presented::Foreign),
        any::<bool>().prop_map(Presented::Session),
    ]
}

impl Presented {
    fn kind(self) -> Kind {
        match self {
            Self::Secret | Self::Foreign => Kind::Secret,
            Self::Publishable | Self::Session(_) => Kind::Publishable,
        }
    }

    /// The text of the key's value; it is the same every time.
    fn value(self) -> PlainKey {
        match self {
            Self::Foreign => PlainKey::new(FOREIGN.to_owned()),
            _ => mint(self.kind(), None, Mode::Live, &Seeded::new(5)).expect("minted"),
        }
    }

    /// A key like that one which has this value.
    pub(crate) fn give_to(self, key: Key) -> Key {
        let (value, pepper) = (self.value(), population::pepper());
        let foreign = (self == Self::Foreign).then_some(ForeignDigest::Sha256);
        let digest = match foreign {
            Some(digest) => pepper.digest_foreign(&ForeignHash::of(value.reveal(), digest)),
            None => pepper.digest(value.reveal()),
        };
        Key {
            kind: self.kind(),
            digest,
            foreign,
            value: (self.kind() == Kind::Publishable).then(|| value.reveal().into()),
            ..key
        }
    }

    /// What is sent.
    pub(crate) fn text(self, engine: &Engine) -> String {
        let value = self.value();
        let Self::Session(bound) = self else {
            return value.reveal().to_owned();
        };
        let (organization, _, environment) = population::owners(0);
        let new = NewSession {
            id: SessionId::from_u128(1),
            visitor: VisitorId::from_u128(1),
            key: population::key(0, 0).id,
            value: value.reveal(),
            product: &organization.product,
            organization: organization.id,
            environment: environment.id,
            origin: bound.then_some(ORIGINS[0]),
            scope: "a more:0".to_owned(),
            now: NOW,
            lifetime_seconds: 300,
            key_expires_at: None,
        };
        let keyring = engine.keyring();
        let signer = keyring.signing().first().expect("a signing key");
        let (token, _) = issue(&new, ISSUER, signer).expect("it is short");
        token.reveal().to_owned()
    }
}
