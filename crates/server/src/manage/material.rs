//! Replacing the master key, the pepper and the keys that seal. One at a time: each writes all key
//! material anew.

use keystile_core::key::{KeyMaterial, MasterKey, Purpose, WrappedKey};
use keystile_core::model::{Action, Record, RetiredValue};
use keystile_core::session::LIFETIME_MAX_SECONDS;
use keystile_store::{AuditFilter, Page, Write};
use serde_json::json;

use super::work::{Work, update};
use crate::app::Rehash;
use crate::problem::Problem;

/// Wraps all key material by another master key. Every digest, row MAC and seal stays as it is,
/// because those are made with the material and not with its wrapping.
pub(crate) async fn rotate_master_key(work: &Work<'_>, new: &MasterKey) -> Result<u64, Problem> {
    let _alone = work.app.changing_keyring.lock().await;
    let clear = opened(work).await?;
    let wrapped: Result<Vec<WrappedKey>, _> = clear
        .iter()
        .map(|key| key.wrap(new, &*work.app.random))
        .collect();
    let wrapped = wrapped?;
    // Known before the change is written, so that the feed can open what it finds. Only then is it
    // the one that wraps: should the change not be written, nothing may be wrapped by it.
    work.app.know_master_key(new.clone());
    work.attempt(async || {
        let mut change = work.change(Action::MasterKeyRotated, json!({ "keys": wrapped.len() }));
        change.keyring = Some(wrapped.clone());
        Ok(work.commit(change).await?.seq)
    })
    .await
}

/// Makes a new pepper: it serves new keys at once, and old ones from their next use.
pub(crate) async fn rotate_pepper(work: &Work<'_>) -> Result<u32, Problem> {
    let _alone = work.app.changing_keyring.lock().await;
    let (version, all) = with_another(work, Purpose::Pepper).await?;
    replace_keyring(work, Action::PepperRotated, version, &all).await
}

/// Makes a new sealing key: it seals from now on; what older ones sealed stays readable.
pub(crate) async fn rotate_sealing_key(work: &Work<'_>) -> Result<u32, Problem> {
    let _alone = work.app.changing_keyring.lock().await;
    let (version, all) = with_another(work, Purpose::Sealing).await?;
    replace_keyring(work, Action::SealingKeyRotated, version, &all).await
}

/// Makes a new signing key, which signs from now on. What older ones signed is good until it ends,
/// or, with `at_once`, no more when this returns. How many old ones are gone.
pub(crate) async fn rotate_signing_key(
    work: &Work<'_>,
    at_once: bool,
) -> Result<(u32, usize), Problem> {
    let _alone = work.app.changing_keyring.lock().await;
    let (version, mut all) = with_another(work, Purpose::Signing).await?;
    let before = all.len();
    if at_once {
        all.retain(|key| !is_signing_key_before(key, version));
    }
    let gone = before - all.len();
    replace_keyring(work, Action::SigningKeyRotated, version, &all).await?;
    Ok((version, gone))
}

fn is_signing_key_before(key: &WrappedKey, version: u32) -> bool {
    key.purpose == Purpose::Signing && key.version < version
}

/// Nodes' clocks and whole seconds are given this long beyond the longest session.
const SPARE_MILLIS: i64 = 60_000;

/// Lets all signing keys but the newest go, if that one has signed for longer than any session
/// lasts. The journal knows since when it has.
pub(crate) async fn retire_signing_keys(work: &Work<'_>) -> Result<(), Problem> {
    let _alone = work.app.changing_keyring.lock().await;
    let filter = AuditFilter {
        action: Some(Action::SigningKeyRotated),
        ..AuditFilter::default()
    };
    let newest = Page {
        before: None,
        limit: 1,
    };
    let rotated = work.app.store.audit(filter, newest).await?;
    let longest = i64::from(LIFETIME_MAX_SECONDS) * 1000 + SPARE_MILLIS;
    let due = rotated.first().map(|row| row.at.plus_millis(longest));
    if due.is_none_or(|due| work.now() < due) {
        return Ok(());
    }
    let mut all = work.app.store.keyring().await?;
    let signing = all.iter().filter(|key| key.purpose == Purpose::Signing);
    let newest = signing.map(|key| key.version).max().unwrap_or(0);
    let before = all.len();
    all.retain(|key| !is_signing_key_before(key, newest));
    if all.len() < before {
        replace_keyring(work, Action::SigningKeysRetired, newest, &all).await?;
    }
    Ok(())
}

/// The stored key material with one more of that purpose, and its number.
async fn with_another(
    work: &Work<'_>,
    purpose: Purpose,
) -> Result<(u32, Vec<WrappedKey>), Problem> {
    let mut all = work.app.store.keyring().await?;
    let versions = all.iter().filter(|key| key.purpose == purpose);
    let version = versions.map(|key| key.version).max().unwrap_or(0) + 1;
    let fresh = KeyMaterial::random(purpose, version, &*work.app.random)?;
    all.push(fresh.wrap(&work.app.master_key(), &*work.app.random)?);
    Ok((version, all))
}

async fn replace_keyring(
    work: &Work<'_>,
    action: Action,
    version: u32,
    all: &[WrappedKey],
) -> Result<u32, Problem> {
    work.attempt(async || {
        let mut change = work.change(action, json!({ "version": version }));
        change.keyring = Some(all.to_vec());
        work.commit(change).await?;
        Ok(version)
    })
    .await
}

async fn opened(work: &Work<'_>) -> Result<Vec<KeyMaterial>, Problem> {
    let stored = work.app.store.keyring().await?;
    let master = work.app.master_key();
    stored
        .iter()
        .map(|key| {
            key.unwrap(&master).map_err(|why| {
                Problem::unavailable("undecided", "the key material does not open").because(why)
            })
        })
        .collect()
}

/// Remakes digests with the current pepper, of keys that were just used under an older one.
pub(crate) async fn rehash(work: &Work<'_>, used: &[Rehash]) -> Result<(), Problem> {
    work.attempt(async || {
        let mut change = work.change(Action::KeyRehashed, json!({ "keys": used.len() }));
        for rehash in used {
            let Some(before) = work.app.store.key(rehash.key).await? else {
                continue;
            };
            if before.digest != rehash.old || before.deleted_at.is_some() {
                continue;
            }
            let mut key = before.clone();
            key.digest = rehash.new;
            key.pepper = rehash.pepper;
            let retired = RetiredValue {
                digest: before.digest,
                pepper: before.pepper,
                key: before.id,
                foreign: before.foreign,
                start: before.start.clone(),
                ends_at: work.now(),
                seq: 0,
            };
            change
                .writes
                .push(update(Record::Key(Box::new(key)), before.seq));
            change
                .writes
                .push(Write::Insert(Record::RetiredValue(retired)));
        }
        if change.writes.is_empty() {
            return Ok(());
        }
        work.commit(change).await.map(drop)
    })
    .await
}
