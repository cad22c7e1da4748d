//! The list `plans`.

use super::credits::MOST;
use super::{check_rate_limit, check_unique};
use crate::manifest::file::PlanEntry;
use crate::manifest::grammar;
use crate::manifest::problem::Report;
use crate::manifest::rules::{PlanRules, RecurringCredits};

const PLANS: usize = 64;

pub(super) fn check(entries: &[PlanEntry], report: &mut Report) -> Box<[PlanRules]> {
    if entries.len() > PLANS {
        report.add("/plans", format!("at most {PLANS} plans"));
    }
    let names = entries.iter().map(|entry| entry.name.as_str());
    check_unique(names, |at| format!("/plans/{at}/name"), report);
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| check_entry(index, entry, report))
        .collect()
}

fn check_entry(index: usize, entry: &PlanEntry, report: &mut Report) -> PlanRules {
    let pointer = format!("/plans/{index}");
    if !grammar::is_name(&entry.name, 40, b"_-") {
        let message = "a name is 1 to 40 lower-case letters, digits, _ and -, a letter first";
        report.add(format!("{pointer}/name"), message);
    }
    if entry.max_active_keys == Some(0) {
        report.add(
            format!("{pointer}/max_active_keys"),
            "0 allows no key: write at least 1",
        );
    }
    PlanRules {
        name: entry.name.as_str().into(),
        rate_limit: check_rate_limit(
            entry.rate_limit.as_ref(),
            &format!("{pointer}/rate_limit"),
            report,
        ),
        max_active_keys: entry.max_active_keys,
        credits: check_credits(entry, &pointer, report),
    }
}

fn check_credits(
    entry: &PlanEntry,
    pointer: &str,
    report: &mut Report,
) -> Option<RecurringCredits> {
    let credits = entry.credits?;
    if credits.live == 0 && credits.test == 0 {
        let message = "grants nothing: write live, test or both, or leave credits out";
        report.add(format!("{pointer}/credits"), message);
    }
    for (name, amount) in [("live", credits.live), ("test", credits.test)] {
        if amount > MOST {
            report.add(
                format!("{pointer}/credits/{name}"),
                format!("at most {MOST} credits"),
            );
        }
    }
    Some(RecurringCredits {
        live: credits.live,
        test: credits.test,
        every: credits.every,
    })
}
