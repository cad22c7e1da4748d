//! The list `operations`.

use super::check_rate_limit;
use crate::manifest::file::{Manifest, OperationEntry};
use crate::manifest::grammar;
use crate::manifest::operation::{Operation, OperationTable};
use crate::manifest::problem::Report;
use crate::manifest::rules::ScopeTable;
use crate::manifest::scope::ScopeId;
use crate::manifest::template::{Overlap, Template};

const OPERATIONS: usize = 1000;

pub(super) fn check(
    manifest: &Manifest,
    scopes: &ScopeTable,
    report: &mut Report,
) -> OperationTable {
    let entries = &manifest.operations;
    if entries.len() > OPERATIONS {
        report.add("/operations", format!("at most {OPERATIONS} operations"));
    }
    if manifest.product.require_operation && entries.is_empty() {
        let message = "every verify would be refused: list [[operations]], or set this to false";
        report.add("/product/require_operation", message);
    }
    let mut checked: Vec<(Template, Operation)> = Vec::new();
    for (index, entry) in (0_u16..).zip(entries.iter().take(OPERATIONS)) {
        if let Some((template, operation)) = check_entry(index, entry, scopes, report) {
            check_conflict(&template, &operation, &checked, report);
            checked.push((template, operation));
        }
    }
    OperationTable::build(checked)
}

fn check_entry(
    index: u16,
    entry: &OperationEntry,
    scopes: &ScopeTable,
    report: &mut Report,
) -> Option<(Template, Operation)> {
    let pointer = format!("/operations/{index}");
    let template = report.keep(format!("{pointer}/match"), Template::parse(&entry.matches));
    let scope = check_scope(entry, &pointer, scopes, report);
    let max_cost = check_max_cost(entry, &pointer, report);
    let rate_limit = check_rate_limit(
        entry.rate_limit.as_ref(),
        &format!("{pointer}/rate_limit"),
        report,
    );
    // An unknown scope has been reported, and keeps the rules from being built; the operation
    // itself is kept so that conflicts with it are reported as well.
    let operation = Operation {
        index,
        text: entry.matches.as_str().into(),
        scope: scope.unwrap_or(ScopeId(0)),
        cost: entry.cost,
        max_cost,
        rate_limit,
    };
    Some((template?, operation))
}

fn check_scope(
    entry: &OperationEntry,
    pointer: &str,
    scopes: &ScopeTable,
    report: &mut Report,
) -> Option<ScopeId> {
    let Some(scope) = scopes.by_name.get(entry.scope.as_str()).copied() else {
        let known = scopes.entries.iter().map(|scope| &*scope.name);
        let hint = grammar::hint(&entry.scope, known);
        report.add(
            format!("{pointer}/scope"),
            format!("there is no scope `{}`{hint}", entry.scope),
        );
        return None;
    };
    let costs = match (entry.cost, entry.max_cost) {
        (1.., _) => Some(("cost", "set cost = 0")),
        (0, Some(_)) => Some(("max_cost", "leave max_cost out")),
        (0, None) => None,
    };
    if let Some((field, remedy)) = costs
        && scopes.publishable.contains(scope)
        && !entry.public_cost
    {
        let message = format!(
            "anyone who reads a page could spend these credits, because `{}` is publishable: \
             {remedy}, or public_cost = true if that is meant",
            entry.scope
        );
        report.add(format!("{pointer}/{field}"), message);
    }
    Some(scope)
}

/// The most that may be named, which without a range is the cost itself.
fn check_max_cost(entry: &OperationEntry, pointer: &str, report: &mut Report) -> u32 {
    let max_cost = entry.max_cost.unwrap_or(entry.cost);
    if entry.max_cost.is_some() && max_cost <= entry.cost {
        let message = format!(
            "must be more than the cost, which is {}: leave it out if all calls cost the same",
            entry.cost
        );
        report.add(format!("{pointer}/max_cost"), message);
    }
    max_cost
}

fn check_conflict(
    template: &Template,
    operation: &Operation,
    earlier: &[(Template, Operation)],
    report: &mut Report,
) {
    let conflicts =
        |(other, _): &&(Template, Operation)| template.overlap(other) == Overlap::Conflict;
    if let Some((_, other)) = earlier.iter().find(conflicts) {
        let message = format!(
            "a request can match both this and `{}`, and neither is the more specific",
            other.text
        );
        report.add(format!("/operations/{}/match", operation.index), message);
    }
}
