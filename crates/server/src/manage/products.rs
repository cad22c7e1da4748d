//! Applying manifests.

use keystile_core::manifest::{Change as Difference, Manifest, Problems, Rules, diff, narrows};
use keystile_core::model::{Action, Effective, Product, Record, Slug, Subject};
use keystile_store::{Guard, Write};
use serde_json::json;

use super::field::Fields;
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
}

/// Applies a manifest; the same one again changes nothing.
pub(crate) async fn apply_manifest(
    work: &Work<'_>,
    slug: &Slug,
    manifest: &Manifest,
    dry_run: bool,
) -> Result<Applied, Problem> {
    work.must_not_be_confined()?;
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
    work.attempt(async || {
        let guards = claims(work, &rules).await?;
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
        if let Some(same) = before
            .clone()
            .filter(|_| changes.is_empty() && old.is_some())
        {
            return Ok(Applied {
                product: same,
                changes,
                created,
                effective: None,
            });
        }
        if dry_run {
            return Ok(Applied {
                product,
                changes,
                created,
                effective: None,
            });
        }
        let action = if created {
            Action::ProductCreated
        } else {
            Action::ProductUpdated
        };
        let pointers: Vec<_> = changes
            .iter()
            .map(|change| &change.pointer)
            .take(50)
            .collect();
        let mut change = work.change(action, json!({ "changed": pointers }));
        change.product = Some(slug.clone());
        change.guards = guards;
        let record = Record::Product(product.clone());
        change.writes.push(match &before {
            None => Write::Insert(record),
            Some(product) => update(record, product.seq),
        });
        let narrows = old.as_ref().is_none_or(|old| narrows(old, manifest)) && !created;
        let (seq, effective) = if narrows {
            let effective = work.narrow(change).await?;
            (effective.seq, Some(effective))
        } else {
            (work.commit(change).await?.seq, None)
        };
        Ok(Applied {
            product: Product { seq, ..product },
            changes,
            created,
            effective,
        })
    })
    .await
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
