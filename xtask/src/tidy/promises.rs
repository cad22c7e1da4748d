//! What the four systems promise their users. A test that shows a row through a public door carries
//! its id at the front of its name, such as `k1_k3_…` or `K11 I5 …`.

use std::collections::{BTreeMap, BTreeSet};

use super::Faults;
use crate::tree::File;

/// Every row: its id and the promise in short.
const ROWS: &str = include_str!("promises.txt");

/// Where the table of them is kept.
pub(crate) const TABLE: &str = "docs/systems.md";

/// The systems, by the letter of their rows.
const SYSTEMS: [(&str, &str, &str); 4] = [
    ("K", "Keepem", "Live events: viewers watch and chat"),
    (
        "I",
        "Innkept",
        "A quote widget on hotels' pages: visitors leave leads",
    ),
    ("B", "bkend", "A backend as a service: apps call a REST API"),
    (
        "D",
        "Datakeen",
        "Document analysis: every analysis costs a credit",
    ),
];

/// The doors that tests go through, by where the tests stand. Others show no promise.
const DOORS: [(&str, &str); 8] = [
    ("crates/server/tests/it/", "HTTP"),
    ("crates/cli/tests/it/", "HTTP"),
    ("crates/server/tests/gateways/", "nginx"),
    ("crates/cli/tests/browser/embed", "page with the embed"),
    ("crates/cli/tests/browser/", "console"),
    ("examples/tests/", "running example"),
    ("sdks/typescript/", "TypeScript SDK"),
    ("sdks/rust/", "Rust SDK"),
];

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROWS.lines().filter_map(|line| line.split_once(' '))
}

/// The rows at the front of a test's name. Ids of hostile cases have two digits and stand there
/// too: among small letters, a row of two digits counts behind one of one digit, or when no case
/// has its id.
fn ids(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for word in name.split(['_', ' ', ':']) {
        let id = word.to_uppercase();
        let is_case = word != id && id.len() == 3 && id != "I10" && found.is_empty();
        match rows().find(|(row, _)| *row == id) {
            Some((row, _)) if !is_case => found.push(row),
            _ if is_id(word) => {}
            _ => break,
        }
    }
    found
}

fn is_id(word: &str) -> bool {
    let (letter, number) = word.split_at_checked(1).unwrap_or_default();
    letter.bytes().all(|b| b.is_ascii_alphabetic())
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The tests of every row, each with its door.
fn shown(files: &[File]) -> BTreeMap<&'static str, BTreeSet<(&'static str, &str)>> {
    let mut shown: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for file in files {
        let door = DOORS.iter().find(|(room, _)| file.path.starts_with(room));
        let Some((_, door)) = door else { continue };
        for (_, name) in file.tests() {
            for id in ids(name) {
                shown.entry(id).or_default().insert((*door, name));
            }
        }
    }
    shown
}

pub(super) fn not_shown(files: &[File]) -> Faults {
    let shown = shown(files);
    let missing = rows().filter(|(id, _)| !shown.contains_key(id));
    missing
        .map(|(id, promise)| format!("no test shows {id}: {promise}"))
        .collect()
}

pub(super) fn outdated_table(files: &[File]) -> Faults {
    let wanted = table(files);
    let current = files.iter().find(|file| file.path == TABLE);
    if current.is_some_and(|file| file.text == wanted) {
        return Faults::new();
    }
    vec![format!("{TABLE} is outdated: run `cargo xtask generate`")]
}

/// The table as it should be.
pub(crate) fn table(files: &[File]) -> String {
    let shown = shown(files);
    let mut text = "# The four systems and the tests that show them\n\n\
        Four products that could run on Keystile, and what each promises its users. Every row is \
        shown by tests that go through a public door: the HTTP API, a gateway, an SDK, the console \
        or a page in a real browser, or the running example. Written by `cargo xtask generate`.\n"
        .to_owned();
    for (letter, system, about) in SYSTEMS {
        text.push_str(&format!(
            "\n## {system}\n\n{about}.\n\n| row | promise | shown by |\n|---|---|---|\n"
        ));
        for (id, promise) in rows().filter(|(id, _)| id.starts_with(letter)) {
            let mut by_door: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (door, name) in shown.get(id).into_iter().flatten() {
                by_door.entry(*door).or_default().push(format!("`{name}`"));
            }
            let lines = by_door.iter();
            let lines = lines.map(|(door, names)| format!("{door}: {}", names.join(", ")));
            let lines = lines.collect::<Vec<_>>().join("<br>");
            text.push_str(&format!("| {id} | {promise} | {lines} |\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_hostile_cases() {
        assert_eq!(ids("k1_k3_k10_keepems_story"), ["K1", "K3", "K10"]);
        assert_eq!(ids("k10_k16_bearer_works_in_any_case"), [""; 0]);
        assert_eq!(ids("i10_nodes_own_fetch"), ["I10"]);
        assert_eq!(ids("d8_k06_a_test_key_spends_nothing"), ["D8"]);
        assert_eq!(ids("K11 I5 makes a session"), ["K11", "I5"]);
        assert_eq!(ids("a key of K1"), [""; 0]);
    }

    #[test]
    fn a_row_without_a_test_is_found() {
        let file = File {
            path: "crates/server/tests/it/story.rs".into(),
            text: "#[test]\nfn k1_a_project_has_both() {}\n".into(),
        };
        let missing = not_shown(&[file]);
        assert_eq!(missing.len(), rows().count() - 1);
        assert!(!missing.iter().any(|fault| fault.contains(" K1:")));
    }

    #[test]
    fn tests_inside_a_room_go_through_no_door() {
        let file = File {
            path: "crates/core/src/manifest/tests.rs".into(),
            text: "#[test]\nfn k1_a_project_has_both() {}\n".into(),
        };
        assert!(shown(&[file]).is_empty());
    }
}
