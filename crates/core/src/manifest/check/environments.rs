//! The list `environments`, and which base URL belongs to which of them.

use super::{check_rate_limit, check_unique};
use crate::manifest::file::EnvironmentEntry;
use crate::manifest::grammar;
use crate::manifest::place::{BaseUrl, Places};
use crate::manifest::problem::Report;
use crate::manifest::rules::EnvironmentRules;
use crate::model::Mode;

const ENVIRONMENTS: usize = 32;
const BASE_URLS: usize = 16;

pub(super) fn check(
    entries: &[EnvironmentEntry],
    report: &mut Report,
) -> (Box<[EnvironmentRules]>, Places) {
    if entries.is_empty() {
        let message =
            "a product needs an environment: add [[environments]] with name = \"production\"";
        report.add("/environments", message);
    }
    if entries.len() > ENVIRONMENTS {
        report.add(
            "/environments",
            format!("at most {ENVIRONMENTS} environments"),
        );
    }
    let names = entries.iter().map(|entry| entry.name.as_str());
    check_unique(names, |at| format!("/environments/{at}/name"), report);
    let mut urls: Vec<(BaseUrl, usize)> = Vec::new();
    let checked = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| check_entry(index, entry, &mut urls, report))
        .collect();
    (checked, Places::build(urls))
}

fn check_entry(
    index: usize,
    entry: &EnvironmentEntry,
    urls: &mut Vec<(BaseUrl, usize)>,
    report: &mut Report,
) -> EnvironmentRules {
    let pointer = format!("/environments/{index}");
    if !grammar::is_name(&entry.name, 40, b"_-") {
        let message = "a name is 1 to 40 lower-case letters, digits, _ and -, a letter first";
        report.add(format!("{pointer}/name"), message);
    }
    if entry.base_urls.len() > BASE_URLS {
        report.add(
            format!("{pointer}/base_urls"),
            format!("at most {BASE_URLS} base URLs"),
        );
    }
    let mut own = Vec::new();
    for (at, text) in entry.base_urls.iter().enumerate().take(BASE_URLS) {
        let place = format!("{pointer}/base_urls/{at}");
        let Some(url) = report.keep(place.as_str(), BaseUrl::parse(text)) else {
            continue;
        };
        if let Some((other, _)) = urls.iter().find(|(other, _)| url.collides(other)) {
            let message = format!("`{url}` is already claimed in this manifest, as `{other}`");
            report.add(place, message);
        }
        urls.push((url.clone(), index));
        own.push(url);
    }
    EnvironmentRules {
        name: entry.name.as_str().into(),
        mode: Mode::of_environment(&entry.name),
        base_urls: own.into(),
        rate_limit: check_rate_limit(
            entry.rate_limit.as_ref(),
            &format!("{pointer}/rate_limit"),
            report,
        ),
    }
}
