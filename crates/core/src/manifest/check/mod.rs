//! From [`Manifest`] to [`Rules`]: everything that is wrong is told at once.
//!
//! Each part of the manifest has a file here. A part returns what it could make sense of, so that
//! the parts after it can still be checked; nothing of it is used once a problem was found.

mod credits;
mod environments;
mod foreign;
mod keys;
mod operations;
mod plans;
mod product;
mod scopes;

use super::file::{Manifest, RateLimitEntry};
use super::grammar;
use super::problem::{Problems, Report};
use super::rules::Rules;
use crate::model::{RateLimit, Slug};

/// Longest period of a rate limit, in seconds: 31 days.
const LONGEST_PERIOD: u64 = 31 * 86_400;

impl Rules {
    /// Checks the manifest of a product.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn check(manifest: &Manifest) -> Result<Self, Problems> {
        let mut report = Report::default();
        if manifest.product.slug == Slug::OPERATOR {
            let message =
                "`keystile` is the built-in product of operator keys: choose another slug";
            report.add("/product/slug", message);
        }
        compile(manifest, report)
    }

    /// Checks the manifest of the built-in product, whose slug nobody else may use.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn check_operator(manifest: &Manifest) -> Result<Self, Problems> {
        let mut report = Report::default();
        if manifest.product.slug != Slug::OPERATOR {
            report.add(
                "/product/slug",
                "the built-in product must have the slug `keystile`",
            );
        }
        compile(manifest, report)
    }
}

fn compile(manifest: &Manifest, mut report: Report) -> Result<Rules, Problems> {
    let report = &mut report;
    let product = product::check(&manifest.product, report);
    let console = product::check_console(&manifest.console, report);
    let auto_project = product::check_auto_project(&manifest.organizations, report);
    let (environments, places) = environments::check(&manifest.environments, report);
    let scopes = scopes::check(&manifest.scopes, report);
    let (publishable, secret) = keys::check(&manifest.keys, &environments, &scopes, report);
    let operations = operations::check(manifest, &scopes, report);
    let plans = plans::check(&manifest.plans, report);
    let credit_thresholds = credits::check_thresholds(&manifest.credits, report);
    let reservation_seconds = credits::check_reservation(&manifest.credits, report);
    let foreign_formats = foreign::check(&manifest.foreign_formats, report);
    std::mem::take(report).finish()?;
    let Some(slug) = product.slug else {
        return Err(Problems::one("/product/slug", "the slug is not usable"));
    };
    let kinds = [&publishable, &secret].into_iter();
    let limits = kinds
        .flat_map(|kind| [kind.rate_limit, kind.total_rate_limit])
        .chain(environments.iter().map(|one| one.rate_limit))
        .chain(plans.iter().map(|plan| plan.rate_limit))
        .chain(operations.as_slice().iter().map(|one| one.rate_limit));
    let is_limited = limits.flatten().next().is_some();
    Ok(Rules {
        slug,
        name: manifest.product.name.as_str().into(),
        brand: product.brand,
        credential_headers: product.credential_headers,
        require_operation: manifest.product.require_operation,
        docs_url: manifest.product.docs_url.as_deref().map(Into::into),
        console,
        auto_project,
        custom_environments: manifest.organizations.custom_environments,
        environments,
        plans,
        test_grant: manifest.credits.test_grant,
        credit_thresholds: credit_thresholds.into(),
        reservation_seconds,
        foreign_formats,
        is_limited,
        operations,
        publishable,
        secret,
        scopes,
        places,
    })
}

fn check_rate_limit(
    entry: Option<&RateLimitEntry>,
    pointer: &str,
    report: &mut Report,
) -> Option<RateLimit> {
    let entry = entry?;
    if entry.limit == 0 {
        report.add(
            format!("{pointer}/limit"),
            "a limit of 0 refuses everything: write at least 1",
        );
    }
    let period = report.keep(format!("{pointer}/period"), grammar::seconds(&entry.period))?;
    if period > LONGEST_PERIOD {
        report.add(format!("{pointer}/period"), "a period has at most 31d");
    }
    Some(RateLimit {
        limit: entry.limit,
        period_seconds: u32::try_from(period).ok()?,
    })
}

/// Reports every name that stood before.
fn check_unique<'a>(
    names: impl Iterator<Item = &'a str>,
    pointer: impl Fn(usize) -> String,
    report: &mut Report,
) {
    let mut seen = std::collections::HashMap::new();
    for (index, name) in names.enumerate() {
        if let Some(first) = seen.insert(name, index) {
            let message = format!("`{name}` stands twice, first at {}", pointer(first));
            report.add(pointer(index), message);
        }
    }
}

/// Reports text that cannot be shown on one line.
fn check_label(text: &str, longest: usize, pointer: &str, report: &mut Report) {
    if !grammar::is_label(text, longest) {
        report.add(
            pointer,
            format!("must be 1 to {longest} characters on one line"),
        );
    }
}

#[cfg(test)]
mod tests;
