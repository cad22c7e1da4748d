//! The numbered keys that the database holds wrapped, and their working forms.

use super::material::AeadKey;
use super::secret::{Random, RandomError};
use super::{Integrity, MasterKey, Pepper, SealingKey, SecretBytes, SigningKey};

/// What a stored key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Digests of keys.
    Pepper,
    /// Row MACs and the journal's chain.
    Integrity,
    /// Sealing of recoverable secrets.
    Sealing,
    /// Signatures of session tokens.
    Signing,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Pepper, Self::Integrity, Self::Sealing, Self::Signing];

    /// As the database writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pepper => "pepper",
            Self::Integrity => "integrity",
            Self::Sealing => "sealing",
            Self::Signing => "signing",
        }
    }

    /// The purpose written so.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// A stored key as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// What it is for.
    pub purpose: Purpose,
    /// Its number within its purpose; the highest is the current one.
    pub version: u32,
    /// Nonce and ciphertext under the master key.
    pub wrapped: Vec<u8>,
}

/// A stored key in clear.
#[derive(Debug, Clone)]
pub struct KeyMaterial {
    /// What it is for.
    pub purpose: Purpose,
    /// Its number within its purpose.
    pub version: u32,
    /// The key.
    pub secret: SecretBytes,
}

/// Why stored keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The master key is another one, or the row was altered.
    #[error(
        "the master key does not open the {0} key of this database: \
         give the master key that the database was made with"
    )]
    WrongMasterKey(&'static str),
    /// A purpose has no key at all.
    #[error("this database has no {0} key: it is incomplete, restore it from a backup")]
    Missing(&'static str),
}

impl KeyMaterial {
    /// Makes a new key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn random(
        purpose: Purpose,
        version: u32,
        random: &dyn Random,
    ) -> Result<Self, RandomError> {
        Ok(Self {
            purpose,
            version,
            secret: SecretBytes::random(random)?,
        })
    }

    /// Wraps it for the database, bound to its purpose and number.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn wrap(&self, master: &MasterKey, random: &dyn Random) -> Result<WrappedKey, RandomError> {
        let bound = binding(self.purpose, self.version);
        let wrapped = master
            .wrapping()
            .seal(random, self.secret.expose(), &bound)?;
        Ok(WrappedKey {
            purpose: self.purpose,
            version: self.version,
            wrapped,
        })
    }
}

impl WrappedKey {
    /// Opens it.
    ///
    /// # Errors
    /// When the master key is another one, or the row was altered.
    pub fn unwrap(&self, master: &MasterKey) -> Result<KeyMaterial, UnwrapError> {
        self.open(&master.wrapping())
    }

    fn open(&self, wrapping: &AeadKey) -> Result<KeyMaterial, UnwrapError> {
        let secret = wrapping
            .open(&self.wrapped, &binding(self.purpose, self.version))
            .and_then(|plain| <[u8; 32]>::try_from(plain.as_slice()).ok())
            .map(SecretBytes::new)
            .ok_or(UnwrapError::WrongMasterKey(self.purpose.as_str()))?;
        Ok(KeyMaterial {
            purpose: self.purpose,
            version: self.version,
            secret,
        })
    }
}

fn binding(purpose: Purpose, version: u32) -> Vec<u8> {
    format!("keystile/1/{}/{version}", purpose.as_str()).into_bytes()
}

/// The working forms of all stored keys.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// Newest first; the first serves new keys, the others verify old ones.
    peppers: Vec<Pepper>,
    sealing: Vec<SealingKey>,
    /// Newest first; the first signs, the others verify what they have signed.
    signing: Vec<SigningKey>,
    integrity: Integrity,
}

impl Keyring {
    /// Opens every stored key.
    ///
    /// # Errors
    /// When one does not open, or a purpose has none.
    pub fn open(master: &MasterKey, stored: &[WrappedKey]) -> Result<Self, UnwrapError> {
        let wrapping = master.wrapping();
        let clear: Result<Vec<_>, _> = stored.iter().map(|row| row.open(&wrapping)).collect();
        Self::from_material(clear?)
    }

    /// The working forms of keys in clear.
    ///
    /// # Errors
    /// When a purpose has no key.
    pub fn from_material(mut clear: Vec<KeyMaterial>) -> Result<Self, UnwrapError> {
        clear.sort_by_key(|key| std::cmp::Reverse(key.version));
        let of = |purpose| clear.iter().filter(move |key| key.purpose == purpose);
        let peppers: Vec<_> = of(Purpose::Pepper)
            .map(|key| Pepper::new(key.version, &key.secret))
            .collect();
        let sealing: Vec<_> = of(Purpose::Sealing)
            .map(|key| SealingKey::new(key.version, &key.secret))
            .collect();
        let signing: Vec<_> = of(Purpose::Signing)
            .map(|key| SigningKey::new(key.version, &key.secret))
            .collect();
        let integrity = of(Purpose::Integrity).next();
        if peppers.is_empty() {
            return Err(UnwrapError::Missing("pepper"));
        }
        if sealing.is_empty() {
            return Err(UnwrapError::Missing("sealing"));
        }
        if signing.is_empty() {
            return Err(UnwrapError::Missing("signing"));
        }
        let integrity = integrity.ok_or(UnwrapError::Missing("integrity"))?;
        Ok(Self {
            peppers,
            sealing,
            signing,
            integrity: Integrity::new(&integrity.secret),
        })
    }

    /// Fresh keys for a new installation, in clear.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(random: &dyn Random) -> Result<Vec<KeyMaterial>, RandomError> {
        Purpose::ALL
            .into_iter()
            .map(|purpose| KeyMaterial::random(purpose, 1, random))
            .collect()
    }

    /// The peppers, newest first; never empty.
    #[must_use]
    pub fn peppers(&self) -> &[Pepper] {
        &self.peppers
    }

    /// The pepper for new keys.
    #[must_use]
    pub fn pepper(&self) -> Option<&Pepper> {
        self.peppers.first()
    }

    /// The sealing key for new secrets.
    #[must_use]
    pub fn sealing(&self) -> Option<&SealingKey> {
        self.sealing.first()
    }

    /// The sealing key of that number.
    #[must_use]
    pub fn sealing_version(&self, version: u32) -> Option<&SealingKey> {
        self.sealing.iter().find(|key| key.version() == version)
    }

    /// The signing keys, newest first; never empty.
    #[must_use]
    pub fn signing(&self) -> &[SigningKey] {
        &self.signing
    }

    /// Row MACs and the journal's chain.
    #[must_use]
    pub fn integrity(&self) -> &Integrity {
        &self.integrity
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    #[test]
    fn g03_another_master_key_opens_nothing_and_says_so() {
        let random = Counting::default();
        let master = MasterKey::random(&random).unwrap();
        let other = MasterKey::random(&random).unwrap();
        let clear = Keyring::generate(&random).unwrap();
        let stored: Vec<_> = clear
            .iter()
            .map(|key| key.wrap(&master, &random).unwrap())
            .collect();
        assert!(Keyring::open(&master, &stored).is_ok());
        let refused = Keyring::open(&other, &stored).unwrap_err();
        assert!(
            matches!(refused, UnwrapError::WrongMasterKey(_)),
            "{refused}"
        );
    }

    #[test]
    fn a_wrapped_key_serves_no_other_purpose() {
        let random = Counting::default();
        let master = MasterKey::random(&random).unwrap();
        let key = KeyMaterial::random(Purpose::Pepper, 1, &random).unwrap();
        let mut stored = key.wrap(&master, &random).unwrap();
        stored.purpose = Purpose::Sealing;
        assert!(stored.unwrap(&master).is_err());
    }

    #[test]
    fn rewrapping_under_a_new_master_key_keeps_every_digest() {
        let random = Counting::default();
        let (old, new) = (
            MasterKey::random(&random).unwrap(),
            MasterKey::random(&random).unwrap(),
        );
        let clear = Keyring::generate(&random).unwrap();
        let before: Vec<_> = clear
            .iter()
            .map(|key| key.wrap(&old, &random).unwrap())
            .collect();
        let after: Vec<_> = before
            .iter()
            .map(|row| row.unwrap(&old).unwrap().wrap(&new, &random).unwrap())
            .collect();
        let digest = |ring: &Keyring| ring.pepper().unwrap().digest("k");
        let (before, after) = (
            Keyring::open(&old, &before).unwrap(),
            Keyring::open(&new, &after).unwrap(),
        );
        assert_eq!(digest(&before), digest(&after));
    }
}
