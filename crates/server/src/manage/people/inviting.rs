//! Inviting somebody, and taking that back.

use keystile_core::key::Token;
use keystile_core::model::{
    Action, Invitation, InvitationId, OrganizationId, Person, Record, Role,
};
use keystile_store::Write;
use serde_json::json;

use super::accepting::check_email;
use super::links::{NewInvitation, removal};
use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work};
use crate::problem::Problem;

/// An invitation lasts so many milliseconds.
const LASTS: i64 = 7 * 24 * 3600 * 1000;

/// So many invitations into one place may be open at a time.
const MOST: usize = 100;

/// Invites somebody into an organization, or into the whole installation; the token stands in
/// their link, and nowhere else.
pub(crate) async fn invite(
    work: &Work<'_>,
    place: Option<OrganizationId>,
    role: Role,
    email: Option<&str>,
) -> Result<(Invitation, Token), Problem> {
    let email = email.map(Person::canonical_email);
    if let Some(email) = &email {
        let mut fields = Fields::default();
        check_email(&mut fields, "/email", email);
        fields.finish()?;
    }
    work.attempt(async || {
        let standing = work.standing(place, "organization").await?;
        standing.may_grant(&[role])?;
        let (mut invitation, token) = work.new_invitation(NewInvitation {
            organization: place,
            role,
            email: email.clone(),
            lasts: LASTS,
        })?;
        let known = work.app.store.invitations_of_place(place).await?;
        let now = work.now();
        let (over, open): (Vec<_>, Vec<_>) = known.into_iter().partition(|one| one.ends_at <= now);
        if open.len() >= MOST {
            let detail = format!("{MOST} invitations are open here already: withdraw some");
            return Err(Problem::conflict("too_many_invitations", detail).into());
        }
        let details = json!({ "invitation": invitation.id, "role": role });
        let mut change = work.change(Action::InvitationCreated, details);
        place_of(work, place, &mut change).await?;
        change.guards.extend(standing.guard);
        change.writes = over.iter().map(removal).collect();
        change
            .writes
            .push(Write::Insert(Record::Invitation(invitation.clone())));
        change.idempotency = work.remember(&invitation.id);
        invitation.seq = work.commit(change).await?.seq;
        Ok((invitation, token))
    })
    .await
}

/// Takes an invitation back: its link opens nothing any more.
pub(crate) async fn withdraw(work: &Work<'_>, id: InvitationId) -> Result<(), Problem> {
    work.attempt(async || {
        let store = &work.app.store;
        let found = work
            .app
            .current(async || store.invitation(id).await)
            .await?;
        let found = found.ok_or_else(|| Problem::not_found("invitation"))?;
        let standing = work.standing(found.organization, "invitation").await?;
        standing.may_grant(&[found.role])?;
        let mut change = work.change(Action::InvitationWithdrawn, json!({ "invitation": id }));
        place_of(work, found.organization, &mut change).await?;
        change.guards.extend(standing.guard);
        change.writes.push(removal(&found));
        work.commit(change).await?;
        Ok(())
    })
    .await
}

/// Says in the journal which organization a change is about.
pub(super) async fn place_of(
    work: &Work<'_>,
    place: Option<OrganizationId>,
    change: &mut keystile_store::Change,
) -> Result<(), Failure> {
    if let Some(id) = place {
        change.product = Some(work.organization(id).await?.product);
        change.organization = Some(id);
    }
    Ok(())
}
