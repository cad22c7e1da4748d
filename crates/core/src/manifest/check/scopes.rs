//! The list `scopes`.

use super::check_unique;
use crate::manifest::file::ScopeEntry;
use crate::manifest::grammar;
use crate::manifest::problem::Report;
use crate::manifest::rules::{ScopeRules, ScopeTable};
use crate::manifest::scope::ScopeId;

pub(super) fn check(entries: &[ScopeEntry], report: &mut Report) -> ScopeTable {
    if entries.len() > 256 {
        report.add(
            "/scopes",
            format!("a product has at most 256 scopes, not {}", entries.len()),
        );
    }
    let names = entries.iter().map(|entry| entry.name.as_str());
    check_unique(names, |at| format!("/scopes/{at}/name"), report);
    let mut table = ScopeTable::default();
    for (number, (index, entry)) in (0..=u8::MAX).zip(entries.iter().enumerate()) {
        check_entry(index, entry, report);
        let scope = ScopeId(number);
        table.all.insert(scope);
        if entry.publishable {
            table.publishable.insert(scope);
        }
        table.by_name.insert(entry.name.as_str().into(), scope);
        table.entries.push(ScopeRules {
            name: entry.name.as_str().into(),
            description: entry.description.as_str().into(),
            publishable: entry.publishable,
        });
    }
    table
}

fn check_entry(index: usize, entry: &ScopeEntry, report: &mut Report) {
    if !grammar::is_name(&entry.name, 64, b"_.:-") {
        let message = "a scope is 1 to 64 lower-case letters, digits and _.:-, a letter first";
        report.add(format!("/scopes/{index}/name"), message);
    }
    if !entry.description.is_empty() && !grammar::is_label(&entry.description, 500) {
        let message = "a description has at most 500 characters on one line";
        report.add(format!("/scopes/{index}/description"), message);
    }
}
