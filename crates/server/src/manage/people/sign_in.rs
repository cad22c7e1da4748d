//! Signing in, and giving the password again.
//!
//! An address that nobody has and a wrong password are told alike, after the same work. Nothing of
//! a try that failed is written down but a count and a line in the log that names nobody.

use std::net::IpAddr;

use keystile_core::model::{Action, Person, Record, Session};
use serde_json::json;

use super::guessing::Try;
use super::passwords::{Busy, MOST_BYTES, too_long};
use super::second;
use super::sessions::Begun;
use super::visitor::{Visitor, living};
use crate::manage::work::{Work, update};
use crate::problem::Problem;

/// The longest address of a person (RFC 5321 §4.5.3.1.3, without the brackets).
pub(super) const EMAIL_BYTES: usize = 254;

/// Why nobody was let in.
#[derive(Debug)]
pub(crate) enum SignInProblem {
    /// There is nobody of this address, or this is not their password.
    Wrong,
    /// The password is right, and a one-time or recovery code must come with it.
    SecondNeeded,
    /// The code is none of theirs, or was used already.
    SecondWrong,
    /// Too many wrong tries, or too many at once: nothing was looked at.
    Slow {
        /// In how many seconds to try again.
        seconds: u32,
    },
    /// Whatever else.
    Problem(Problem),
}

impl From<Problem> for SignInProblem {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl SignInProblem {
    /// A word for counting.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::SecondNeeded => "second_needed",
            Self::SecondWrong => "second_wrong",
            Self::Slow { .. } => "slow",
            Self::Problem(_) => "problem",
        }
    }
}

/// Begins a session for whoever has this address and password, and the second factor where one is
/// set: a one-time code or a recovery code.
pub(crate) async fn sign_in(
    work: &Work<'_>,
    email: &str,
    password: &str,
    second: Option<&str>,
) -> Result<Begun, SignInProblem> {
    let signed_in = try_sign_in(work, email, password, second).await;
    noted(work, signed_in)
}

/// Notes that the visitor has given their password again.
pub(crate) async fn confirm(
    work: &Work<'_>,
    visitor: &Visitor,
    password: &str,
) -> Result<(), SignInProblem> {
    let confirmed = try_confirm(work, visitor, password).await;
    noted(work, confirmed)
}

/// Counts how it ended.
pub(super) fn noted<T>(
    work: &Work<'_>,
    done: Result<T, SignInProblem>,
) -> Result<T, SignInProblem> {
    let outcome = match &done {
        Ok(_) => "ok",
        Err(problem) => problem.as_str(),
    };
    work.app.metrics.signed_in(outcome);
    if done.is_err() {
        let request_id = work.request.id.map(|id| id.to_string());
        tracing::warn!(outcome, request_id, "nobody was signed in");
    }
    done
}

async fn try_sign_in(
    work: &Work<'_>,
    email: &str,
    password: &str,
    second: Option<&str>,
) -> Result<Begun, SignInProblem> {
    refuse_long(email, password)?;
    let email = Person::canonical_email(email);
    let store = &work.app.store;
    let find = work
        .app
        .current(async || store.person_by_email(&email).await);
    let (person, guess) = proved(work, &email, password, find).await?;
    let begun = begin(work, &person, second).await;
    settled(guess, begun)
}

async fn try_confirm(
    work: &Work<'_>,
    visitor: &Visitor,
    password: &str,
) -> Result<(), SignInProblem> {
    let (_, guess) = proved_visitor(work, visitor, password).await?;
    settled(guess, keep_confirmed(work, visitor).await)
}

/// The visitor as they are now, if this is their password; and the try, which is still to be
/// ended.
pub(super) async fn proved_visitor<'w>(
    work: &Work<'w>,
    visitor: &Visitor,
    password: &str,
) -> Result<(Person, Try<'w>), SignInProblem> {
    refuse_long("", password)?;
    let find = living(work.app, visitor.person.id);
    proved(work, &visitor.person.email, password, find).await
}

/// What nobody can have is no try.
fn refuse_long(email: &str, password: &str) -> Result<(), Problem> {
    if password.len() > MOST_BYTES {
        return Err(Problem::field("/password", too_long()));
    }
    if email.trim().len() > EMAIL_BYTES {
        let message = format!("an address has at most {EMAIL_BYTES} bytes");
        return Err(Problem::field("/email", message));
    }
    Ok(())
}

/// Whoever `find` finds, if this is their password; and the try, which is still to be ended.
async fn proved<'w>(
    work: &Work<'w>,
    account: &str,
    password: &str,
    find: impl Future<Output = Result<Option<Person>, Problem>>,
) -> Result<(Person, Try<'w>), SignInProblem> {
    let guess = guessing(work, account)?;
    let person = match find.await {
        Ok(person) => person,
        Err(problem) => {
            guess.taken_back();
            return Err(problem.into());
        }
    };
    let stored = person
        .as_ref()
        .and_then(|person| person.password.as_deref());
    match (work.app.people.passwords.is(password, stored).await, person) {
        (Ok(true), Some(person)) => Ok((person, guess)),
        (Ok(_), _) => {
            guess.failed();
            Err(SignInProblem::Wrong)
        }
        (Err(Busy), _) => {
            guess.taken_back();
            Err(SignInProblem::Slow { seconds: 1 })
        }
    }
}

/// Begins a try at an account from the address that the request came from.
pub(super) fn guessing<'w>(work: &Work<'w>, account: &str) -> Result<Try<'w>, SignInProblem> {
    let guessing = &work.app.people.guessing;
    let guess = guessing.begin(account, address(work), work.app.tick());
    guess.map_err(|seconds| SignInProblem::Slow { seconds })
}

/// Ends a try by how it went on after the password was right.
pub(super) fn settled<T>(
    guess: Try<'_>,
    done: Result<Result<T, SignInProblem>, Problem>,
) -> Result<T, SignInProblem> {
    let done = done.map_err(SignInProblem::Problem).flatten();
    match &done {
        Ok(_) => guess.succeeded(),
        Err(SignInProblem::Wrong | SignInProblem::SecondWrong) => guess.failed(),
        Err(_) => guess.taken_back(),
    }
    done
}

fn address(work: &Work<'_>) -> Option<IpAddr> {
    let personal = work.request.personal.as_ref()?;
    personal.ip.as_ref()?.parse().ok()
}

/// Begins a session, unless the password has changed since it was looked at, or a second factor is
/// missing.
pub(super) async fn begin(
    work: &Work<'_>,
    proved: &Person,
    second: Option<&str>,
) -> Result<Result<Begun, SignInProblem>, Problem> {
    work.attempt(async || {
        let person = living(work.app, proved.id).await?;
        let Some(person) = person.filter(|row| row.password == proved.password) else {
            return Ok(Err(SignInProblem::Wrong));
        };
        let used = match second {
            _ if !person.has_second() => None,
            None => return Ok(Err(SignInProblem::SecondNeeded)),
            Some(text) => match second::used(work, &person, text)? {
                None => return Ok(Err(SignInProblem::SecondWrong)),
                used => used,
            },
        };
        let mut begun = work.new_session(person.id)?;
        let mut change = work.beginning(&person, &begun).await?;
        if let Some((after, kind)) = used {
            change.details["second"] = json!(kind);
            change
                .writes
                .push(update(Record::Person(after), person.seq));
        }
        begun.session.seq = work.commit(change).await?.seq;
        Ok(Ok(begun))
    })
    .await
}

async fn keep_confirmed(
    work: &Work<'_>,
    visitor: &Visitor,
) -> Result<Result<(), SignInProblem>, Problem> {
    work.attempt(async || {
        let digest = &visitor.session.digest;
        let read = async || work.app.store.session_by_digest(digest).await;
        let Some(before) = work.app.current(read).await? else {
            return Ok(Err(SignInProblem::Wrong));
        };
        let session = Session {
            confirmed_at: work.now(),
            ..before.clone()
        };
        let mut change = work.change(Action::SessionConfirmed, json!({ "session": before.id }));
        change.actor = visitor.actor();
        change
            .writes
            .push(update(Record::Session(session), before.seq));
        work.commit(change).await?;
        Ok(Ok(()))
    })
    .await
}
