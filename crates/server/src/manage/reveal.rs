//! Showing a recoverable secret again, and destroying those that shall not be shown any more.

use keystile_core::key::{PlainKey, UnsealError};
use keystile_core::manifest::{Reveal, Rules};
use keystile_core::model::{Action, Key, KeyId, KeyState, Kind, Record, Slug};
use keystile_store::{Page, Write};
use serde_json::json;

use super::work::{Failure, Placed, Work, rules_of, update};
use crate::problem::Problem;

/// So many sealed secrets are destroyed in one change.
pub(super) const AT_ONCE: u32 = 250;

/// Whether secret keys of the product can be shown again.
pub(super) fn is_recoverable(rules: &Rules) -> bool {
    rules.kind(Kind::Secret).reveal == Reveal::Recoverable
}

/// The secret of a key, once the journal says that it was shown.
///
/// The journal row is that of the key as it was read, so a revoke comes before it, and then there
/// is nothing to show, or after it.
pub(crate) async fn reveal_key(work: &Work<'_>, id: KeyId) -> Result<(Placed, PlainKey), Problem> {
    work.attempt(async || {
        let mut placed = work.key_or_deleted(id).await?;
        let before = placed.key.clone();
        if before.state(work.now()) == KeyState::Revoked {
            let detail = "the secret of a revoked or deleted key is destroyed";
            return Err(Problem::conflict("key_is_revoked", detail).into());
        }
        let (rules, guard) = work.rules(&placed.environment.product).await?;
        let secret = unsealed(work, &before, &rules)?;
        let mut change = work.change(Action::KeyRevealed, json!({ "name": before.name }));
        change.product = Some(placed.environment.product.clone());
        change.organization = Some(placed.organization.id);
        change.guards.push(guard);
        change
            .writes
            .push(update(Record::Key(Box::new(before.clone())), before.seq));
        placed.key.seq = work.commit(change).await?.seq;
        Ok((placed, secret))
    })
    .await
}

fn unsealed(work: &Work<'_>, key: &Key, rules: &Rules) -> Result<PlainKey, Problem> {
    let not_recoverable = |detail: &str| Err(Problem::conflict("not_recoverable", detail));
    if key.kind == Kind::Publishable {
        return not_recoverable("a publishable key is no secret: the key itself shows its `value`");
    }
    if !is_recoverable(rules) {
        return not_recoverable(
            "secrets of this product are shown once; rotate the key to get a new one",
        );
    }
    match work.app.engine.keyring().unseal(key) {
        Ok(secret) => Ok(secret),
        Err(UnsealError::NotSealed) => not_recoverable(
            "this secret was made when secrets of the product were shown once; rotate the key, \
             and the new one can be shown again",
        ),
        Err(why) => Err(Problem::unavailable(
            "row_refused",
            "the sealed secret is not as Keystile wrote it, so it is not shown",
        )
        .because(format!("{}: {why}", key.id))),
    }
}

/// The first sealed secrets of a product, as writes that destroy them.
pub(super) async fn first_destroyed(work: &Work<'_>, slug: &Slug) -> Result<Vec<Write>, Failure> {
    let page = Page {
        before: None,
        limit: AT_ONCE,
    };
    let keys = work.app.store.sealed_keys(slug, page).await?;
    Ok(keys.into_iter().map(without_secret).collect())
}

fn without_secret(key: Key) -> Write {
    let replaces = key.seq;
    let key = Key {
        sealed: None,
        ..key
    };
    update(Record::Key(Box::new(key)), replaces)
}

/// Destroys what is sealed of all products whose secrets are not recoverable; how many that were.
/// There is only what an end in the middle of applying a manifest has left.
pub(crate) async fn destroy_left_secrets(work: &Work<'_>) -> Result<u64, Problem> {
    let mut destroyed = 0;
    for product in work.app.store.products().await? {
        // What is to be kept of one that does not read, nobody knows.
        if rules_of(&product).is_ok() {
            destroyed += destroy_sealed(work, &product.slug).await?;
        }
    }
    Ok(destroyed)
}

/// Destroys whatever is sealed of a product, for as long as its secrets are not recoverable; how
/// many that were. Nothing is sealed anew meanwhile, because whoever makes a key rests on the
/// product's manifest, as this does.
pub(super) async fn destroy_sealed(work: &Work<'_>, slug: &Slug) -> Result<u64, Problem> {
    let mut destroyed = 0;
    loop {
        let some = work
            .attempt(async || {
                let (rules, guard) = work.rules(slug).await?;
                if is_recoverable(&rules) {
                    return Ok(0);
                }
                let writes = first_destroyed(work, slug).await?;
                let count = writes.len();
                if count > 0 {
                    let details = json!({ "destroyed_secrets": count });
                    let mut change = work.change(Action::SecretsDestroyed, details);
                    change.product = Some(slug.clone());
                    change.guards.push(guard);
                    change.writes = writes;
                    work.commit(change).await?;
                }
                Ok(u64::try_from(count).unwrap_or(u64::MAX))
            })
            .await?;
        if some == 0 {
            return Ok(destroyed);
        }
        destroyed += some;
    }
}
