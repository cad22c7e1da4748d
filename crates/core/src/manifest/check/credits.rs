//! The section `credits`.

use super::check_unique;
use crate::manifest::file::CreditsSection;
use crate::manifest::grammar;
use crate::manifest::problem::Report;

/// The most credits that one grant can hold.
pub(super) const MOST: u64 = 1_000_000_000_000;

const THRESHOLDS: usize = 16;

/// Longest time for which credits stay reserved, in seconds: 7 days.
const LONGEST_RESERVATION: u32 = 7 * 86_400;

pub(super) fn check_thresholds(credits: &CreditsSection, report: &mut Report) -> Box<[u64]> {
    if credits.test_grant > MOST {
        report.add("/credits/test_grant", format!("at most {MOST} credits"));
    }
    if credits.thresholds.len() > THRESHOLDS {
        report.add(
            "/credits/thresholds",
            format!("at most {THRESHOLDS} thresholds"),
        );
    }
    let texts: Vec<String> = credits.thresholds.iter().map(ToString::to_string).collect();
    check_unique(
        texts.iter().map(String::as_str),
        |at| format!("/credits/thresholds/{at}"),
        report,
    );
    let mut sorted = credits.thresholds.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.into()
}

/// The time in seconds; of one that was reported, the longest there is.
pub(super) fn check_reservation(credits: &CreditsSection, report: &mut Report) -> u32 {
    let pointer = "/credits/reservation";
    let seconds = report.keep(pointer, grammar::seconds(&credits.reservation));
    let short = seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| *seconds <= LONGEST_RESERVATION);
    if seconds.is_some() && short.is_none() {
        report.add(pointer, "credits stay reserved for at most 7d");
    }
    short.unwrap_or(LONGEST_RESERVATION)
}
