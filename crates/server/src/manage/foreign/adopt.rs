//! Adopting a key: its own system has just accepted it, and from now on it is one of ours.

use keystile_core::engine::Owner;
use keystile_core::key::{ForeignHash, ParsedKey, PlainKey, may_be_foreign};
use keystile_core::manifest::{ForeignFormat, Rules};
use keystile_core::model::{Action, Key, KeyId, Record, Slug, Subject};
use keystile_store::{Guard, Write};
use serde_json::{Map, Value, json};

use super::place::Ownership;
use crate::manage::field::Fields;
use crate::manage::keys::{Rights, limits};
use crate::manage::work::{Failure, Work};
use crate::problem::Problem;

/// A key of fewer bytes can be guessed, and so can one with fewer after its prefix, which all have
/// in common.
const SHORTEST: usize = 16;
const SHORTEST_REST: usize = 12;

/// What an adopted key is called when nothing is said.
const NAMELESS: &str = "Adopted key";

/// A key to be adopted.
#[derive(Debug, Clone)]
pub(crate) struct Adoption {
    pub(crate) product: Option<Slug>,
    pub(crate) key: PlainKey,
    pub(crate) owner: Ownership,
    pub(crate) name: Option<String>,
    pub(crate) rights: Rights,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) note: Option<String>,
}

/// A key that was adopted.
#[derive(Debug, Clone)]
pub(crate) enum Adopted {
    /// Just now.
    Now(Box<Key>),
    /// Before; nothing was changed.
    Before(Box<Key>),
}

/// Adopts a key. Adopting it again finds it and changes nothing.
pub(crate) async fn adopt_key(work: &Work<'_>, wanted: &Adoption) -> Result<Adopted, Problem> {
    work.must_be_the_operators()?;
    let product = work.product_or_bound(wanted.product.as_ref())?;
    work.attempt(async || {
        let (rules, guard) = named_rules(work, &product).await?;
        let format = check_text(&wanted.key, &rules)?.clone();
        let hash = ForeignHash::of(wanted.key.reveal(), format.digest);
        let mut fields = Fields::default();
        let name = wanted.name.as_deref().unwrap_or(NAMELESS);
        fields.name("/name", name);
        fields.note("/note", wanted.note.as_deref());
        let metadata = fields.metadata("/metadata", wanted.metadata.clone());
        let shown = [
            ("/name", Some(name)),
            ("/note", wanted.note.as_deref()),
            ("/metadata", metadata.as_deref()),
        ];
        for (pointer, text) in shown {
            if text.is_some_and(|text| text.contains(wanted.key.reveal())) {
                fields.wrong(pointer, "this holds the key itself: leave it out");
            }
        }
        let mut rights = wanted.rights.clone();
        rights.check((format.kind, format.mode), &rules, work.now(), &mut fields);
        // What makes no sense is refused also when there is nothing left to do.
        std::mem::take(&mut fields).finish()?;
        let known = match owner_of(work, &hash) {
            Some(known) => Some(same_key(work, &known, &product).await?),
            None => None,
        };
        if known.is_none() && !rules.kind(format.kind).offered {
            fields.wrong("/key", format!("the product has no {} keys", format.kind));
        }
        let place = work
            .place(&product, &rules, format.mode, &wanted.owner)
            .await;
        let place = match place {
            Ok(place) => Some(place),
            Err(why) => {
                let error = why.into_wrong()?;
                fields.wrong(error.pointer, error.message);
                None
            }
        };
        fields.finish()?;
        let Some(place) = place else {
            return Err(Problem::not_found("environment").into());
        };
        if let Some(known) = known {
            return match known.environment == place.environment.id {
                true => Ok(Adopted::Before(Box::new(known))),
                false => Err(elsewhere(&known).into()),
            };
        }

        let scoped = (place.environment.id, format.kind, name.to_owned());
        let mut names = work.free_names(&[scoped]).await?;
        let name = names.pop().unwrap_or_default();
        let id = KeyId::new(work.now(), work.fresh()?);
        let value = work.foreign_value(id, &format, wanted.key.clone(), &rules)?;
        let kind = (format.kind, format.mode);
        let mut key = work
            .key_with(id, place.environment.id, kind, &name, value)
            .key;
        rights.put_into(&mut key);
        key.metadata = metadata;
        key.note.clone_from(&wanted.note);

        let environment = &place.environment;
        let details = json!({
            "name": key.name, "kind": key.kind, "environment": environment.name,
            "prefix": format.prefix,
        });
        let mut change = work.change(Action::KeyAdopted, details);
        change.product = Some(product.clone());
        change.organization = Some(place.organization.id);
        change.guards.push(guard);
        let subject = Subject::Environment(environment.id);
        change
            .guards
            .push(Guard::Unchanged(subject.clone(), environment.seq));
        change
            .guards
            .extend(limits(&rules, &place.organization, &key));
        change
            .writes
            .push(Write::Insert(Record::Key(Box::new(key.clone()))));
        match work.commit(change).await {
            Ok(committed) => key.seq = committed.seq,
            // Somebody else was quicker with the name or with the very key: look again.
            Err(Failure::Problem(problem)) if problem.code == "already_exists" => {
                work.caught_up().await?;
                return Err(Failure::Conflict(subject));
            }
            Err(failure) => return Err(failure),
        }
        Ok(Adopted::Now(Box::new(key)))
    })
    .await
}

/// The rules of a product that a body names, and a guard that they stay.
pub(super) async fn named_rules(
    work: &Work<'_>,
    product: &Slug,
) -> Result<(std::sync::Arc<Rules>, Guard), Failure> {
    work.rules(product).await.map_err(|failure| match failure {
        Failure::Problem(problem) if problem.status == http::StatusCode::NOT_FOUND => {
            Problem::field("/product", "there is no product of this name").into()
        }
        other => other,
    })
}

/// The format of a text that can be adopted.
fn check_text<'r>(key: &PlainKey, rules: &'r Rules) -> Result<&'r ForeignFormat, Problem> {
    let text = key.reveal();
    let wrong = |message: &str| Err(Problem::field("/key", message));
    if ParsedKey::parse(text).is_ok() {
        return wrong(
            "this is a key in Keystile's own form, which is never looked for as another system's: \
             create a key instead",
        );
    }
    let Some(format) = rules.foreign_format(text) else {
        return wrong(
            "no foreign format of the product begins like this text: add its prefix to \
             [[foreign_formats]] in the manifest",
        );
    };
    if !may_be_foreign(text) {
        return wrong("a key of another system has at most 255 characters of visible ASCII");
    }
    if text.len() < SHORTEST || text.len() < format.prefix.len() + SHORTEST_REST {
        let message = format!(
            "a text of fewer than {SHORTEST} characters, or {SHORTEST_REST} after its prefix, can \
             be guessed: issue a new key"
        );
        return wrong(&message);
    }
    Ok(format)
}

/// Whose the value is already.
pub(super) fn owner_of(work: &Work<'_>, hash: &ForeignHash) -> Option<Owner> {
    let found = work.app.engine.find_foreign(hash)?;
    work.app.engine.owner_of(&found)
}

/// What is said when the key is known, as somebody else's or for something else.
fn elsewhere(known: &Key) -> Problem {
    let detail = format!(
        "this value belongs to the key {} in another environment; a value belongs to one key",
        known.id
    );
    Problem::conflict("already_exists", detail)
}

/// The key that has the value already, if it is one that the caller may know of.
async fn same_key(work: &Work<'_>, known: &Owner, product: &Slug) -> Result<Key, Failure> {
    let taken = || {
        let detail = "this value belongs to a key elsewhere already, perhaps to one that is \
                      deleted: it cannot be adopted again";
        Problem::conflict("already_exists", detail)
    };
    if known.product.slug() != product {
        return Err(taken().into());
    }
    match work.key(known.key).await {
        Ok(placed) => Ok(placed.key),
        Err(Failure::Problem(why)) if why.status == http::StatusCode::NOT_FOUND => {
            Err(taken().into())
        }
        Err(failure) => Err(failure),
    }
}
