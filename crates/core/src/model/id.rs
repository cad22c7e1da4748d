//! Identifiers: TypeIDs, that is a prefix and a UUIDv7 in Crockford's base32.
//!
//! Source: TypeID specification 0.3; UUIDv7 is RFC 9562 §5.7.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many digits follow an identifier's prefix and underscore.
pub const ID_DIGITS: usize = 26;

/// Why a text is not an identifier of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The prefix before the last `_` is another one.
    #[error("expected an id that begins with `{expected}_`")]
    Prefix {
        /// The prefix that was asked for.
        expected: &'static str,
    },
    /// What follows the prefix is not 26 characters of base32 below 2^128.
    #[error("an id has 26 characters of lower-case base32 after `{expected}_`")]
    Suffix {
        /// The prefix that was asked for.
        expected: &'static str,
    },
}

/// Lays out a UUIDv7 (RFC 9562 §5.7) from a time and ten random bytes.
#[must_use]
pub fn random_id_bytes(at: Timestamp, random: [u8; 10]) -> u128 {
    let millis = u128::try_from(at.millis().max(0)).unwrap_or(0) & 0xffff_ffff_ffff;
    let mut tail = [0_u8; 16];
    tail[6..].copy_from_slice(&random);
    let mut raw = u128::from_be_bytes(tail) | (millis << 80);
    raw = (raw & !(0xf_u128 << 76)) | (0x7_u128 << 76);
    (raw & !(0x3_u128 << 62)) | (0x2_u128 << 62)
}

/// Every pair of digits, so that ten bits are written at once.
#[expect(
    clippy::indexing_slicing,
    reason = "worked out when this is compiled, where a panic is an error"
)]
const PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut value = 0;
    while value < 1024 {
        pairs[value] = [ALPHABET[value >> 5], ALPHABET[value & 31]];
        value += 1;
    }
    pairs
};

/// Writes what follows the prefix and underscore of an identifier with these 128 bits.
#[inline]
pub fn id_digits(raw: u128, out: &mut [u8; ID_DIGITS]) {
    // Ten bits a pair of digits, from the end; in words, because 128-bit shifts are slow.
    let high = u64::try_from(raw >> 64).unwrap_or(0);
    let low = u64::try_from(raw & u128::from(u64::MAX)).unwrap_or(0);
    let upper = (high << 4) | (low >> 60);
    let (pairs, _) = out.as_chunks_mut::<2>();
    let [first, a, b, c, d, e, f, g, h, i, j, k, l] = pairs else {
        return;
    };
    let put = |pair: &mut [u8; 2], bits: u64| {
        let value = usize::try_from(bits & 1023).unwrap_or(0);
        *pair = PAIRS.get(value).copied().unwrap_or_default();
    };
    put(first, high >> 56);
    for (pair, shift) in [(a, 50), (b, 40), (c, 30), (d, 20), (e, 10), (f, 0)] {
        put(pair, upper >> shift);
    }
    for (pair, shift) in [(g, 50), (h, 40), (i, 30), (j, 20), (k, 10), (l, 0)] {
        put(pair, low >> shift);
    }
}

fn decode(text: &[u8]) -> Option<u128> {
    if text.len() != ID_DIGITS || text.first().is_none_or(|&first| first > b'7') {
        return None;
    }
    text.iter().try_fold(0_u128, |raw, byte| {
        let digit = ALPHABET.iter().position(|known| known == byte)?;
        Some((raw << 5) | u128::try_from(digit).ok()?)
    })
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an identifier from a time and ten random bytes.
            #[must_use]
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                Self(random_id_bytes(at, random))
            }

            /// The identifier with exactly these 128 bits.
            #[must_use]
            pub const fn from_u128(raw: u128) -> Self {
                Self(raw)
            }

            /// The 128 bits.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                self.0
            }

            /// The 16 bytes as the databases keep them.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// The identifier whose databases' bytes are these.
            #[must_use]
            pub const fn from_bytes(raw: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(raw))
            }

            /// Appends the text form, which is plain ASCII.
            pub fn push_to(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.letters());
            }

            #[inline]
            fn letters(self) -> [u8; $prefix.len() + 1 + ID_DIGITS] {
                let mut letters = [b'_'; _];
                let (prefix, _) = letters.split_at_mut($prefix.len());
                prefix.copy_from_slice($prefix.as_bytes());
                if let Some(suffix) = letters.last_chunk_mut() {
                    id_digits(self.0, suffix);
                }
                letters
            }

            /// Writes the text form without allocating, and gives it as `str`.
            #[must_use]
            pub fn write_to(self, out: &mut [u8; 32]) -> &str {
                let letters = self.letters();
                let text = out.first_chunk_mut().map(|place| {
                    *place = letters;
                    &*place
                });
                text.and_then(|text| std::str::from_utf8(text).ok())
                    .unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.write_to(&mut [0; 32]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let suffix = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or(IdError::Prefix { expected: $prefix })?;
                decode(suffix.as_bytes())
                    .map(Self)
                    .ok_or(IdError::Suffix { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.write_to(&mut [0; 32]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                })
            }
        }
    };
}

identifier! {
    /// Names one organization, a customer of a product.
    OrganizationId, "org"
}
identifier! {
    /// Names one project of an organization.
    ProjectId, "prj"
}
identifier! {
    /// Names one environment of a project.
    EnvironmentId, "env"
}
identifier! {
    /// Names one key, through all values it ever has.
    KeyId, "key"
}
identifier! {
    /// Names one session: of a visitor of a page, which is one token, or of a person at the
    /// console.
    SessionId, "ses"
}
identifier! {
    /// Names the visitor that a session is for.
    VisitorId, "vis"
}
identifier! {
    /// Names one person of the console.
    PersonId, "usr"
}
identifier! {
    /// Names one membership: of a person in an organization, or in the whole installation.
    MemberId, "mem"
}
identifier! {
    /// Names one invitation to become a member.
    InvitationId, "inv"
}
identifier! {
    /// Names credits that an organization was given at once.
    GrantId, "grant"
}
identifier! {
    /// Names one charge against an account. It tells when and where in the ledger it stands, so it
    /// is found without an index.
    SpendId, "spend"
}
identifier! {
    /// Names one entry of the ledger that is no charge, in the manner of a [`SpendId`].
    EntryId, "entry"
}
identifier! {
    /// Names one request to Keystile, in answers and in logs.
    RequestId, "req"
}

/// What a change is about: the row whose version and integrity it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A product, by its slug.
    Product(super::Slug),
    /// An organization.
    Organization(OrganizationId),
    /// A project.
    Project(ProjectId),
    /// An environment.
    Environment(EnvironmentId),
    /// A key with its current value.
    Key(KeyId),
    /// A former value of a key, by its digest.
    RetiredValue(KeyId, [u8; 32]),
    /// Credits that were granted.
    Grant(GrantId),
    /// A person of the console.
    Person(PersonId),
    /// A membership.
    Member(MemberId),
    /// A session of a person at the console.
    Session(SessionId),
    /// An invitation.
    Invitation(InvitationId),
}

impl Subject {
    /// Whether its record goes for good when it has ended. Every other record is marked as
    /// deleted, and stays.
    #[must_use]
    pub const fn is_removed_at_its_end(&self) -> bool {
        matches!(
            self,
            Self::RetiredValue(..) | Self::Session(_) | Self::Invitation(_)
        )
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(slug) => write!(f, "product {slug}"),
            Self::Organization(id) => write!(f, "{id}"),
            Self::Project(id) => write!(f, "{id}"),
            Self::Environment(id) => write!(f, "{id}"),
            Self::Key(id) => write!(f, "{id}"),
            Self::RetiredValue(id, _) => write!(f, "a former value of {id}"),
            Self::Grant(id) => write!(f, "{id}"),
            Self::Person(id) => write!(f, "{id}"),
            Self::Member(id) => write!(f, "{id}"),
            Self::Session(id) => write!(f, "{id}"),
            Self::Invitation(id) => write!(f, "{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_examples_of_the_typeid_specification() {
        let nil = KeyId::from_u128(0);
        assert_eq!(nil.to_string(), "key_00000000000000000000000000");
        let max = KeyId::from_u128(u128::MAX);
        assert_eq!(max.to_string(), "key_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        let v7 = KeyId::from_u128(0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881);
        assert_eq!(v7.to_string(), "key_01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!("key_01h2xcejqtf2nbrexx3vqjhp41".parse(), Ok(v7));
    }

    #[test]
    fn refuses_what_is_not_an_id_and_says_which_is_wanted() {
        let other: Result<KeyId, _> = "org_01h2xcejqtf2nbrexx3vqjhp41".parse();
        assert_eq!(other, Err(IdError::Prefix { expected: "key" }));
        for bad in [
            "key_",
            "key_81h2xcejqtf2nbrexx3vqjhp41",
            "key_01H2XCEJQTF2NBREXX3VQJHP41",
        ] {
            let parsed: Result<KeyId, _> = bad.parse();
            assert_eq!(parsed, Err(IdError::Suffix { expected: "key" }), "{bad}");
        }
    }

    #[test]
    fn new_ids_are_version_7_and_begin_with_the_time() {
        let at = Timestamp::from_millis(0x0188_bac7_4afa);
        let id = KeyId::new(at, [0xff; 10]).as_u128();
        assert_eq!(id >> 80, 0x0188_bac7_4afa);
        assert_eq!((id >> 76) & 0xf, 7);
        assert_eq!((id >> 62) & 3, 2);
    }
}
