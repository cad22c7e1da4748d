//! What people change about themselves.

use keystile_core::model::{Action, Person, Record, Session};
use keystile_store::Guard;
use serde_json::json;

use super::passwords;
use super::sessions::{end, is_over};
use super::sign_in::{SignInProblem, noted, proved_visitor, settled};
use super::visitor::{Visitor, living};
use crate::app::App;
use crate::manage::field::Fields;
use crate::manage::work::{Work, update};
use crate::problem::Problem;

/// Gives the visitor another password, and ends all their other sessions.
pub(crate) async fn change_password(
    work: &Work<'_>,
    visitor: &Visitor,
    old: &str,
    new: &str,
) -> Result<(), SignInProblem> {
    let changed = try_change(work, visitor, old, new).await;
    noted(work, changed)
}

async fn try_change(
    work: &Work<'_>,
    visitor: &Visitor,
    old: &str,
    new: &str,
) -> Result<(), SignInProblem> {
    let mut fields = Fields::default();
    passwords::check(&mut fields, "/new", new, &visitor.person.email);
    fields.finish()?;
    let (person, guess) = proved_visitor(work, visitor, old).await?;
    let hash = work.app.people.passwords.hash(new, &*work.app.random).await;
    let changed = match hash {
        Ok(hash) => keep_changed(work, visitor, &person, &hash).await,
        Err(problem) => Err(problem),
    };
    settled(guess, changed)
}

async fn keep_changed(
    work: &Work<'_>,
    visitor: &Visitor,
    proved: &Person,
    hash: &str,
) -> Result<Result<(), SignInProblem>, Problem> {
    work.attempt(async || {
        let person = living(work.app, proved.id).await?;
        let Some(person) = person.filter(|row| row.password == proved.password) else {
            return Ok(Err(SignInProblem::Wrong));
        };
        let now = work.now();
        let sessions = work.app.store.sessions_of(person.id).await?;
        let (own, others): (Vec<_>, Vec<_>) = sessions
            .into_iter()
            .partition(|one| one.id == visitor.session.id);
        let ids: Vec<_> = others.iter().map(|one| one.id).collect();
        let mut change = work.change(Action::PasswordChanged, json!({ "ended": ids }));
        change.actor = visitor.actor();
        let (before, seq) = (person.id, person.seq);
        let person = Person {
            password: Some(hash.to_owned()),
            password_at: Some(now),
            ..person
        };
        change.writes.push(update(Record::Person(person), seq));
        change.writes.extend(others.iter().map(end));
        change.writes.extend(own.into_iter().map(|session| {
            let seq = session.seq;
            let confirmed_at = now;
            let session = Session {
                confirmed_at,
                ..session
            };
            update(Record::Session(session), seq)
        }));
        change.guards.push(Guard::SessionsOfPerson {
            person: before,
            at_most: 1,
        });
        work.commit(change).await?;
        Ok(Ok(()))
    })
    .await
}

/// Gives the visitor another name.
pub(crate) async fn rename(
    work: &Work<'_>,
    visitor: &Visitor,
    name: &str,
) -> Result<Person, Problem> {
    let mut fields = Fields::default();
    fields.name("/name", name);
    fields.finish()?;
    work.attempt(async || {
        let found = living(work.app, visitor.person.id).await?;
        let before = found.ok_or_else(|| Problem::not_found("person"))?;
        let after = Person {
            name: name.trim().to_owned(),
            ..before.clone()
        };
        if after.name == before.name {
            return Ok(before);
        }
        let details = json!({ "person": before.id, "fields": ["name"] });
        let mut change = work.change(Action::PersonUpdated, details);
        change.actor = visitor.actor();
        change
            .writes
            .push(update(Record::Person(after.clone()), before.seq));
        let seq = work.commit(change).await?.seq;
        Ok(Person { seq, ..after })
    })
    .await
}

/// The visitor's sessions that have not ended, newest first.
pub(crate) async fn sessions(app: &App, visitor: &Visitor) -> Result<Vec<Session>, Problem> {
    let id = visitor.person.id;
    let mut sessions = app
        .all_current(async || app.store.sessions_of(id).await)
        .await?;
    let now = app.now();
    sessions.retain(|one| !is_over(one, now));
    sessions.reverse();
    Ok(sessions)
}

/// Ends all sessions of the visitor but this one; how many that were.
pub(crate) async fn end_other_sessions(
    work: &Work<'_>,
    visitor: &Visitor,
) -> Result<usize, Problem> {
    work.attempt(async || {
        let mut others = work.app.store.sessions_of(visitor.person.id).await?;
        others.retain(|one| one.id != visitor.session.id);
        if others.is_empty() {
            return Ok(0);
        }
        let ids: Vec<_> = others.iter().map(|one| one.id).collect();
        let mut change = work.change(Action::SessionEnded, json!({ "sessions": ids }));
        change.actor = visitor.actor();
        change.writes.extend(others.iter().map(end));
        work.commit(change).await?;
        Ok(others.len())
    })
    .await
}
