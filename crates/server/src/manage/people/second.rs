//! The second factor: one-time codes of an app, and recovery codes for whoever has lost it.
//!
//! A code counts once. That it was used stands in its owner's record, which is written with the
//! session that it begins, so of two that use it at the same moment one comes too late.

use keystile_core::key::{OneTimeSecret, RecoveryCode, UnsealError};
use keystile_core::model::{Action, Person, Record};
use serde_json::json;
use zeroize::Zeroizing;

use super::sign_in::{SignInProblem, guessing, noted, settled};
use super::visitor::{Visitor, living};
use crate::app::App;
use crate::manage::work::{Failure, Work, update};
use crate::problem::Problem;

/// So many recovery codes has a person at first.
const CODES: usize = 10;

/// What an app takes over, typed or as a picture.
pub(crate) struct TotpSetup {
    /// The secret in base32.
    pub(crate) secret: Zeroizing<String>,
    /// The same with all that goes with it, as apps read it from a QR code.
    pub(crate) uri: Zeroizing<String>,
}

impl std::fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSetup(redacted)")
    }
}

/// Gives the visitor a secret for one-time codes. It counts once they have shown a code made of
/// it, with [`enable_totp`].
pub(crate) async fn begin_totp(work: &Work<'_>, visitor: &Visitor) -> Result<TotpSetup, Problem> {
    must_be_fresh(work, visitor)?;
    work.attempt(async || {
        let before = still_there(work, visitor).await?;
        if before.has_second() {
            let detail = "one-time codes are in use already: disable them first";
            return Err(Problem::conflict("already_enabled", detail).into());
        }
        let secret = OneTimeSecret::random(&*work.app.random).map_err(Problem::from)?;
        let keyring = work.app.engine.keyring();
        let sealed = keyring.seal_one_time(&*work.app.random, before.id, &secret);
        let sealed = sealed.map_err(Problem::from)?;
        let seq = before.seq;
        let after = Person {
            totp: Some(sealed),
            ..before
        };
        let setup = setup(work.app, &after.email, &secret);
        write(work, Action::TotpBegun, json!({}), after, seq).await?;
        Ok(setup)
    })
    .await
}

/// Makes signing in take a one-time code from now on, once the visitor has shown one; their
/// recovery codes, which are shown here and never again.
pub(crate) async fn enable_totp(
    work: &Work<'_>,
    visitor: &Visitor,
    code: &str,
) -> Result<Vec<RecoveryCode>, SignInProblem> {
    let enabled = try_enable(work, visitor, code).await;
    noted(work, enabled)
}

async fn try_enable(
    work: &Work<'_>,
    visitor: &Visitor,
    code: &str,
) -> Result<Vec<RecoveryCode>, SignInProblem> {
    let guess = guessing(work, &visitor.person.email)?;
    let enabled = work
        .attempt(async || {
            let before = still_there(work, visitor).await?;
            if before.totp.is_none() || before.has_second() {
                let detail = "there is no new secret whose code could be shown: begin anew";
                return Err(Problem::conflict("not_begun", detail).into());
            }
            let secret = unsealed(work.app, &before)?;
            let code = spaceless(code);
            let Some(step) = secret.step_of(&code, work.now(), None) else {
                return Ok(Err(SignInProblem::SecondWrong));
            };
            let (codes, hashes) = new_codes(work)?;
            let seq = before.seq;
            let after = Person {
                totp_step: Some(step),
                recovery: Some(hashes.into()),
                ..before
            };
            let details = json!({ "recovery_codes": codes.len() });
            write(work, Action::TotpEnabled, details, after, seq).await?;
            Ok(Ok(codes))
        })
        .await;
    settled(guess, enabled)
}

/// Makes signing in take the password alone; recovery codes go, too.
pub(crate) async fn disable_totp(work: &Work<'_>, visitor: &Visitor) -> Result<(), Problem> {
    must_be_fresh(work, visitor)?;
    work.attempt(async || {
        let before = still_there(work, visitor).await?;
        if before.totp.is_none() {
            return Ok(());
        }
        let seq = before.seq;
        let after = Person {
            totp: None,
            totp_step: None,
            recovery: None,
            ..before
        };
        write(work, Action::TotpDisabled, json!({}), after, seq).await
    })
    .await
}

/// Gives the visitor new recovery codes, which are shown here and never again; the old ones count
/// no more.
pub(crate) async fn replace_recovery_codes(
    work: &Work<'_>,
    visitor: &Visitor,
) -> Result<Vec<RecoveryCode>, Problem> {
    must_be_fresh(work, visitor)?;
    work.attempt(async || {
        let before = still_there(work, visitor).await?;
        if !before.has_second() {
            let detail = "recovery codes come with one-time codes: enable these first";
            return Err(Problem::conflict("not_enabled", detail).into());
        }
        let (codes, hashes) = new_codes(work)?;
        let seq = before.seq;
        let after = Person {
            recovery: Some(hashes.into()),
            ..before
        };
        let details = json!({ "recovery_codes": codes.len() });
        write(work, Action::RecoveryCodesReplaced, details, after, seq).await?;
        Ok(codes)
    })
    .await
}

/// A person as they are once this code of theirs is used up, and which kind it was; `None` when it
/// is none.
pub(super) fn used(
    work: &Work<'_>,
    person: &Person,
    text: &str,
) -> Result<Option<(Person, &'static str)>, Problem> {
    let code = spaceless(text);
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        let secret = unsealed(work.app, person)?;
        let step = secret.step_of(&code, work.now(), person.totp_step);
        return Ok(step.map(|step| {
            let totp_step = Some(step);
            let after = Person {
                totp_step,
                ..person.clone()
            };
            (after, "one_time_code")
        }));
    }
    let (Some(hash), Some(known)) = (RecoveryCode::hash_of(&code), &person.recovery) else {
        return Ok(None);
    };
    if !known.contains(&hash) {
        return Ok(None);
    }
    let left = known.iter().filter(|one| **one != hash).cloned();
    let recovery = Some(left.collect());
    let after = Person {
        recovery,
        ..person.clone()
    };
    Ok(Some((after, "recovery_code")))
}

fn spaceless(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect())
}

fn new_codes(work: &Work<'_>) -> Result<(Vec<RecoveryCode>, Vec<String>), Problem> {
    let codes: Result<Vec<_>, _> = (0..CODES)
        .map(|_| RecoveryCode::mint(&*work.app.random))
        .collect();
    let codes = codes?;
    let hash = |code: &RecoveryCode| RecoveryCode::hash_of(code.reveal());
    let hashes = codes.iter().filter_map(hash).collect();
    Ok((codes, hashes))
}

/// What an app takes over. The name of the installation tells several of them apart.
fn setup(app: &App, email: &str, secret: &OneTimeSecret) -> TotpSetup {
    let public = app.settings.public_url.as_deref();
    let host = public.and_then(|url| url.split_once("://"));
    let issuer = match host {
        Some((_, host)) => format!("Keystile {host}"),
        None => "Keystile".to_owned(),
    };
    let (issuer, account) = (encoded(&issuer), encoded(email));
    let text = secret.to_text();
    let uri = Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        text.as_str()
    ));
    TotpSetup { secret: text, uri }
}

/// A text as a part of an address (RFC 3986 §2).
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match plain(&byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn unsealed(app: &App, person: &Person) -> Result<OneTimeSecret, Problem> {
    let opened = app.engine.keyring().unseal_one_time(person);
    opened.map_err(|why: UnsealError| {
        let detail = "the secret of the one-time codes is not as Keystile wrote it; \
                      `keystile people reset` lets its owner in";
        Problem::unavailable("row_refused", detail).because(format!("{}: {why}", person.id))
    })
}

/// What weakens or replaces a second factor is not for whoever finds a browser open.
fn must_be_fresh(work: &Work<'_>, visitor: &Visitor) -> Result<(), Problem> {
    match visitor.is_fresh(work.now()) {
        true => Ok(()),
        false => Err(Problem::forbidden(
            "password_needed",
            "give your password again first",
        )),
    }
}

async fn still_there(work: &Work<'_>, visitor: &Visitor) -> Result<Person, Failure> {
    let found = living(work.app, visitor.person.id).await?;
    Ok(found.ok_or_else(|| Problem::not_found("person"))?)
}

/// Writes a person's next version, as done by themselves.
async fn write(
    work: &Work<'_>,
    action: Action,
    details: serde_json::Value,
    after: Person,
    replaces: u64,
) -> Result<(), Failure> {
    let mut change = work.change(action, details);
    change.actor = keystile_core::model::Actor::Person { id: after.id };
    change.writes.push(update(Record::Person(after), replaces));
    work.commit(change).await?;
    Ok(())
}
