//! Sessions: begun, renewed while they are in use, ended.
//!
//! A session lasts a day without use and a month in all. A request does not write: only when less
//! than half a day is left, the end is moved. The store's time never runs backwards, so no clock
//! makes a session last longer.

use keystile_core::key::{Token, TokenKind};
use keystile_core::model::{
    Action, Person, PersonId, Record, Session, SessionId, Subject, Timestamp,
};
use keystile_store::{Change, Guard, Write};
use serde_json::json;

use super::visitor::Visitor;
use crate::app::{App, Caller};
use crate::manage::work::{Failure, Request, Work, update};
use crate::problem::Problem;

/// For so many milliseconds after the password was given, nobody is asked for it again.
pub(super) const FRESH: i64 = 10 * 60 * 1000;

/// A session that is not used lasts so many milliseconds.
pub(super) const IDLE: i64 = 24 * 3600 * 1000;

/// A session lasts so many milliseconds, however much it is used.
pub(super) const LONGEST: i64 = 30 * 24 * 3600 * 1000;

/// So many sessions has a person at most.
pub(super) const MOST: u32 = 20;

/// A session that was just begun.
#[derive(Debug)]
pub(crate) struct Begun {
    /// What the browser is to hold: here and nowhere else.
    pub(crate) token: Token,
    pub(crate) session: Session,
}

/// Whether a session has ended by its time.
pub(super) fn is_over(session: &Session, now: Timestamp) -> bool {
    session.ends_at.min(session.begun_at.plus_millis(LONGEST)) <= now
}

impl Work<'_> {
    /// A new session, not written yet.
    pub(super) fn new_session(&self, person: PersonId) -> Result<Begun, Problem> {
        let now = self.now();
        let token = Token::mint(TokenKind::Session, &*self.app.random)?;
        let digest = Token::digest(TokenKind::Session, token.reveal()).ok_or_else(|| {
            Problem::unavailable("undecided", "no session could be made; nothing was changed")
        })?;
        let session = Session {
            id: SessionId::new(now, self.fresh()?),
            person,
            digest,
            begun_at: now,
            confirmed_at: now,
            ends_at: now.plus_millis(IDLE),
            seq: 0,
        };
        Ok(Begun { token, session })
    }

    /// A change that begins a session of a person as they are now, and ends those that are over
    /// or too many.
    pub(super) async fn beginning(
        &self,
        person: &Person,
        begun: &Begun,
    ) -> Result<Change, Failure> {
        let store = &self.app.store;
        let sessions = store.sessions_of(person.id).await?;
        let now = self.now();
        let (over, running): (Vec<_>, Vec<_>) =
            sessions.into_iter().partition(|one| is_over(one, now));
        let keep = usize::try_from(MOST).unwrap_or(usize::MAX) - 1;
        let too_many = running.len().saturating_sub(keep);
        // They come oldest first.
        let pushed_out = running.into_iter().take(too_many);
        let ended: Vec<_> = over.into_iter().chain(pushed_out).collect();
        let ids: Vec<_> = ended.iter().map(|one| one.id).collect();
        let details = json!({ "session": begun.session.id, "ended": ids });
        let mut change = self.change(Action::SessionBegun, details);
        change.actor = keystile_core::model::Actor::Person { id: person.id };
        change
            .guards
            .push(Guard::Unchanged(Subject::Person(person.id), person.seq));
        change.guards.push(Guard::SessionsOfPerson {
            person: person.id,
            at_most: MOST,
        });
        let session = Record::Session(begun.session.clone());
        change.writes.push(Write::Insert(session));
        change.writes.extend(ended.iter().map(end));
        Ok(change)
    }
}

/// Ends a session.
pub(super) fn end(session: &Session) -> Write {
    Write::Remove {
        subject: Subject::Session(session.id),
        replaces: session.seq,
    }
}

/// Signs out: the session is over with the next request.
pub(crate) async fn sign_out(work: &Work<'_>, visitor: &Visitor) -> Result<(), Problem> {
    match end_session(work, visitor, visitor.session.id).await {
        Err(problem) if problem.status == http::StatusCode::NOT_FOUND => Ok(()),
        done => done,
    }
}

/// Ends one of the visitor's own sessions.
pub(crate) async fn end_session(
    work: &Work<'_>,
    visitor: &Visitor,
    id: SessionId,
) -> Result<(), Problem> {
    work.attempt(async || {
        let sessions = work.app.store.sessions_of(visitor.person.id).await?;
        let missing = || Problem::not_found("session");
        let session = sessions.iter().find(|one| one.id == id);
        let session = session.ok_or_else(missing)?;
        let mut change = work.change(Action::SessionEnded, json!({ "sessions": [id] }));
        change.actor = visitor.actor();
        change.writes.push(end(session));
        work.commit(change).await?;
        Ok(())
    })
    .await
}

/// Moves the end of a session that is in use, when less than half of its time is left.
pub(crate) async fn renew(app: &App, visitor: &Visitor) -> Result<(), Problem> {
    let now = app.now();
    let before = &visitor.session;
    let latest = before.begun_at.plus_millis(LONGEST);
    let ends_at = now.plus_millis(IDLE).min(latest);
    let has_time = before.ends_at > now.plus_millis(IDLE / 2);
    if has_time || ends_at <= before.ends_at || is_over(before, now) {
        return Ok(());
    }
    let caller = Caller::person(visitor.person.id, None, false);
    let work = Work::new(app, &caller, Request::default());
    let mut change = work.change(Action::SessionRenewed, json!({ "session": before.id }));
    let session = Session {
        ends_at,
        ..before.clone()
    };
    change
        .writes
        .push(update(Record::Session(session), before.seq));
    match work.commit(change).await {
        // Another request has renewed or ended it: either is right.
        Ok(_) | Err(Failure::Conflict(_)) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}
