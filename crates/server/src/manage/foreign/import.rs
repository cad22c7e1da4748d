//! Importing keys by their digests, many at once. Each row stands for itself: one that is refused
//! keeps no other back, and one that was imported before is left alone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{KeyId, Mode, Slug};

use super::adopt::{named_rules, owner_of};
use super::customers::create_customers;
use super::place::{NoPlace, Ownership, Place};
use super::row::{Checked, ImportRow};
use super::write::{Draft, write};
use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work};
use crate::problem::{FieldError, Problem};

/// So many rows are taken at once: they are written in one change, behind which others wait.
pub(crate) const MOST_ROWS: usize = 1000;

/// How often rows are looked at again that somebody else has come between.
const PASSES: u32 = 8;

/// Keys to be imported.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) product: Option<Slug>,
    /// Rows, or what is wrong with those that do not read.
    pub(crate) rows: Vec<Result<ImportRow, Vec<FieldError>>>,
    /// Where they come from, for the audit log: a file's name.
    pub(crate) source: Option<String>,
    /// Whether organizations that do not exist are created.
    pub(crate) create_organizations: bool,
    /// Whether nothing is to be written.
    pub(crate) dry_run: bool,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Its key is one of ours now (in a dry run: would be).
    Imported {
        /// The key; `None` in a dry run.
        key: Option<KeyId>,
        /// What it is called.
        name: String,
    },
    /// Its key was one of ours before, or an earlier row of the same call has it.
    AlreadyThere(Option<KeyId>),
    /// Why not.
    Refused(Vec<FieldError>),
}

impl Outcome {
    /// One thing is wrong.
    pub(super) fn refused(pointer: &str, message: impl Into<String>) -> Self {
        Self::Refused(vec![FieldError::new(pointer, message)])
    }
}

/// Outcomes by row; those that are missing are still to come.
pub(super) type Outcomes = Vec<Option<Outcome>>;

/// Imports what can be imported, and says of each row what became of it.
pub(crate) async fn import_keys(work: &Work<'_>, wanted: &Import) -> Result<Vec<Outcome>, Problem> {
    work.must_be_the_operators()?;
    let product = work.product_or_bound(wanted.product.as_ref())?;
    if wanted.create_organizations {
        work.must_not_be_confined()?;
    }
    let mut fields = Fields::default();
    fields.source("/source", wanted.source.as_deref());
    fields.finish()?;
    let mut outcomes: Outcomes = vec![None; wanted.rows.len()];
    for _ in 0..PASSES {
        match pass(work, wanted, &product, &mut outcomes).await {
            Ok(()) => break,
            Err(Failure::Problem(problem)) => return Err(problem),
            Err(Failure::Conflict(_)) => work.caught_up().await?,
        }
    }
    let unsettled = || {
        let message = "what this rests on keeps being changed by others: import it again";
        Outcome::refused("", message)
    };
    let outcomes = outcomes.into_iter();
    Ok(outcomes.map(|one| one.unwrap_or_else(unsettled)).collect())
}

/// Looks at every row that has no outcome yet. A conflict leaves those without one that somebody
/// else has come between.
async fn pass(
    work: &Work<'_>,
    wanted: &Import,
    product: &Slug,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let (rules, guard) = named_rules(work, product).await?;
    let mut places = Places::new(work, product, &rules);
    let now = work.now();
    let mut ready = Vec::new();
    for (index, row) in wanted.rows.iter().enumerate() {
        if outcomes.get(index).is_none_or(Option::is_some) {
            continue;
        }
        let checked = match row {
            Ok(row) => row.check(&rules, now).map(|checked| (row, checked)),
            Err(errors) => Err(errors.clone()),
        };
        match checked {
            Ok((row, checked)) => ready.push((index, row, checked)),
            Err(errors) => settle(outcomes, index, Outcome::Refused(errors)),
        }
    }
    if wanted.create_organizations {
        let mut missing = BTreeSet::new();
        for (_, row, checked) in &ready {
            missing.extend(places.missing(&row.owner, checked.format.mode).await?);
        }
        if !wanted.dry_run && !missing.is_empty() {
            create_customers(work, product, &rules, &guard, &missing).await?;
            places.forget();
        }
    }
    let mut drafts: Vec<Draft<'_>> = Vec::with_capacity(ready.len());
    let mut seen = HashMap::new();
    for (index, row, checked) in ready {
        let mode = checked.format.mode;
        let place = match places.find(&row.owner, mode).await? {
            Ok(place) => place,
            Err(Missing::Organization(_)) if wanted.create_organizations => {
                let (key, name) = (None, checked.name);
                settle(outcomes, index, Outcome::Imported { key, name });
                continue;
            }
            Err(why) => {
                settle(outcomes, index, Outcome::Refused(vec![why.into_error()]));
                continue;
            }
        };
        let known = known(work, &checked, &place).or_else(|| {
            let bytes = checked.hash.as_bytes().to_vec();
            let earlier = seen.insert(bytes, place.environment.id)?;
            Some(match earlier == place.environment.id {
                true => Outcome::AlreadyThere(None),
                false => Outcome::refused("/digest", "an earlier row has this key elsewhere"),
            })
        });
        match known {
            Some(outcome) => settle(outcomes, index, outcome),
            None => drafts.push(Draft {
                row: index,
                said: row,
                checked,
                place,
                name: String::new(),
            }),
        }
    }
    write(work, wanted, (&rules, &guard), drafts, outcomes).await
}

pub(super) fn settle(outcomes: &mut Outcomes, row: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(row) {
        *slot = Some(outcome);
    }
}

/// What is to say of a row whose key is one of ours already.
fn known(work: &Work<'_>, checked: &Checked<'_>, place: &Place) -> Option<Outcome> {
    let owner = owner_of(work, &checked.hash)?;
    if owner.environment == place.environment.id {
        return Some(Outcome::AlreadyThere(Some(owner.key)));
    }
    let environment = work.app.engine.index().environment(owner.environment);
    let reached = environment.is_some_and(|environment| {
        let product = environment.product().slug();
        *product == place.environment.product
            && work.caller.reaches_environment(product, environment.name())
    });
    let whose = match reached {
        true => format!("the key {} in another environment has", owner.key),
        false => "a key elsewhere has".to_owned(),
    };
    let message = format!("{whose} this digest already; a digest belongs to one key");
    Some(Outcome::refused("/digest", message))
}

/// Why a row has no place.
#[derive(Debug, Clone)]
enum Missing {
    /// The organization of this external id does not exist.
    Organization(String),
    /// What was said leads nowhere.
    Wrong(FieldError),
}

impl Missing {
    fn into_error(self) -> FieldError {
        match self {
            Self::Organization(name) => NoPlace::unknown_organization(&name),
            Self::Wrong(error) => error,
        }
    }
}

/// Places that rows of one call share.
struct Places<'a> {
    work: &'a Work<'a>,
    product: &'a Slug,
    rules: &'a Rules,
    known: HashMap<(Ownership, Mode), Result<Arc<Place>, Missing>>,
}

impl<'a> Places<'a> {
    fn new(work: &'a Work<'a>, product: &'a Slug, rules: &'a Rules) -> Self {
        Self {
            work,
            product,
            rules,
            known: HashMap::new(),
        }
    }

    fn forget(&mut self) {
        self.known.clear();
    }

    async fn find(
        &mut self,
        owner: &Ownership,
        mode: Mode,
    ) -> Result<Result<Arc<Place>, Missing>, Failure> {
        let asked = (owner.clone(), mode);
        if let Some(known) = self.known.get(&asked) {
            return Ok(known.clone());
        }
        let (product, rules) = (self.product, self.rules);
        let found = match self.work.place(product, rules, mode, owner).await {
            Ok(place) => Ok(Arc::new(place)),
            Err(NoPlace::NoOrganization(name)) => Err(Missing::Organization(name)),
            Err(NoPlace::Wrong(error)) => Err(Missing::Wrong(error)),
            Err(NoPlace::Failure(failure)) => return Err(failure),
        };
        self.known.insert(asked, found.clone());
        Ok(found)
    }

    /// The organization that would have to be created.
    async fn missing(&mut self, owner: &Ownership, mode: Mode) -> Result<Option<String>, Failure> {
        Ok(match self.find(owner, mode).await? {
            Err(Missing::Organization(name)) => Some(name),
            _ => None,
        })
    }
}
