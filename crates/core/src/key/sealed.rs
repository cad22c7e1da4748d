//! Recoverable secrets: sealed for one value of one key, and opened only for that.
//!
//! What binds a sealed secret to its place knows nothing of peppers, so it stays readable when the
//! digest is remade. Whether anybody may see it is decided elsewhere.

use super::secret::{Random, RandomError};
use super::{ForeignHash, Keyring, Pepper, PlainKey, SealingKey};
use crate::model::{Key, KeyId};

/// Why a secret cannot be shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// It was made when secrets of its product were shown once.
    #[error("the secret was not kept when it was made")]
    NotSealed,
    /// The keyring lacks what it was sealed with.
    #[error("the sealing key number {0} is missing")]
    NoSealingKey(u32),
    /// It does not open for this key, or is not the value that this key has now.
    #[error("the sealed secret is not the one that belongs to this key")]
    Altered,
}

/// What a sealed secret opens for: one key, and the value of it that begins so.
fn place(id: KeyId, start: &str) -> Vec<u8> {
    let parts: [&[u8]; 3] = [b"keystile/1/sealed/", &id.to_bytes(), start.as_bytes()];
    parts.concat()
}

impl Keyring {
    /// Seals the value of the key `id` that begins with `start`, under the newest sealing key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        random: &dyn Random,
        (id, start): (KeyId, &str),
        secret: &PlainKey,
    ) -> Result<Vec<u8>, RandomError> {
        let sealing = self.sealing().ok_or(RandomError)?;
        sealing.seal(random, secret, &place(id, start))
    }

    /// The current value of a key whose secret is recoverable.
    ///
    /// # Errors
    /// When it was not sealed, or does not belong to this key.
    pub fn unseal(&self, key: &Key) -> Result<PlainKey, UnsealError> {
        let sealed = key.sealed.as_deref().ok_or(UnsealError::NotSealed)?;
        let version = SealingKey::version_of(sealed).ok_or(UnsealError::Altered)?;
        let sealing = self
            .sealing_version(version)
            .ok_or(UnsealError::NoSealingKey(version))?;
        let secret = sealing
            .open(sealed, &place(key.id, &key.start))
            .ok_or(UnsealError::Altered)?;
        let pepper = self.peppers().iter().find(|it| it.version() == key.pepper);
        let digest = |pepper: &Pepper| match key.foreign {
            None => pepper.digest(secret.reveal()),
            Some(digest) => pepper.digest_foreign(&ForeignHash::of(secret.reveal(), digest)),
        };
        let is_its_value = pepper.is_some_and(|pepper| digest(pepper) == key.digest);
        is_its_value.then_some(secret).ok_or(UnsealError::Altered)
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::super::{KeyDigest, ParsedKey, SealingKey, SecretBytes, mint};
    use super::*;
    use crate::model::{EnvironmentId, Kind, Mode, Timestamp};

    fn key(ring: &Keyring, secret: &PlainKey) -> Key {
        let start = ParsedKey::parse(secret.reveal()).unwrap().start();
        let id = KeyId::from_u128(7);
        let pepper = ring.pepper().unwrap();
        let sealed = ring
            .seal(&Counting::default(), (id, start), secret)
            .unwrap();
        Key {
            id,
            environment: EnvironmentId::from_u128(1),
            kind: Kind::Secret,
            mode: Mode::Live,
            name: "K".into(),
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
            created_at: Timestamp::from_millis(0),
            created_by: "local".into(),
            rotated_at: None,
            exposed_at: None,
            digest: pepper.digest(secret.reveal()),
            pepper: pepper.version(),
            start: start.to_owned(),
            value: None,
            foreign: None,
            sealed: Some(sealed),
            narrowed_seq: None,
            seq: 0,
        }
    }

    #[test]
    fn d3_a_sealed_secret_opens_for_its_own_key_and_value_only() {
        let random = Counting::default();
        let ring = Keyring::from_material(Keyring::generate(&random).unwrap()).unwrap();
        let secret = mint(Kind::Secret, None, Mode::Live, &random).unwrap();
        let good = key(&ring, &secret);
        assert_eq!(ring.unseal(&good).unwrap().reveal(), secret.reveal());

        let moved = |change: fn(&mut Key)| {
            let mut key = good.clone();
            change(&mut key);
            ring.unseal(&key).unwrap_err()
        };
        assert_eq!(
            moved(|key| key.id = KeyId::from_u128(8)),
            UnsealError::Altered
        );
        assert_eq!(moved(|key| key.start.push('x')), UnsealError::Altered);
        let other = |key: &mut Key| key.digest = KeyDigest::from_bytes([1; 32]);
        assert_eq!(moved(other), UnsealError::Altered);
        assert_eq!(moved(|key| key.sealed = None), UnsealError::NotSealed);
        let bad = |key: &mut Key| key.sealed = Some(vec![0; 3]);
        assert_eq!(moved(bad), UnsealError::Altered);
        let unknown = |key: &mut Key| {
            let other = SealingKey::new(9, &SecretBytes::new([9; 32]));
            let random = Counting::default();
            key.sealed = other.seal(&random, &PlainKey::new("x".into()), b"").ok();
        };
        assert_eq!(moved(unknown), UnsealError::NoSealingKey(9));
    }
}
