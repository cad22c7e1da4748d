//! Letting somebody in again who has lost their password or their second factor.
//!
//! Whoever has the link becomes that person, so only owners of the installation and whoever has
//! the machine can make one. From then on nothing else lets the person in.

use keystile_core::key::{Token, TokenKind};
use keystile_core::model::{Action, Actor, Person, PersonId, Record, Reset, Role};
use keystile_store::{Guard, Write};
use serde_json::json;

use super::passwords;
use super::sessions::{Begun, end};
use super::visitor::living;
use crate::app::App;
use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work, update};
use crate::problem::Problem;

/// A link lasts so many milliseconds.
const LASTS: i64 = 24 * 3600 * 1000;

/// Takes a person's password, second factor and sessions away, and gives the token of a link with
/// which they set a new password. An earlier link counts no more.
pub(crate) async fn reset_person(work: &Work<'_>, id: PersonId) -> Result<Token, Problem> {
    if *work.caller.actor() == (Actor::Person { id }) {
        let detail = "this is for others: change your own password in your profile";
        return Err(Problem::conflict("own_person", detail));
    }
    work.attempt(async || {
        let standing = work.standing(None, "person").await?;
        standing.may_grant(&[Role::Owner])?;
        let found = living(work.app, id).await?;
        let before = found.ok_or_else(|| Problem::not_found("person"))?;
        let token = Token::mint(TokenKind::Reset, &*work.app.random).map_err(Problem::from)?;
        let now = work.now();
        let digest = Token::digest(TokenKind::Reset, token.reveal());
        let reset = digest.map(|digest| Reset {
            digest,
            ends_at: now.plus_millis(LASTS),
        });
        let after = Person {
            password: None,
            password_at: None,
            totp: None,
            totp_step: None,
            recovery: None,
            reset,
            ..before.clone()
        };
        let sessions = work.app.store.sessions_of(id).await?;
        let mut change = work.change(Action::PersonReset, json!({ "person": id }));
        change.guards.extend(standing.guard);
        change.guards.push(Guard::SessionsOfPerson {
            person: id,
            at_most: 0,
        });
        change.writes = sessions.iter().map(end).collect();
        change
            .writes
            .push(update(Record::Person(after), before.seq));
        work.commit(change).await?;
        Ok(token)
    })
    .await
}

/// The link for the person of this address, to be opened in a browser.
pub(crate) async fn reset_link(work: &Work<'_>, email: &str) -> Result<String, Problem> {
    let store = &work.app.store;
    let email = Person::canonical_email(email);
    let found = work
        .app
        .current(async || store.person_by_email(&email).await);
    let found = found.await?;
    let missing = || Problem::field("/email", "there is nobody of this address");
    let token = reset_person(work, found.ok_or_else(missing)?.id).await?;
    Ok(work.app.link("reset", &token))
}

/// Who sets a new password with this token; `None` when nobody does, or its time is over.
pub(crate) async fn resetting(app: &App, token: &str) -> Result<Option<Person>, Problem> {
    let Some(digest) = Token::digest(TokenKind::Reset, token) else {
        return Ok(None);
    };
    let found = app.current(async || app.store.person_by_reset(&digest).await);
    let now = app.now();
    let counts = |row: &Person| {
        let ends_at = row.reset.as_ref().map(|reset| reset.ends_at);
        row.removed_at.is_none() && ends_at.is_some_and(|end| end > now)
    };
    Ok(found.await?.filter(counts))
}

/// Sets the new password, and signs its owner in. The link counts no more.
pub(crate) async fn set_password(
    work: &Work<'_>,
    token: &str,
    password: &str,
) -> Result<Begun, Problem> {
    let missing = || Problem::not_found("link");
    let person = resetting(work.app, token).await?.ok_or_else(missing)?;
    let mut fields = Fields::default();
    passwords::check(&mut fields, "/password", password, &person.email);
    fields.finish()?;
    let passwords = &work.app.people.passwords;
    let hash = passwords.hash(password, &*work.app.random).await?;
    work.attempt(async || {
        let gone = || {
            let detail = "this link was used or replaced a moment ago";
            Problem::conflict("link_used", detail)
        };
        let found = resetting(work.app, token).await?;
        let before = found.ok_or_else(gone)?;
        let mut begun = work.new_session(before.id)?;
        let (id, seq) = (before.id, before.seq);
        let after = Person {
            password: Some(hash.clone()),
            password_at: Some(work.now()),
            reset: None,
            ..before
        };
        let details = json!({ "person": id, "session": begun.session.id, "by_link": true });
        let mut change = work.change(Action::PasswordChanged, details);
        change.actor = Actor::Person { id };
        change.writes = vec![
            update(Record::Person(after), seq),
            Write::Insert(Record::Session(begun.session.clone())),
        ];
        begun.session.seq = work.commit(change).await?.seq;
        Ok::<_, Failure>(begun)
    })
    .await
}
