//! Writing what an import has made of its rows: many keys in one change.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{Action, Key, KeyId, Record, Subject};
use keystile_store::{Change, Guard, Write};
use serde_json::json;

use super::import::{Import, Outcome, Outcomes, settle};
use super::place::Place;
use super::row::{Checked, ImportRow};
use crate::manage::keys::limits;
use crate::manage::work::{Failure, Work};
use crate::problem::Problem;

/// A row that shall become a key.
#[derive(Debug)]
pub(super) struct Draft<'r> {
    pub(super) row: usize,
    pub(super) said: &'r ImportRow,
    pub(super) checked: Checked<'r>,
    pub(super) place: Arc<Place>,
    /// The name that is free.
    pub(super) name: String,
}

/// Writes all of them in one change; where that would make too many keys somewhere, in smaller
/// ones, until those are found that are too many.
pub(super) async fn write(
    work: &Work<'_>,
    wanted: &Import,
    (rules, guard): (&Rules, &Guard),
    mut drafts: Vec<Draft<'_>>,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let scoped = drafts.iter().map(|draft| {
        let (environment, kind) = (draft.place.environment.id, draft.checked.format.kind);
        (environment, kind, draft.checked.name.clone())
    });
    let names = work.free_names(&scoped.collect::<Vec<_>>()).await?;
    for (draft, name) in drafts.iter_mut().zip(names) {
        draft.name = name;
    }
    if wanted.dry_run {
        for draft in drafts {
            let (key, name) = (None, draft.name);
            settle(outcomes, draft.row, Outcome::Imported { key, name });
        }
        return Ok(());
    }
    let mut parts = VecDeque::from([drafts]);
    while let Some(mut part) = parts.pop_front() {
        match commit(work, wanted, (rules, guard), &part).await {
            Ok(keys) => {
                for (draft, key) in part.into_iter().zip(keys) {
                    let (key, name) = (Some(key), draft.name);
                    settle(outcomes, draft.row, Outcome::Imported { key, name });
                }
            }
            Err(Failure::Problem(problem)) if problem.code == "too_many_keys" => {
                if let [only] = part.as_slice() {
                    settle(outcomes, only.row, Outcome::refused("", problem.detail));
                } else {
                    let rest = part.split_off(part.len() / 2);
                    parts.push_front(rest);
                    parts.push_front(part);
                }
            }
            // A name or a digest was taken meanwhile.
            Err(Failure::Problem(problem)) if problem.code == "already_exists" => {
                return Err(Failure::Conflict(Subject::Product(rules.slug.clone())));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

async fn commit(
    work: &Work<'_>,
    wanted: &Import,
    (rules, guard): (&Rules, &Guard),
    part: &[Draft<'_>],
) -> Result<Vec<KeyId>, Failure> {
    if part.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Result<Vec<Key>, Problem> = part.iter().map(|draft| key_of(work, draft)).collect();
    let keys = keys?;
    let ids = keys.iter().map(|key| key.id).collect();
    let details = json!({ "keys": keys.len(), "source": wanted.source });
    let mut change = work.change(Action::KeysImported, details);
    change.product = Some(rules.slug.clone());
    change.organization = only_organization(part);
    change.guards.push(guard.clone());
    guard_places(rules, part, &keys, &mut change);
    let keys = keys.into_iter().map(|key| Record::Key(Box::new(key)));
    change.writes.extend(keys.map(Write::Insert));
    work.commit(change).await?;
    Ok(ids)
}

/// The organization that all of them belong to, if it is one.
fn only_organization(part: &[Draft<'_>]) -> Option<keystile_core::model::OrganizationId> {
    let mut ids = part.iter().map(|draft| draft.place.organization.id);
    let first = ids.next()?;
    ids.all(|id| id == first).then_some(first)
}

/// That each environment stays as it was found, and that there are not more keys than allowed.
fn guard_places(rules: &Rules, part: &[Draft<'_>], keys: &[Key], change: &mut Change) {
    let mut seen = HashSet::new();
    for (draft, key) in part.iter().zip(keys) {
        let environment = &draft.place.environment;
        if seen.insert((environment.id, key.kind)) {
            let subject = Subject::Environment(environment.id);
            let stays = Guard::Unchanged(subject, environment.seq);
            change.guards.push(stays);
            let limits = limits(rules, &draft.place.organization, key);
            change.guards.extend(limits);
        }
    }
}

fn key_of(work: &Work<'_>, draft: &Draft<'_>) -> Result<Key, Problem> {
    let Checked {
        hash,
        format,
        start,
        rights,
        metadata,
        ..
    } = &draft.checked;
    let id = KeyId::new(work.now(), work.fresh()?);
    let value = work.imported_value(hash, format, start)?;
    let (environment, kind) = (draft.place.environment.id, (format.kind, format.mode));
    let mut key = work.key_with(id, environment, kind, &draft.name, value).key;
    rights.clone().put_into(&mut key);
    key.metadata.clone_from(metadata);
    key.note.clone_from(&draft.said.note);
    key.enabled = draft.said.enabled;
    key.disabled_at = (!key.enabled).then_some(key.created_at);
    Ok(key)
}
