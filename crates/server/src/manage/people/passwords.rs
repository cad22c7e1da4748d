//! Passwords: which are taken, and how they are remembered (argon2id, RFC 9106).
//!
//! Hashing costs much memory and time on purpose, so few are hashed at once, few wait for that, and
//! whoever comes on top is told to come again.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use keystile_core::key::Random;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::manage::field::Fields;
use crate::problem::Problem;

const LEAST_CHARS: usize = 8;
pub(super) const MOST_BYTES: usize = 1024;

/// Each takes 19 MiB while it is hashed.
const AT_ONCE: usize = 2;

/// Those that are hashed and those that wait for it.
const ADMITTED: usize = AT_ONCE + 16;

/// What is tried first by whoever guesses, as far as it is long enough to be a password here; in
/// lower case, because so it is compared.
const COMMON: &str = include_str!("common-passwords.txt");

/// The hash of a password that nobody has, for accounts that do not exist.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| hashed(b"", b"nobody has this").unwrap_or_default());

/// Where passwords are hashed.
#[derive(Debug)]
pub(super) struct Passwords {
    admitted: Arc<Semaphore>,
    slots: Arc<Semaphore>,
}

/// Too many passwords wait already; nothing was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Default for Passwords {
    fn default() -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(ADMITTED)),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// What is kept of a password, as a PHC string.
    ///
    /// # Errors
    /// When too many wait, or nothing random can be had.
    pub(super) async fn hash(
        &self,
        password: &str,
        random: &dyn Random,
    ) -> Result<String, Problem> {
        let mut salt = [0; 16];
        random.fill(&mut salt)?;
        let hash = self.hashing(password, move |password| hashed(password, &salt));
        let hash = hash.await.map_err(|Busy| busy())?;
        hash.ok_or_else(|| Problem::unavailable("undecided", "the password cannot be hashed"))
    }

    /// Whether `stored` is kept of this password. Without one it is not, after the same time.
    ///
    /// # Errors
    /// When too many wait.
    pub(super) async fn is(&self, password: &str, stored: Option<&str>) -> Result<bool, Busy> {
        let kept = stored.map(str::to_owned);
        let fits = self.hashing(password, move |password| {
            fits(password, kept.as_deref().unwrap_or(&NOBODYS))
        });
        Ok(fits.await? && stored.is_some())
    }

    /// Does it off the threads that serve requests. A caller that goes away frees its place only
    /// when the work is done.
    async fn hashing<T: Send + 'static>(
        &self,
        password: &str,
        work: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_| Busy)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_| Busy)?;
        let password = Zeroizing::new(password.as_bytes().to_vec());
        let done = tokio::task::spawn_blocking(move || {
            let _held = (admitted, slot);
            work(&password)
        });
        done.await.map_err(|_| Busy)
    }
}

/// What is answered when too many wait.
pub(super) fn busy() -> Problem {
    let status = http::StatusCode::TOO_MANY_REQUESTS;
    let problem = Problem::new(status, "busy", "too many sign in at once; try again");
    Problem {
        retry_after: Some(1),
        ..problem
    }
}

/// 19 MiB, twice, on one lane: the least that OWASP asks for, about 30 ms.
fn argon2() -> Option<Argon2<'static>> {
    let cost = Params::new(19 * 1024, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, cost))
}

fn hashed(password: &[u8], salt: &[u8]) -> Option<String> {
    let hash: PasswordHash = argon2()?.hash_password_with_salt(password, salt).ok()?;
    Some(hash.to_string())
}

/// At the cost that the stored hash names.
fn fits(password: &[u8], stored: &str) -> bool {
    let (Some(argon2), Ok(stored)) = (argon2(), PasswordHash::new(stored)) else {
        return false;
    };
    argon2.verify_password(password, &stored).is_ok()
}

/// Whether a text can be somebody's password.
pub(super) fn check(fields: &mut Fields, pointer: &str, password: &str, email: &str) {
    if password.chars().count() < LEAST_CHARS {
        fields.wrong(
            pointer,
            format!("a password has at least {LEAST_CHARS} characters; a few words are easy to keep in mind"),
        );
    } else if password.len() > MOST_BYTES {
        fields.wrong(pointer, too_long());
    }
    let lower = password.to_lowercase();
    if lower == email {
        fields.wrong(
            pointer,
            "a password is not the address that stands beside it",
        );
    } else if COMMON.lines().any(|common| common == lower) {
        let message = "this is one of the passwords that are tried first: choose another";
        fields.wrong(pointer, message);
    }
}

/// What is said of a text that is too long to be anybody's password.
pub(super) fn too_long() -> String {
    format!("a password has at most {MOST_BYTES} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn refused(password: &str) -> usize {
        let mut fields = Fields::default();
        check(&mut fields, "/password", password, "ada@example.com");
        fields.into_errors().len()
    }

    #[test]
    fn s13_passwords_have_a_least_and_a_most_and_are_not_the_usual_ones() {
        for good in [
            "correct horse",
            "        ",
            "\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}",
            "with\0nul and \u{e9}",
            &"x".repeat(73),
            &"x".repeat(MOST_BYTES),
        ] {
            assert_eq!(refused(good), 0, "{good:?}");
        }
        for bad in [
            "",
            "seven77",
            "Password1",
            "ADA@example.com",
            &"x".repeat(MOST_BYTES + 1),
            &"\u{1f511}".repeat(7),
        ] {
            assert_eq!(refused(bad), 1, "{bad:?}");
        }
    }

    #[test]
    fn the_list_holds_a_hundred_that_could_be_passwords() {
        assert_eq!(COMMON.lines().count(), 100);
        for common in COMMON.lines() {
            assert!(common.chars().count() >= LEAST_CHARS, "{common}");
            assert_eq!(common, common.to_lowercase());
        }
    }

    #[tokio::test]
    async fn s13_every_byte_of_a_password_counts() {
        let passwords = Passwords::default();
        let long = "x".repeat(MOST_BYTES);
        for password in ["nul\0 and more", long.as_str(), &long[..73]] {
            let kept = passwords.hash(password, &OsRandom).await.unwrap();
            assert!(
                kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
                "{kept}"
            );
            assert_eq!(passwords.is(password, Some(&kept)).await, Ok(true));
            let shorter = &password[..password.len() - 1];
            assert_eq!(passwords.is(shorter, Some(&kept)).await, Ok(false));
            let trailing = format!("{password} ");
            assert_eq!(passwords.is(&trailing, Some(&kept)).await, Ok(false));
        }
        assert_eq!(passwords.is("", None).await, Ok(false));
        assert_eq!(passwords.is("x", Some("no hash")).await, Ok(false));
    }

    #[tokio::test]
    async fn s13_many_at_once_wait_in_a_short_queue_and_the_rest_are_told() {
        let passwords = Passwords::default();
        // Nobody is served for as long as these are held.
        let slots = passwords.slots.acquire_many(2).await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        let passwords = Arc::new(Passwords {
            admitted: Arc::clone(&passwords.admitted),
            slots: Arc::clone(&passwords.slots),
        });
        for _ in 0..100 {
            let passwords = Arc::clone(&passwords);
            waiting.spawn(async move { passwords.is("a password", None).await });
        }
        for _ in 0..100 - ADMITTED {
            assert_eq!(waiting.join_next().await.unwrap().unwrap(), Err(Busy));
        }
        drop(slots);
        while let Some(one) = waiting.join_next().await {
            assert_eq!(one.unwrap(), Ok(false));
        }
    }
}
