//! The house rules, as checks.

pub(crate) mod hostile;
pub(crate) mod promises;
mod rooms;
mod secrets;
mod walls;

use std::process::ExitCode;

use crate::tree::{self, File};

/// What breaks a rule, with the place.
pub(crate) type Faults = Vec<String>;

/// A rule and its check.
type Rule = (&'static str, fn(&[File]) -> Faults);

const RULES: &[Rule] = &[
    ("files have at most 400 lines of code", rooms::long_files),
    (
        "no room is called utils, helpers, common or manager",
        rooms::vague_names,
    ),
    ("every Rust file says what it is for", rooms::silent_files),
    ("the house's documents are there", rooms::missing_documents),
    (
        "tests are named for what they show",
        rooms::badly_named_tests,
    ),
    (
        "tests name hostile cases that exist",
        hostile::unknown_cases,
    ),
    (
        "docs/hostile-cases-covered.md says which cases tests name",
        hostile::outdated_list,
    ),
    (
        "tests show every promise of the four systems",
        promises::not_shown,
    ),
    (
        "docs/systems.md says which promises tests show",
        promises::outdated_table,
    ),
    (
        "no path of a machine and no host of a registry stands in the tree",
        secrets::places,
    ),
    ("no whole live key stands in the tree", secrets::live_keys),
    ("all code but one file is safe", walls::not_safe),
    ("dependencies keep to their rooms", walls::misplaced),
    ("rooms depend in one direction", walls::backward),
];

/// Checks every rule and says what breaks it.
pub(crate) fn run() -> ExitCode {
    let (kept, broken) = check();
    println!("{kept} rules kept, {broken} broken");
    ExitCode::from(u8::from(broken > 0))
}

/// Checks every rule; how many are kept and how many broken.
pub(crate) fn check() -> (u64, u64) {
    let files = tree::files();
    let broken: Vec<_> = RULES.iter().filter(|rule| !holds(rule, &files)).collect();
    let broken = u64::try_from(broken.len()).unwrap_or(u64::MAX);
    (u64::try_from(RULES.len()).unwrap_or(0) - broken, broken)
}

fn holds((rule, check): &Rule, files: &[File]) -> bool {
    let faults = check(files);
    for fault in &faults {
        println!("tidy: {rule}: {fault}");
    }
    faults.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: fn(&[File]) -> Faults, path: &str, text: &str) -> usize {
        check(&[File {
            path: path.into(),
            text: text.into(),
        }])
        .len()
    }

    #[test]
    fn every_rule_about_files_can_fail() {
        let long = "let a = 1;\n".repeat(401);
        let key = ["sk_acme_live_", &"a".repeat(38)].concat();
        let home = ["/ho", "me/somebody"].concat();
        let test = "#[test]\nfn test_it() {}\n";
        let unknown = "#[test]\nfn z99_nothing_is_known_of_this() {}\n";
        assert_eq!(faults(rooms::long_files, "a.rs", &long), 1);
        assert_eq!(
            faults(rooms::vague_names, "crates/core/src/utils/mod.rs", ""),
            1
        );
        assert_eq!(faults(rooms::vague_names, "src/helpers.rs", ""), 1);
        assert_eq!(faults(rooms::silent_files, "a.rs", "fn main() {}"), 1);
        assert!(faults(rooms::missing_documents, "a.rs", "") > 0);
        assert_eq!(faults(rooms::badly_named_tests, "a.rs", test), 1);
        assert_eq!(faults(hostile::unknown_cases, "a.rs", unknown), 1);
        let hint = ["fn a() { uns", "afe { b() } }"].concat();
        assert_eq!(faults(walls::not_safe, "a.rs", &hint), 1);
        assert_eq!(faults(secrets::places, "a.md", &home), 1);
        assert_eq!(faults(secrets::live_keys, "a.md", &key), 1);
    }

    #[test]
    fn what_is_as_it_should_be_is_no_fault() {
        let text = "//! For a test.\n#[test]\nfn k04_k05_a_key_is_refused() {}\n";
        for check in [
            rooms::long_files,
            rooms::vague_names,
            rooms::silent_files,
            rooms::badly_named_tests,
            hostile::unknown_cases,
            walls::not_safe,
            secrets::places,
            secrets::live_keys,
        ] {
            assert_eq!(faults(check, "crates/core/src/key/format.rs", text), 0);
        }
    }
}
