//! People, memberships, sessions and invitations as rows, column by column.

use keystile_core::model::{
    Invitation, InvitationId, Member, MemberId, OrganizationId, Person, PersonId, Record, Reset,
    Role, Session, SessionId,
};

use super::columns::{Columns, Unreadable, Values};
use super::known::KnownLists;

pub(super) fn person(
    columns: &mut Columns<'_>,
    known: &mut KnownLists,
) -> Result<Record, Unreadable> {
    Ok(Record::Person(Person {
        id: PersonId::from_bytes(columns.array()?),
        email: columns.text()?,
        name: columns.text()?,
        password: columns.maybe_text()?,
        password_at: columns.maybe_time()?,
        totp: columns.maybe_bytes()?,
        totp_step: columns.maybe_number()?,
        recovery: columns.maybe_list(known)?,
        reset: reset(columns)?,
        created_at: columns.time()?,
        removed_at: columns.maybe_time()?,
        seq: columns.number()?,
    }))
}

/// Half a link is never written; it reads as none, and the row's MAC fails.
fn reset(columns: &mut Columns<'_>) -> Result<Option<Reset>, Unreadable> {
    let both = columns.maybe_array()?.zip(columns.maybe_time()?);
    Ok(both.map(|(digest, ends_at)| Reset { digest, ends_at }))
}

pub(super) fn person_values<'a>(row: &'a Person, out: &mut Values<'a>) {
    out.id(row.id.to_bytes());
    out.text(&row.email);
    out.text(&row.name);
    out.maybe_text(row.password.as_deref());
    out.maybe_time(row.password_at);
    out.maybe_bytes(row.totp.as_deref());
    out.maybe_number(row.totp_step);
    out.maybe_list(row.recovery.as_deref());
    let reset = row.reset.as_ref();
    out.maybe_bytes(reset.map(|reset| reset.digest.as_slice()));
    out.maybe_time(reset.map(|reset| reset.ends_at));
    out.time(row.created_at);
    out.maybe_time(row.removed_at);
}

pub(super) fn member(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Member(Member {
        id: MemberId::from_bytes(columns.array()?),
        person: PersonId::from_bytes(columns.array()?),
        organization: columns.maybe_array()?.map(OrganizationId::from_bytes),
        role: role(columns)?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        removed_at: columns.maybe_time()?,
        seq: columns.number()?,
    }))
}

pub(super) fn member_values<'a>(row: &'a Member, out: &mut Values<'a>) {
    out.id(row.id.to_bytes());
    out.id(row.person.to_bytes());
    out.maybe_id(row.organization.map(OrganizationId::to_bytes));
    out.text(row.role.as_str());
    out.time(row.created_at);
    out.text(&row.created_by);
    out.maybe_time(row.removed_at);
}

pub(super) fn session(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Session(Session {
        id: SessionId::from_bytes(columns.array()?),
        person: PersonId::from_bytes(columns.array()?),
        digest: columns.array()?,
        begun_at: columns.time()?,
        confirmed_at: columns.time()?,
        ends_at: columns.time()?,
        seq: columns.number()?,
    }))
}

pub(super) fn session_values<'a>(row: &'a Session, out: &mut Values<'a>) {
    out.id(row.id.to_bytes());
    out.id(row.person.to_bytes());
    out.bytes(&row.digest);
    out.time(row.begun_at);
    out.time(row.confirmed_at);
    out.time(row.ends_at);
}

pub(super) fn invitation(
    columns: &mut Columns<'_>,
    _: &mut KnownLists,
) -> Result<Record, Unreadable> {
    Ok(Record::Invitation(Invitation {
        id: InvitationId::from_bytes(columns.array()?),
        digest: columns.array()?,
        email: columns.maybe_text()?,
        organization: columns.maybe_array()?.map(OrganizationId::from_bytes),
        role: role(columns)?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        ends_at: columns.time()?,
        seq: columns.number()?,
    }))
}

pub(super) fn invitation_values<'a>(row: &'a Invitation, out: &mut Values<'a>) {
    out.id(row.id.to_bytes());
    out.bytes(&row.digest);
    out.maybe_text(row.email.as_deref());
    out.maybe_id(row.organization.map(OrganizationId::to_bytes));
    out.text(row.role.as_str());
    out.time(row.created_at);
    out.text(&row.created_by);
    out.time(row.ends_at);
}

fn role(columns: &mut Columns<'_>) -> Result<Role, Unreadable> {
    columns.one_of("a role", Role::ALL, Role::as_str)
}
