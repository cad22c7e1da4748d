//! Whoever is signed in, and what they may do where.

use keystile_core::key::{Token, TokenKind};
use keystile_core::model::{
    Actor, Member, OrganizationId, Person, PersonId, Role, Session, Timestamp,
};

use super::sessions::{FRESH, is_over};
use crate::app::{App, Caller};
use crate::problem::Problem;

/// Whoever is signed in, as of now.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) person: Person,
    pub(crate) session: Session,
    /// Their living memberships.
    pub(crate) members: Vec<Member>,
}

impl Visitor {
    /// What they may do in an organization, or in the whole installation: whoever has a role
    /// there has it in every organization.
    pub(crate) fn role_at(&self, organization: Option<OrganizationId>) -> Option<Role> {
        role_at(&self.members, organization)
    }

    /// Proof for use-cases that they were checked, confined to the organization unless they have
    /// a role in the whole installation; `None` without any role there.
    pub(crate) fn caller(&self, organization: Option<OrganizationId>) -> Option<Caller> {
        let id = self.person.id;
        match (self.role_at(None), organization) {
            (Some(role), _) => Some(Caller::person(id, None, role == Role::Owner)),
            (None, Some(_)) => {
                self.role_at(organization)?;
                Some(Caller::person(id, organization, false))
            }
            (None, None) => None,
        }
    }

    /// Whether they gave their password a short while ago, as the most dangerous acts ask for.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.session.confirmed_at.plus_millis(FRESH)
    }

    /// As the journal names them.
    pub(super) fn actor(&self) -> Actor {
        Actor::Person { id: self.person.id }
    }
}

/// The highest role that these memberships give in a place.
pub(super) fn role_at(members: &[Member], organization: Option<OrganizationId>) -> Option<Role> {
    let counts =
        |member: &&Member| member.organization.is_none() || member.organization == organization;
    members
        .iter()
        .filter(counts)
        .map(|member| member.role)
        .max()
}

/// Who holds this token of a session; `None` when it is nobody's, the session has ended, or the
/// person was removed.
pub(crate) async fn visitor(app: &App, token: &str) -> Result<Option<Visitor>, Problem> {
    let Some(digest) = Token::digest(TokenKind::Session, token) else {
        return Ok(None);
    };
    let session = app.current(async || app.store.session_by_digest(&digest).await);
    let Some(session) = session.await? else {
        return Ok(None);
    };
    if is_over(&session, app.now()) {
        return Ok(None);
    }
    let Some(person) = living(app, session.person).await? else {
        return Ok(None);
    };
    let members = memberships(app, person.id).await?;
    Ok(Some(Visitor {
        person,
        session,
        members,
    }))
}

/// A person who is not removed.
pub(super) async fn living(app: &App, id: PersonId) -> Result<Option<Person>, Problem> {
    let person = app.current(async || app.store.person(id).await).await?;
    Ok(person.filter(|row| row.removed_at.is_none()))
}

/// The living memberships of a person.
pub(super) async fn memberships(app: &App, person: PersonId) -> Result<Vec<Member>, Problem> {
    app.all_current(async || app.store.members_of_person(person).await)
        .await
}
