//! Becoming a member with an invitation, as somebody new or as who one is already.
//!
//! An invitation is used up by the very change that makes the membership, so it is used once,
//! however many try at the same moment.

use keystile_core::key::{Token, TokenKind};
use keystile_core::model::{
    Action, Actor, Invitation, Member, MemberId, Person, PersonId, Record, Role, Subject, Timestamp,
};
use keystile_store::{Guard, Write};
use serde_json::json;

use super::sessions::Begun;
use super::sign_in::EMAIL_BYTES;
use super::visitor::{Visitor, living, memberships, role_at};
use super::{links, passwords, rights};
use crate::app::App;
use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work, update};
use crate::problem::Problem;

/// Who somebody new is.
pub(crate) struct NewPerson {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPerson(redacted)")
    }
}

/// The invitation that this token is for; `None` when there is none, its time is over, or whoever
/// made it may not let anybody in with it any more.
pub(crate) async fn invitation(app: &App, token: &str) -> Result<Option<Invitation>, Problem> {
    let Some(digest) = Token::digest(TokenKind::Invitation, token) else {
        return Ok(None);
    };
    let found = app.current(async || app.store.invitation_by_digest(&digest).await);
    let Some(found) = found.await?.filter(|row| row.ends_at > app.now()) else {
        return Ok(None);
    };
    let backing = rights::backing(app, &found).await?;
    Ok(backing.map(|_| found))
}

/// Makes somebody new a member, and signs them in.
pub(crate) async fn accept(
    work: &Work<'_>,
    token: &str,
    new: &NewPerson,
) -> Result<Begun, Problem> {
    let invited = invited(work, token).await?;
    let email = Person::canonical_email(&new.email);
    check(&invited, new, &email)?;
    let password = work
        .app
        .people
        .passwords
        .hash(&new.password, &*work.app.random);
    let password = password.await?;
    work.attempt(async || {
        let invitation = still(work, token).await?;
        let now = work.now();
        let person = Person {
            id: PersonId::new(now, work.fresh()?),
            email: email.clone(),
            name: new.name.trim().to_owned(),
            password: Some(password.clone()),
            password_at: Some(now),
            totp: None,
            totp_step: None,
            recovery: None,
            reset: None,
            created_at: now,
            removed_at: None,
            seq: 0,
        };
        let member = work.new_member(&person, &invitation)?;
        let mut begun = work.new_session(person.id)?;
        let mut change = work.change(
            Action::PersonCreated,
            json!({
                "person": person.id, "role": member.role, "invitation": invitation.id,
                "session": begun.session.id,
            }),
        );
        change.actor = Actor::Person { id: person.id };
        change.writes = [
            Record::Person(person),
            Record::Member(member),
            Record::Session(begun.session.clone()),
        ]
        .map(Write::Insert)
        .into();
        begun.session.seq = use_up(work, &invitation, change).await?;
        Ok(begun)
    })
    .await
    .map_err(known_already)
}

/// Makes the visitor a member, or raises the role that they have there.
pub(crate) async fn accept_as(
    work: &Work<'_>,
    visitor: &Visitor,
    token: &str,
) -> Result<Member, Problem> {
    let invited = invited(work, token).await?;
    let is_theirs = |email: &String| *email == visitor.person.email;
    if !invited.email.as_ref().is_none_or(is_theirs) {
        let detail = "this invitation is for another address: sign in with that one";
        return Err(Problem::forbidden("another_address", detail));
    }
    work.attempt(async || {
        let invitation = still(work, token).await?;
        let id = visitor.person.id;
        let person = living(work.app, id).await?;
        let person = person.ok_or_else(|| Problem::not_found("invitation"))?;
        let members = memberships(work.app, id).await?;
        if role_at(&members, invitation.organization) >= Some(invitation.role) {
            let detail = "you may do all of this here already; the invitation is left as it is";
            return Err(Problem::conflict("already_member", detail).into());
        }
        let there = |one: &&Member| one.organization == invitation.organization;
        let (action, member, write) = match members.iter().find(there) {
            None => {
                let member = work.new_member(&person, &invitation)?;
                let write = Write::Insert(Record::Member(member.clone()));
                (Action::MemberAdded, member, write)
            }
            Some(before) => {
                let role = invitation.role;
                let member = Member {
                    role,
                    ..before.clone()
                };
                let write = update(Record::Member(member.clone()), before.seq);
                (Action::MemberChanged, member, write)
            }
        };
        let details = json!({
            "member": member.id, "person": id, "role": member.role, "invitation": invitation.id,
        });
        let mut change = work.change(action, details);
        change.actor = visitor.actor();
        // Written anew, so that they do not go at this moment because they had only one other
        // membership, which has ended.
        let seq = person.seq;
        change.writes = vec![write, update(Record::Person(person), seq)];
        let seq = use_up(work, &invitation, change).await?;
        Ok(Member { seq, ..member })
    })
    .await
}

/// The invitation that a token is for.
async fn invited(work: &Work<'_>, token: &str) -> Result<Invitation, Problem> {
    let found = invitation(work.app, token).await?;
    found.ok_or_else(|| Problem::not_found("invitation"))
}

/// The same after a while, in which somebody else may have used it.
async fn still(work: &Work<'_>, token: &str) -> Result<Invitation, Failure> {
    let found = invitation(work.app, token).await?;
    let gone = || {
        let detail = "this invitation was used or withdrawn a moment ago";
        Problem::conflict("invitation_used", detail)
    };
    Ok(found.ok_or_else(gone)?)
}

/// Writes a change with which an invitation is used up; its journal row.
async fn use_up(
    work: &Work<'_>,
    invitation: &Invitation,
    mut change: keystile_store::Change,
) -> Result<u64, Failure> {
    if let Some(id) = invitation.organization {
        let store = &work.app.store;
        let found = store.organization(id).await?;
        let living = found.filter(|row| row.deleted_at.is_none());
        let row = living.ok_or_else(|| Problem::not_found("invitation"))?;
        let subject = Subject::Organization(id);
        change.guards.push(Guard::Unchanged(subject, row.seq));
        change.product = Some(row.product);
        change.organization = Some(id);
    }
    let backing = rights::backing(work.app, invitation).await?;
    let backing = backing.ok_or_else(|| Problem::not_found("invitation"))?;
    change.guards.extend(backing);
    if links::is_set_up(invitation) {
        change.guards.push(Guard::NobodyOwnsInstallation);
    }
    change.writes.push(links::removal(invitation));
    Ok(work.commit(change).await?.seq)
}

fn check(invitation: &Invitation, new: &NewPerson, email: &str) -> Result<(), Problem> {
    let mut fields = Fields::default();
    check_email(&mut fields, "/email", email);
    let is_it = |wanted: &String| wanted == email;
    if !invitation.email.as_ref().is_none_or(is_it) {
        fields.wrong("/email", "this invitation is for another address");
    }
    fields.name("/name", &new.name);
    passwords::check(&mut fields, "/password", &new.password, email);
    fields.finish()
}

/// Whether a canonical text can be somebody's address. Whether it is, only a letter would tell.
pub(super) fn check_email(fields: &mut Fields, pointer: &str, email: &str) {
    let parts = email.split_once('@');
    let good = parts.is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    let strange = |c: char| c.is_whitespace() || c.is_control();
    if !good || email.contains(strange) || email.len() > EMAIL_BYTES {
        fields.wrong(pointer, "an address is like ada@example.com");
    }
    fields.no_secret(pointer, email);
}

/// Whoever is known already is asked to sign in.
fn known_already(problem: Problem) -> Problem {
    if problem.code != "already_exists" {
        return problem;
    }
    let detail = "somebody has this address already: sign in first, then open the invitation again";
    Problem::conflict("already_exists", detail)
}

impl Work<'_> {
    fn new_member(&self, person: &Person, invitation: &Invitation) -> Result<Member, Problem> {
        let now: Timestamp = self.now();
        let role: Role = invitation.role;
        Ok(Member {
            id: MemberId::new(now, self.fresh()?),
            person: person.id,
            organization: invitation.organization,
            role,
            created_at: now,
            created_by: invitation.created_by.clone(),
            removed_at: None,
            seq: 0,
        })
    }
}
