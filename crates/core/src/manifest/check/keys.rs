//! The section `keys`: what holds for each of the two kinds.

use super::{check_rate_limit, check_unique};
use crate::manifest::file::{KeysSection, PublishableSection, Reveal, SecretSection};
use crate::manifest::grammar;
use crate::manifest::problem::Report;
use crate::manifest::rules::{EnvironmentRules, KindRules, ScopeTable};
use crate::manifest::scope::ScopeSet;
use crate::model::Kind;

pub(super) fn check(
    keys: &KeysSection,
    environments: &[EnvironmentRules],
    scopes: &ScopeTable,
    report: &mut Report,
) -> (KindRules, KindRules) {
    if keys.publishable.is_none() && keys.secret.is_none() {
        report.add(
            "/keys",
            "a product needs keys: add [keys.publishable], [keys.secret] or both",
        );
    }
    let publishable = keys
        .publishable
        .as_ref()
        .map(|section| check_publishable(section, environments, scopes, report));
    let secret = keys
        .secret
        .as_ref()
        .map(|section| check_secret(section, environments, scopes, report));
    (
        publishable.unwrap_or_else(not_offered),
        secret.unwrap_or_else(not_offered),
    )
}

fn not_offered() -> KindRules {
    KindRules {
        offered: false,
        default_scopes: ScopeSet::EMPTY,
        max_active: None,
        auto_create: Box::default(),
        idle_after_seconds: None,
        reveal: Reveal::Once,
        refuse_in_browser: true,
        rate_limit: None,
        total_rate_limit: None,
    }
}

fn check_publishable(
    section: &PublishableSection,
    environments: &[EnvironmentRules],
    scopes: &ScopeTable,
    report: &mut Report,
) -> KindRules {
    let at = "/keys/publishable";
    let default_scopes = match &section.scopes {
        Some(names) => check_scopes(names, Kind::Publishable, scopes, report),
        None => scopes.publishable,
    };
    let rate_limit = section.rate_limit.as_ref();
    let total = section.total_rate_limit.as_ref();
    KindRules {
        offered: true,
        default_scopes,
        max_active: check_max_active(section.max_active, at, report),
        auto_create: check_auto_create(&section.auto_create, environments, at, report),
        idle_after_seconds: check_idle(&section.idle_after, at, report),
        reveal: Reveal::Once,
        refuse_in_browser: false,
        rate_limit: check_rate_limit(rate_limit, &format!("{at}/rate_limit"), report),
        total_rate_limit: check_rate_limit(total, &format!("{at}/total_rate_limit"), report),
    }
}

fn check_secret(
    section: &SecretSection,
    environments: &[EnvironmentRules],
    scopes: &ScopeTable,
    report: &mut Report,
) -> KindRules {
    let at = "/keys/secret";
    if section.reveal == Reveal::Once && !section.auto_create.is_empty() {
        let message = "a secret made automatically would be shown to nobody: \
            set reveal = \"recoverable\", or leave auto_create empty";
        report.add(format!("{at}/auto_create"), message);
    }
    KindRules {
        offered: true,
        default_scopes: check_scopes(&section.scopes, Kind::Secret, scopes, report),
        max_active: check_max_active(section.max_active, at, report),
        auto_create: check_auto_create(&section.auto_create, environments, at, report),
        idle_after_seconds: check_idle(&section.idle_after, at, report),
        reveal: section.reveal,
        refuse_in_browser: section.refuse_in_browser,
        rate_limit: check_rate_limit(
            section.rate_limit.as_ref(),
            &format!("{at}/rate_limit"),
            report,
        ),
        total_rate_limit: None,
    }
}

fn check_scopes(
    names: &[String],
    kind: Kind,
    scopes: &ScopeTable,
    report: &mut Report,
) -> ScopeSet {
    let at = |index: usize| format!("/keys/{kind}/scopes/{index}");
    check_unique(names.iter().map(String::as_str), at, report);
    names
        .iter()
        .enumerate()
        .fold(ScopeSet::EMPTY, |set, (index, name)| {
            let granted = report.keep(at(index), scopes.grant(kind, name));
            set.union(&granted.unwrap_or_default())
        })
}

fn check_auto_create(
    names: &[String],
    environments: &[EnvironmentRules],
    section: &str,
    report: &mut Report,
) -> Box<[Box<str>]> {
    let at = |index: usize| format!("{section}/auto_create/{index}");
    check_unique(names.iter().map(String::as_str), at, report);
    let known = || environments.iter().map(|environment| &*environment.name);
    for (index, name) in names.iter().enumerate() {
        if !known().any(|environment| environment == name) {
            let hint = grammar::hint(name, known());
            report.add(at(index), format!("there is no environment `{name}`{hint}"));
        }
    }
    names.iter().map(|name| name.as_str().into()).collect()
}

fn check_max_active(most: Option<u32>, section: &str, report: &mut Report) -> Option<u32> {
    if most == Some(0) {
        let message = "0 allows no key at all: write at least 1, or leave the section out";
        report.add(format!("{section}/max_active"), message);
    }
    most
}

fn check_idle(text: &str, section: &str, report: &mut Report) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    report.keep(format!("{section}/idle_after"), grammar::seconds(text))
}
