//! Replacing the master key and the pepper.

use keystile_core::key::{KeyMaterial, MasterKey, Purpose, WrappedKey};
use keystile_core::model::{Action, Record, RetiredValue};
use keystile_store::Write;
use serde_json::json;

use super::work::{Work, update};
use crate::app::Rehash;
use crate::problem::Problem;

/// Wraps all key material by another master key. Every digest, row MAC and seal stays as it is,
/// because those are made with the material and not with its wrapping.
pub(crate) async fn rotate_master_key(work: &Work<'_>, new: &MasterKey) -> Result<u64, Problem> {
    let clear = opened(work).await?;
    let wrapped: Result<Vec<WrappedKey>, _> = clear
        .iter()
        .map(|key| key.wrap(new, &*work.app.random))
        .collect();
    let wrapped = wrapped?;
    // Known before the change is written, so that the feed can open what it finds.
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
    let stored = work.app.store.keyring().await?;
    let versions = stored.iter().filter(|key| key.purpose == Purpose::Pepper);
    let version = versions.map(|key| key.version).max().unwrap_or(0) + 1;
    let pepper = KeyMaterial::random(Purpose::Pepper, version, &*work.app.random)?;
    let mut all = stored;
    all.push(pepper.wrap(&work.app.master_key(), &*work.app.random)?);
    work.attempt(async || {
        let mut change = work.change(Action::PepperRotated, json!({ "version": version }));
        change.keyring = Some(all.clone());
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
