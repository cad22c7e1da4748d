//! Changing what members may do, and ending memberships.
//!
//! Keys belong to organizations: whoever leaves leaves them alive.

use keystile_core::model::{Action, Actor, Member, MemberId, Person, Record, Role, Subject};
use keystile_store::{Guard, Write};
use serde_json::json;

use super::inviting::place_of;
use super::sessions::end;
use super::visitor::{living, memberships};
use crate::manage::work::{Failure, Work, update};
use crate::problem::Problem;

/// Gives a member another role; in force with their next request.
pub(crate) async fn change_role(
    work: &Work<'_>,
    id: MemberId,
    role: Role,
) -> Result<Member, Problem> {
    work.attempt(async || {
        let before = member(work, id).await?;
        let standing = work.standing(before.organization, "member").await?;
        standing.may_grant(&[before.role, role])?;
        if before.role == role {
            return Ok(before);
        }
        let after = Member {
            role,
            ..before.clone()
        };
        let details = json!({
            "member": id, "person": before.person, "role": role, "before": before.role,
        });
        let mut change = work.change(Action::MemberChanged, details);
        place_of(work, before.organization, &mut change).await?;
        if standing.guard != Some(own(&before)) {
            change.guards.extend(standing.guard);
        }
        change.guards.extend(keep_owner(&before));
        change
            .writes
            .push(update(Record::Member(after.clone()), before.seq));
        let seq = work.commit(change).await?.seq;
        Ok(Member { seq, ..after })
    })
    .await
}

/// Ends a membership; everybody may end their own. With the last one the person goes, too, and
/// all their sessions.
pub(crate) async fn remove_member(work: &Work<'_>, id: MemberId) -> Result<Member, Problem> {
    work.attempt(async || {
        let before = member(work, id).await?;
        let standing = work.standing(before.organization, "member").await?;
        let is_own = *work.caller.actor() == Actor::Person { id: before.person };
        if !is_own {
            standing.may_grant(&[before.role])?;
        }
        let now = work.now();
        let after = Member {
            removed_at: Some(now),
            ..before.clone()
        };
        // Before their memberships: whoever becomes a member is written anew.
        let person = living(work.app, before.person).await?;
        let mut others = memberships(work.app, before.person).await?;
        others.retain(|one| one.id != id);
        let leaves = others.is_empty();
        let details = json!({
            "member": id, "person": before.person, "role": before.role, "person_removed": leaves,
        });
        let mut change = work.change(Action::MemberRemoved, details);
        place_of(work, before.organization, &mut change).await?;
        if standing.guard != Some(own(&before)) {
            change.guards.extend(standing.guard);
        }
        change.guards.extend(keep_owner(&before));
        // Should one of these end as well, this may have become the last.
        change.guards.extend(others.iter().map(own));
        change
            .writes
            .push(update(Record::Member(after.clone()), before.seq));
        if leaves && let Some(person) = person {
            change.writes.extend(removal(work, &person).await?);
            change.guards.push(Guard::SessionsOfPerson {
                person: person.id,
                at_most: 0,
            });
        }
        let seq = work.commit(change).await?.seq;
        Ok(Member { seq, ..after })
    })
    .await
}

/// A person as removed, with nothing left that proves who they are, and without sessions.
async fn removal(work: &Work<'_>, person: &Person) -> Result<Vec<Write>, Failure> {
    let gone = Person {
        password: None,
        password_at: None,
        totp: None,
        totp_step: None,
        recovery: None,
        reset: None,
        removed_at: Some(work.now()),
        ..person.clone()
    };
    let sessions = work.app.store.sessions_of(person.id).await?;
    let mut writes: Vec<_> = sessions.iter().map(end).collect();
    writes.push(update(Record::Person(gone), person.seq));
    Ok(writes)
}

/// A living membership.
async fn member(work: &Work<'_>, id: MemberId) -> Result<Member, Failure> {
    let store = &work.app.store;
    let found = work.app.current(async || store.member(id).await).await?;
    let living = found.filter(|row| row.removed_at.is_none());
    Ok(living.ok_or_else(|| Problem::not_found("member"))?)
}

/// That a membership is still as it was read.
fn own(member: &Member) -> Guard {
    Guard::Unchanged(Subject::Member(member.id), member.seq)
}

/// What must hold when a membership is lowered or ended: an organization may be without an owner,
/// an installation never.
fn keep_owner(before: &Member) -> Option<Guard> {
    let owns_all = before.organization.is_none() && before.role == Role::Owner;
    owns_all.then_some(Guard::SomebodyOwnsInstallation)
}
