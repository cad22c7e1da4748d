//! Keys as text and as digests: format, parsing, minting, key material and row integrity.

mod digest;
mod encode;
mod foreign;
mod format;
mod integrity;
mod keyring;
mod mac;
mod mask;
mod material;
mod one_time;
mod portal;
mod recovery;
mod sealed;
mod secret;
mod signing;
mod token;

pub use digest::{KeyDigest, Pepper};
pub use encode::Encoder;
pub use foreign::{
    FOREIGN_KEY_MAX_BYTES, ForeignHash, HashTextError, foreign_start, may_be_foreign,
};
pub(crate) use format::ends_masked;
pub use format::{Brand, BrandError, KEY_MAX_BYTES, KeyFormatError, ParsedKey, mint, preview};
pub use integrity::{ChainLink, Integrity, LedgerEnd, RowTag, SealedHead, SetSum};
pub use keyring::{KeyMaterial, Keyring, Purpose, UnwrapError, WrappedKey};
pub use mask::{holds_secret_key, masked, may_hold_key};
pub use material::{MasterKey, MasterKeyError, SealingKey};
pub use one_time::OneTimeSecret;
pub use portal::PortalToken;
pub use recovery::RecoveryCode;
pub use sealed::UnsealError;
#[cfg(any(test, feature = "testing"))]
pub use secret::testing;
pub use secret::{PlainKey, Random, RandomError, SecretBytes};
pub use signing::SigningKey;
pub use token::{Token, TokenKind};
