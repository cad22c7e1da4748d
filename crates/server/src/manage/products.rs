//! Applying manifests.

use keystile_core::manifest::{Change as Difference, Manifest, Problems, Rules, diff, narrows};
use keystile_core::model::{Action, Effective, Product, Record, Slug, Subject};
use keystile_store::{Guard, Write};
use serde_json::{Value, json};

use super::field::Fields;
use super::reveal::{destroy_sealed, first_destroyed, is_recoverable};
use super::work::{Failure, Work, rules_of, update};
use crate::problem::{FieldError, Problem};

/// What applying did, or would do.
#[derive(Debug, Clone)]
pub(crate) struct Applied {
    pub(crate) product: Product,
    /// For people.
    pub(crate) changes: Vec<Difference>,
    /// Whether the product was not there before.
    pub(crate) created: bool,
    pub(crate) effective: Option<Effective>,
    /// How many sealed secrets were destroyed, or would be.
    pub(crate) destroyed_secrets: u64,
}

/// Applies a manifest; the same one again changes nothing.
pub(crate) async fn apply_manifest(
    work: &Work<'_>,
    slug: &Slug,
    manifest: &Manifest,
    dry_run: bool,
) -> Result<Applied, Problem> {
    work.must_not_be_confined()?;
    work.must_be_the_operators()?;
    if !work.caller.reaches(slug) {
        return Err(Problem::not_found("product"));
    }
    let rules = Rules::check(manifest).map_err(|problems| invalid(&problems))?;
    if rules.slug != *slug {
        let message = format!(
            "the manifest is for {}, the address says {slug}",
            rules.slug
        );
        return Err(Problem::field("/product/slug", message));
    }
    let mut fields = Fields::default();
    fields.no_secret("", &manifest.to_toml());
    fields.finish()?;
    let keeps_secrets = is_recoverable(&rules);
    if !dry_run && keeps_secrets && !keeps_now(work, slug).await? {
        // What a crash left behind must not become readable with the new manifest.
        destroy_sealed(work, slug).await?;
    }
    let mut applied = work
        .attempt(async || apply(work, &rules, manifest, dry_run).await)
        .await?;
    applied.destroyed_secrets += match (keeps_secrets, dry_run) {
        (true, _) => 0,
        (false, true) => work.app.store.sealed_count(slug).await?,
        (false, false) => destroy_sealed(work, slug).await?,
    };
    Ok(applied)
}

/// Whether the manifest in force keeps secrets sealed.
async fn keeps_now(work: &Work<'_>, slug: &Slug) -> Result<bool, Problem> {
    let product = work.app.store.product(slug).await?;
    // One that does not read any more is left to be replaced by one that does.
    Ok(product
        .and_then(|row| rules_of(&row).ok())
        .is_none_or(|rules| is_recoverable(&rules)))
}

async fn apply(
    work: &Work<'_>,
    rules: &Rules,
    manifest: &Manifest,
    dry_run: bool,
) -> Result<Applied, Failure> {
    let slug = &rules.slug;
    let guards = claims(work, rules).await?;
    let before = work.app.store.product(slug).await?;
    let old = before
        .as_ref()
        .map(|product| Manifest::from_toml(&product.manifest));
    let old = old.transpose().ok().flatten();
    let changes = diff(old.as_ref(), manifest);
    let now = work.now();
    let product = Product {
        slug: slug.clone(),
        manifest: manifest.to_toml(),
        created_at: before.as_ref().map_or(now, |product| product.created_at),
        updated_at: now,
        seq: 0,
    };
    let created = before.is_none();
    let mut applied = Applied {
        product,
        changes,
        created,
        effective: None,
        destroyed_secrets: 0,
    };
    if let Some(same) = before
        .clone()
        .filter(|_| applied.changes.is_empty() && old.is_some())
    {
        applied.product = same;
        return Ok(applied);
    }
    if dry_run {
        return Ok(applied);
    }
    let destroyed = match is_recoverable(rules) {
        true => Vec::new(),
        false => first_destroyed(work, slug).await?,
    };
    applied.destroyed_secrets = u64::try_from(destroyed.len()).unwrap_or(u64::MAX);
    let action = if created {
        Action::ProductCreated
    } else {
        Action::ProductUpdated
    };
    let mut change = work.change(action, told(&applied));
    change.product = Some(slug.clone());
    change.guards = guards;
    let record = Record::Product(applied.product.clone());
    change.writes.push(match &before {
        None => Write::Insert(record),
        Some(product) => update(record, product.seq),
    });
    change.writes.extend(destroyed);
    let narrows = old.as_ref().is_none_or(|old| narrows(old, manifest)) && !created;
    if narrows {
        let effective = work.narrow(change).await?;
        applied.product.seq = effective.seq;
        applied.effective = Some(effective);
    } else {
        applied.product.seq = work.commit(change).await?.seq;
    }
    Ok(applied)
}

/// What the journal says of it.
fn told(applied: &Applied) -> Value {
    let pointers: Vec<_> = applied
        .changes
        .iter()
        .map(|change| &change.pointer)
        .take(50)
        .collect();
    match applied.destroyed_secrets {
        0 => json!({ "changed": pointers }),
        count => json!({ "changed": pointers, "destroyed_secrets": count }),
    }
}

/// A base URL belongs to one product in the whole installation.
async fn claims(work: &Work<'_>, rules: &Rules) -> Result<Vec<Guard>, Failure> {
    let others = work.app.store.products().await?;
    let mut guards = Vec::new();
    let mut errors = Vec::new();
    for other in others.iter().filter(|other| other.slug != rules.slug) {
        guards.push(Guard::Unchanged(
            Subject::Product(other.slug.clone()),
            other.seq,
        ));
        let Ok(theirs) = rules_of(other) else {
            continue;
        };
        for (environment, url) in rules.base_urls().enumerate() {
            if theirs.base_urls().any(|claimed| claimed.collides(url)) {
                let message = format!("{url} is claimed by the product {}", other.slug);
                errors.push(FieldError::new(
                    format!("/environments/{environment}/base_urls"),
                    message,
                ));
            }
        }
    }
    if errors.is_empty() {
        Ok(guards)
    } else {
        Err(Problem::invalid(errors).into())
    }
}

/// A manifest's problems as an answer.
pub(crate) fn invalid(problems: &Problems) -> Problem {
    let errors = problems.as_slice().iter();
    Problem::invalid(
        errors
            .map(|problem| FieldError::new(&problem.pointer, &problem.message))
            .collect(),
    )
}
