//! The hostile cases: bad input and faults, each with an id that the tests covering it carry at
//! the front of their names, such as `k04_k09_…`.

use std::collections::{BTreeMap, BTreeSet};

use super::Faults;
use crate::tree::File;

/// Every case: its id and, in short, what happens.
const CASES: &str = include_str!("hostile-cases.txt");

/// The systems' promises stand at the front of names too; of those with two digits, these are no
/// hostile cases as well.
const PROMISES: &[&str] = &["I10"];

/// Where the list of covered ones is kept.
pub(crate) const LIST: &str = "docs/hostile-cases-covered.md";

fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    CASES.lines().filter_map(|line| line.split_once(' '))
}

/// The ids at the front of a test's name, in capitals.
fn ids(name: &str) -> impl Iterator<Item = String> {
    let is_id = |word: &&str| {
        let (letter, number) = word.split_at_checked(1).unwrap_or_default();
        letter.bytes().all(|b| b.is_ascii_lowercase())
            && number.len() == 2
            && number.bytes().all(|b| b.is_ascii_digit())
    };
    name.split('_').take_while(is_id).map(str::to_uppercase)
}

pub(super) fn unknown_cases(files: &[File]) -> Faults {
    let known: BTreeSet<_> = cases().map(|(id, _)| id).collect();
    let mut faults = Faults::new();
    for file in files {
        for (line, name) in file.tests() {
            let is_known = |id: &String| known.contains(id.as_str()) || PROMISES.contains(&&**id);
            let unknown = ids(name).filter(|id| !is_known(id));
            faults.extend(unknown.map(|id| format!("{}:{line}: {id} in {name}", file.path)));
        }
    }
    faults
}

pub(super) fn outdated_list(files: &[File]) -> Faults {
    let wanted = list(files);
    let current = files.iter().find(|file| file.path == LIST);
    if current.is_some_and(|file| file.text == wanted) {
        return Faults::new();
    }
    vec![format!("{LIST} is outdated: run `cargo xtask generate`")]
}

/// The list as it should be.
pub(crate) fn list(files: &[File]) -> String {
    let covered = covered(files);
    let (mut yes, mut no) = (String::new(), String::new());
    for (id, event) in cases() {
        match covered.get(id) {
            Some(tests) => {
                let tests: Vec<_> = tests.iter().map(|name| format!("`{name}`")).collect();
                yes.push_str(&format!("| {id} | {event} | {} |\n", tests.join("<br>")));
            }
            None => no.push_str(&format!("| {id} | {event} |\n")),
        }
    }
    let (count, all) = (covered.len(), cases().count());
    format!(
        "# Hostile cases and the tests that cover them\n\n\
         Bad input and faults that happen to services like this one. A test that covers a case \
         carries its id at the front of its name. Written by `cargo xtask generate`: {count} of \
         {all} are covered.\n\n\
         ## Covered\n\n| id | input or event | tests |\n|---|---|---|\n{yes}\n\
         ## Not covered yet\n\nMost of these concern what is not built yet.\n\n\
         | id | input or event |\n|---|---|\n{no}"
    )
}

fn covered(files: &[File]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut covered: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let known: BTreeSet<_> = cases().map(|(id, _)| id).collect();
    for (_, name) in files.iter().flat_map(File::tests) {
        for id in ids(name).filter(|id| known.contains(id.as_str())) {
            covered.entry(id).or_default().insert(name);
        }
    }
    covered
}
