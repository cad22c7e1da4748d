//! What a change rests on, looked at in the transaction that makes it.

use keystile_core::key::Integrity;
use keystile_core::model::{OrganizationId, Subject, Timestamp};
use rusqlite::{Connection, Params, params};

use super::commit::not_written;
use super::stored;
use crate::{CommitError, Guard};

/// Before anything is written: the records are still at the versions the decision rested on.
pub(super) fn unchanged(
    connection: &Connection,
    integrity: &Integrity,
    guards: &[Guard],
) -> Result<(), CommitError> {
    for guard in guards {
        if let Guard::Unchanged(subject, seq) = guard {
            let found = stored::version(connection, integrity, subject)?;
            if found.map(|(seq, _)| seq) != Some(*seq) {
                return Err(CommitError::Conflict(subject.clone()));
            }
        }
        if matches!(guard, Guard::NobodyOwnsInstallation) && has_owner(connection)? {
            return Err(CommitError::HasOwner);
        }
    }
    Ok(())
}

/// After the records are written: there are not more keys than allowed.
pub(super) fn counts(
    connection: &Connection,
    guards: &[Guard],
    now: Timestamp,
) -> Result<(), CommitError> {
    for guard in guards {
        match guard {
            Guard::Unchanged(..) | Guard::NobodyOwnsInstallation => {}
            Guard::KeysInEnvironment {
                environment,
                kind,
                at_most,
            } => {
                let values = params![now.millis(), environment.to_bytes(), kind.as_str()];
                refuse_more(connection, IN_ENVIRONMENT, values, *at_most)?;
            }
            Guard::KeysInOrganization {
                organization,
                at_most,
            } => {
                let values = params![now.millis(), organization.to_bytes()];
                refuse_more(connection, IN_ORGANIZATION, values, *at_most)?;
            }
            Guard::SessionsOfPerson { person, at_most } => {
                let found = counted(connection, OF_PERSON, params![person.to_bytes()])?;
                if found > i64::from(*at_most) {
                    return Err(CommitError::Conflict(Subject::Person(*person)));
                }
            }
            Guard::SomebodyOwnsInstallation => {
                if !has_owner(connection)? {
                    return Err(CommitError::NoOwner);
                }
            }
        }
    }
    Ok(())
}

/// How many keys of an organization work at a time.
pub(super) fn working_keys(
    connection: &Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let counted: i64 = connection
        .prepare_cached(IN_ORGANIZATION)?
        .query_row(params![now.millis(), organization.to_bytes()], |row| {
            row.get(0)
        })?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

const IN_ENVIRONMENT: &str = "SELECT count(*) FROM keys k \
     WHERE k.environment = ?2 AND k.kind = ?3 \
     AND k.deleted_at IS NULL AND k.revoked_at IS NULL \
     AND (k.expires_at IS NULL OR k.expires_at > ?1)";

const IN_ORGANIZATION: &str = "SELECT count(*) FROM projects p \
     JOIN environments e ON e.project = p.id \
     JOIN keys k ON k.environment = e.id \
     WHERE p.organization = ?2 AND p.deleted_at IS NULL AND e.deleted_at IS NULL \
     AND k.deleted_at IS NULL AND k.revoked_at IS NULL \
     AND (k.expires_at IS NULL OR k.expires_at > ?1)";

const OF_PERSON: &str = "SELECT count(*) FROM sessions s WHERE s.person = ?1";

const OWNERS: &str = "SELECT count(*) FROM members m JOIN people p ON p.id = m.person \
     WHERE m.organization IS NULL AND m.role = 'owner' AND m.removed_at IS NULL \
     AND p.removed_at IS NULL";

fn has_owner(connection: &Connection) -> Result<bool, CommitError> {
    Ok(counted(connection, OWNERS, [])? > 0)
}

fn counted(connection: &Connection, count: &str, values: impl Params) -> Result<i64, CommitError> {
    connection
        .prepare_cached(count)
        .and_then(|mut statement| statement.query_row(values, |row| row.get(0)))
        .map_err(|error| not_written(&error))
}

fn refuse_more(
    connection: &Connection,
    count: &str,
    values: impl Params,
    at_most: u32,
) -> Result<(), CommitError> {
    let found = counted(connection, count, values)?;
    if found > i64::from(at_most) {
        return Err(CommitError::TooManyKeys { at_most });
    }
    Ok(())
}
