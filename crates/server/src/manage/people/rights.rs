//! Who may let whom in, and as what: admins and owners, and nobody above themselves.

use keystile_core::model::{Actor, Invitation, Member, OrganizationId, PersonId, Role, Subject};
use keystile_store::Guard;

use super::visitor::{living, memberships};
use crate::app::App;
use crate::manage::work::{Failure, Work};
use crate::problem::Problem;

/// What somebody may do in a place, and what that rests on.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) role: Role,
    /// That it is still so when something is written.
    pub(super) guard: Option<Guard>,
}

impl Work<'_> {
    /// What the caller may do in a place. One that they have no role in does not exist for them,
    /// nor does anything of it: `what` names it.
    pub(super) async fn standing(
        &self,
        place: Option<OrganizationId>,
        what: &str,
    ) -> Result<Standing, Failure> {
        let missing = || Problem::not_found(what);
        if let Some(organization) = place {
            let found = self.organization(organization).await;
            let found = found.map_err(|failure| match Problem::from(failure) {
                problem if problem.status == http::StatusCode::NOT_FOUND => missing(),
                other => other,
            })?;
            self.must_not_be_built_in(&found.product)?;
        }
        match self.caller.actor() {
            Actor::Local | Actor::System => Ok(Standing {
                role: Role::Owner,
                guard: None,
            }),
            Actor::Person { id } => {
                let standing = standing_of(self.app, *id, place).await?;
                Ok(standing.ok_or_else(missing)?)
            }
            Actor::OperatorKey { .. } | Actor::KeyHolder { .. } | Actor::Portal { .. } => {
                Err(missing().into())
            }
        }
    }
}

impl Standing {
    /// Whether they may let others in here, and put them out.
    fn manages_people(&self) -> bool {
        self.role >= Role::Admin
    }

    /// Whether they may give and take these roles here.
    pub(super) fn may_grant(&self, roles: &[Role]) -> Result<(), Problem> {
        if !self.manages_people() {
            let detail = "only admins and owners manage members here";
            return Err(Problem::forbidden("insufficient_role", detail));
        }
        match roles.iter().max() {
            Some(role) if *role > self.role => Err(Problem::forbidden(
                "insufficient_role",
                format!("this takes the role {role} here, which you do not have"),
            )),
            _ => Ok(()),
        }
    }
}

/// What a person may do in a place.
async fn standing_of(
    app: &App,
    person: PersonId,
    place: Option<OrganizationId>,
) -> Result<Option<Standing>, Problem> {
    if living(app, person).await?.is_none() {
        return Ok(None);
    }
    let members = memberships(app, person).await?;
    let counts = |member: &&Member| member.organization.is_none() || member.organization == place;
    let highest = members.iter().filter(counts).max_by_key(|one| one.role);
    Ok(highest.map(|member| Standing {
        role: member.role,
        guard: Some(Guard::Unchanged(Subject::Member(member.id), member.seq)),
    }))
}

/// What an invitation rests on, if whoever made it may still let somebody in with it: it is worth
/// what they can grant now.
pub(super) async fn backing(
    app: &App,
    invitation: &Invitation,
) -> Result<Option<Option<Guard>>, Problem> {
    let Ok(inviter) = invitation.created_by.parse::<PersonId>() else {
        return Ok(Some(None));
    };
    let standing = standing_of(app, inviter, invitation.organization).await?;
    let standing = standing.filter(|standing| standing.may_grant(&[invitation.role]).is_ok());
    Ok(standing.map(|standing| standing.guard))
}
