//! One-time codes of people (RFC 6238): six digits that change every thirty seconds, made by an
//! app on their phone of a secret that it shares with Keystile.
//!
//! Whether a code was used before, and how often somebody may guess, is decided elsewhere.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::secret::{PlainKey, Random, RandomError};
use super::{Keyring, SealingKey, UnsealError};
use crate::model::{Person, PersonId, Timestamp};

/// As long as a SHA-1, as RFC 4226 §4 (R6) recommends.
const SECRET_BYTES: usize = 20;

/// How long one code lasts, in milliseconds (RFC 6238 §5.2).
const STEP: i64 = 30_000;

/// The digits of base32 (RFC 4648 §6), in which apps take the secret.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What the codes are made of: redacted in `Debug`, wiped when it goes.
#[derive(Clone)]
pub struct OneTimeSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl OneTimeSecret {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn random(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        random.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The text to put into an app, 32 characters of base32.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let (groups, _) = self.0.as_chunks::<5>();
        let mut text = Zeroizing::new(String::with_capacity(32));
        for [a, b, c, d, e] in groups {
            let bits = u64::from_be_bytes([0, 0, 0, *a, *b, *c, *d, *e]);
            for shift in (0..8).rev().map(|digit| digit * 5) {
                let digit = usize::try_from((bits >> shift) & 31).unwrap_or(0);
                text.push(char::from(BASE32.get(digit).copied().unwrap_or(b'A')));
            }
        }
        text
    }

    /// The secret that [`Self::to_text`] wrote; `None` when it is any other text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        let (digits, rest) = text.as_bytes().as_chunks::<8>();
        let (groups, _) = bytes.as_chunks_mut::<5>();
        if !rest.is_empty() || digits.len() != groups.len() {
            return None;
        }
        for (group, digits) in groups.iter_mut().zip(digits) {
            let bits = digits.iter().try_fold(0_u64, |bits, digit| {
                let value = BASE32.iter().position(|known| known == digit)?;
                Some((bits << 5) | u64::try_from(value).ok()?)
            })?;
            let [_, _, _, tail @ ..] = bits.to_be_bytes();
            *group = tail;
        }
        Some(Self(bytes))
    }

    /// The step of time whose code this is, if it is the one of now or of a step before or after,
    /// for phones whose clocks differ (RFC 6238 §5.2), and none that has been used: neither `used`
    /// nor any before.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp, used: Option<u64>) -> Option<u64> {
        let current = u64::try_from(now.millis().div_euclid(STEP)).ok()?;
        let near = [
            current,
            current.saturating_sub(1),
            current.saturating_add(1),
        ];
        near.into_iter().find(|step| {
            let fits = self.code(*step).as_bytes().ct_eq(code.as_bytes());
            bool::from(fits) && used.is_none_or(|used| *step > used)
        })
    }

    /// The code of a step of time (RFC 4226 §5.3 with six digits).
    #[must_use]
    pub fn code(&self, step: u64) -> Zeroizing<String> {
        // A short key is filled up with zeros (RFC 2104 §2).
        let mut key = Zeroizing::new([0; 64]);
        let slots = key.iter_mut().zip(self.0.iter());
        slots.for_each(|(slot, byte)| *slot = *byte);
        let mut mac = Hmac::<Sha1>::new(&(*key).into());
        mac.update(&step.to_be_bytes());
        let hash: [u8; 20] = mac.finalize().into_bytes().into();
        let offset = usize::from(hash.last().copied().unwrap_or(0) & 15);
        let word = hash.get(offset..).and_then(<[u8]>::first_chunk::<4>);
        let number = u32::from_be_bytes(word.copied().unwrap_or_default()) & 0x7fff_ffff;
        Zeroizing::new(format!("{:06}", number % 1_000_000))
    }
}

impl fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecret(redacted)")
    }
}

/// Whom a sealed secret opens for.
fn place(id: PersonId) -> Vec<u8> {
    [b"keystile/1/totp/".as_slice(), &id.to_bytes()].concat()
}

impl Keyring {
    /// Seals the secret of a person's codes, under the newest sealing key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal_one_time(
        &self,
        random: &dyn Random,
        person: PersonId,
        secret: &OneTimeSecret,
    ) -> Result<Vec<u8>, RandomError> {
        let sealing = self.sealing().ok_or(RandomError)?;
        let text = PlainKey::new(secret.to_text().as_str().to_owned());
        sealing.seal(random, &text, &place(person))
    }

    /// The secret of a person's codes.
    ///
    /// # Errors
    /// When they have none, or what is sealed is not theirs.
    pub fn unseal_one_time(&self, person: &Person) -> Result<OneTimeSecret, UnsealError> {
        let sealed = person.totp.as_deref().ok_or(UnsealError::NotSealed)?;
        let version = SealingKey::version_of(sealed).ok_or(UnsealError::Altered)?;
        let sealing = self
            .sealing_version(version)
            .ok_or(UnsealError::NoSealingKey(version))?;
        let text = sealing.open(sealed, &place(person.id));
        text.and_then(|text| OneTimeSecret::from_text(text.reveal()))
            .ok_or(UnsealError::Altered)
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    /// RFC 6238, appendix B.
    fn example() -> OneTimeSecret {
        OneTimeSecret(Zeroizing::new(*b"12345678901234567890"))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(example().code(step).as_str(), code);
            assert_eq!(example().step_of(code, at(seconds), None), Some(step));
        }
    }

    #[test]
    fn the_text_is_base32_and_reads_back() {
        // RFC 4648 §10 has "foobar"; five of its bytes make a whole group.
        assert_eq!(
            example().to_text().as_str(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        let random = OneTimeSecret::random(&Counting::default()).unwrap();
        let text = random.to_text();
        let again = OneTimeSecret::from_text(&text).unwrap();
        assert_eq!(*again.0, *random.0);
        for bad in [
            "",
            &text[1..],
            &text.to_lowercase(),
            &format!("{}1", &text[1..]),
        ] {
            assert!(OneTimeSecret::from_text(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn s15_a_code_counts_for_a_step_around_and_once() {
        let secret = example();
        let code = secret.code(100);
        for (step, counts) in [
            (98, false),
            (99, true),
            (100, true),
            (101, true),
            (102, false),
        ] {
            let now = at(step * 30);
            assert_eq!(secret.step_of(&code, now, None).is_some(), counts, "{step}");
        }
        let now = at(3000);
        assert_eq!(secret.step_of(&code, now, Some(99)), Some(100));
        for used in [100, 101] {
            assert_eq!(secret.step_of(&code, now, Some(used)), None, "{used}");
        }
        for bad in ["", "0", "1234567", " 12345", "\u{661}\u{661}\u{661}"] {
            assert_eq!(secret.step_of(bad, now, None), None, "{bad}");
        }
        assert_eq!(secret.step_of("000000", at(-100), None), None);
    }

    #[test]
    fn a_sealed_secret_opens_for_its_own_person_only() {
        let random = Counting::default();
        let ring = Keyring::from_material(Keyring::generate(&random).unwrap()).unwrap();
        let person = |id, totp| Person {
            id: PersonId::from_u128(id),
            email: String::new(),
            name: String::new(),
            password: None,
            password_at: None,
            totp,
            totp_step: None,
            recovery: None,
            reset: None,
            created_at: at(0),
            removed_at: None,
            seq: 0,
        };
        let sealed = ring
            .seal_one_time(&random, PersonId::from_u128(1), &example())
            .unwrap();
        let opened = ring.unseal_one_time(&person(1, Some(sealed.clone())));
        assert_eq!(*opened.unwrap().0, *example().0);
        let moved = ring.unseal_one_time(&person(2, Some(sealed.clone())));
        assert_eq!(moved.unwrap_err(), UnsealError::Altered);
        let cut = ring.unseal_one_time(&person(1, Some(sealed[..9].to_vec())));
        assert_eq!(cut.unwrap_err(), UnsealError::Altered);
        let none = ring.unseal_one_time(&person(1, None));
        assert_eq!(none.unwrap_err(), UnsealError::NotSealed);
    }

    #[test]
    fn p06_debug_shows_nothing() {
        assert_eq!(format!("{:?}", example()), "OneTimeSecret(redacted)");
    }
}
