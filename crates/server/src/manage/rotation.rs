//! New values for keys, and their end.

use keystile_core::key::PlainKey;
use keystile_core::model::{
    Action, Effective, Key, KeyId, KeyState, Kind, Record, RetiredValue, THIS_ROW, Timestamp,
};
use keystile_store::Write;
use serde_json::json;

use super::work::{Failure, Placed, Work, update};
use crate::problem::Problem;

/// The longest time for which an old value may go on working, in seconds.
pub(crate) const LONGEST_GRACE: u32 = 604_800;

/// A key with its new value.
#[derive(Debug, Clone)]
pub(crate) struct Rotated {
    pub(crate) placed: Placed,
    /// Secret keys only.
    pub(crate) secret: Option<PlainKey>,
    /// In force everywhere: the old value is dead, or the one before it, which was in its grace.
    pub(crate) effective: Effective,
}

/// Gives a key a new value. The old one ends at once, or after its grace; a value that was in its
/// grace already ends at once, so that there are never three.
pub(crate) async fn rotate_key(work: &Work<'_>, id: KeyId, grace: u32) -> Result<Rotated, Problem> {
    refuse_long(grace)?;
    work.attempt(async || {
        let mut placed = work.key(id).await?;
        let before = placed.key.clone();
        let now = work.now();
        if matches!(before.state(now), KeyState::Revoked | KeyState::Expired) {
            let detail = "a revoked or expired key cannot be rotated; create a new one";
            return Err(Problem::conflict("key_is_ended", detail).into());
        }
        let (rules, guard) = work.rules(&placed.environment.product).await?;
        let value = work.value(id, before.kind, before.mode, &rules)?;
        let key = &mut placed.key;
        key.digest = value.digest;
        key.pepper = value.pepper;
        key.foreign = value.foreign;
        key.start = value.start;
        key.value = value.clear;
        key.sealed = value.sealed;
        key.rotated_at = Some(now);
        key.exposed_at = None;
        key.narrowed_seq = Some(THIS_ROW);

        let details = json!({ "name": before.name, "grace_seconds": grace });
        let mut change = work.change(Action::KeyRotated, details);
        change.product = Some(placed.environment.product.clone());
        change.organization = Some(placed.organization.id);
        change.guards.push(guard);
        change.writes.push(update(
            Record::Key(Box::new(placed.key.clone())),
            before.seq,
        ));
        change
            .writes
            .push(Write::Insert(Record::RetiredValue(retired(
                &before, now, grace,
            ))));
        change.writes.extend(end_graces(work, id, now).await?);
        change.idempotency = work.remember(&id);
        let effective = work.narrow(change).await?;
        placed.key.seq = effective.seq;
        placed.key.narrowed_seq = Some(effective.seq);
        let secret = value.plain.filter(|_| before.kind == Kind::Secret);
        Ok(Rotated {
            placed,
            secret,
            effective,
        })
    })
    .await
}

/// Shortens the grace of a key's old value, or ends it at once: it lasts at most so many seconds
/// from now on.
pub(crate) async fn end_grace(
    work: &Work<'_>,
    id: KeyId,
    grace: u32,
) -> Result<(Placed, Effective), Problem> {
    refuse_long(grace)?;
    work.attempt(async || {
        let mut placed = work.key(id).await?;
        let now = work.now();
        let end = now.plus_millis(i64::from(grace) * 1000);
        let values = work.app.store.retired_values(id).await?;
        let running = values.into_iter().find(|value| value.ends_at > now);
        let Some(running) = running.filter(|_| placed.key.state(now) != KeyState::Revoked) else {
            // Nothing works but the current value, and there is proof of that.
            if let Some(effective) = work.effective(placed.key.narrowed_seq).await? {
                return Ok((placed, effective));
            }
            let detail = "the key has no old value that still works; it was never rotated";
            return Err(Problem::conflict("nothing_retiring", detail).into());
        };
        if end > running.ends_at {
            let message = format!(
                "the old value ends at {} already: a grace is shortened, never made longer",
                running.ends_at
            );
            return Err(Problem::field("/grace_seconds", message).into());
        }
        let before = placed.key.seq;
        placed.key.narrowed_seq = Some(THIS_ROW);
        let details = json!({ "name": placed.key.name, "grace_seconds": grace });
        let mut change = work.change(Action::KeyGraceEnded, details);
        change.product = Some(placed.environment.product.clone());
        change.organization = Some(placed.organization.id);
        change
            .writes
            .push(update(Record::Key(Box::new(placed.key.clone())), before));
        change.writes.extend(end_graces(work, id, end).await?);
        let effective = work.narrow(change).await?;
        placed.key.seq = effective.seq;
        placed.key.narrowed_seq = Some(effective.seq);
        Ok((placed, effective))
    })
    .await
}

fn refuse_long(grace: u32) -> Result<(), Problem> {
    if grace <= LONGEST_GRACE {
        return Ok(());
    }
    let message = format!("a grace lasts at most {LONGEST_GRACE} seconds (7 days)");
    Err(Problem::field("/grace_seconds", message))
}

fn retired(key: &Key, now: Timestamp, grace: u32) -> RetiredValue {
    RetiredValue {
        digest: key.digest,
        pepper: key.pepper,
        key: key.id,
        foreign: key.foreign,
        start: key.start.clone(),
        ends_at: now.plus_millis(i64::from(grace) * 1000),
        seq: 0,
    }
}

/// Ends every former value that would still work then.
async fn end_graces(work: &Work<'_>, id: KeyId, at: Timestamp) -> Result<Vec<Write>, Failure> {
    let values = work.app.store.retired_values(id).await?;
    let running = values.into_iter().filter(|value| value.ends_at > at);
    Ok(running
        .map(|value| {
            let replaces = value.seq;
            update(
                Record::RetiredValue(RetiredValue {
                    ends_at: at,
                    ..value
                }),
                replaces,
            )
        })
        .collect())
}

/// Revokes a key for good, all its values, and removes it from lists if `delete`.
/// Asking again changes nothing and proves the same.
pub(crate) async fn end_key(
    work: &Work<'_>,
    id: KeyId,
    delete: bool,
) -> Result<(Placed, Effective), Problem> {
    work.attempt(async || {
        let mut placed = work.key(id).await?;
        let before = placed.key.clone();
        if before.revoked_at.is_some()
            && !delete
            && let Some(effective) = work.effective(before.narrowed_seq).await?
        {
            return Ok((placed, effective));
        }
        let now = work.now();
        placed.key.revoked_at = before.revoked_at.or(Some(now));
        placed.key.deleted_at = delete.then_some(now);
        placed.key.sealed = None;
        placed.key.narrowed_seq = Some(THIS_ROW);
        let action = if delete {
            Action::KeyDeleted
        } else {
            Action::KeyRevoked
        };
        let mut change = work.change(action, json!({ "name": before.name }));
        change.product = Some(placed.environment.product.clone());
        change.organization = Some(placed.organization.id);
        change.writes.push(update(
            Record::Key(Box::new(placed.key.clone())),
            before.seq,
        ));
        let effective = work.narrow(change).await?;
        placed.key.seq = effective.seq;
        placed.key.narrowed_seq = Some(effective.seq);
        Ok((placed, effective))
    })
    .await
}
