//! What must not stand in the tree: traces of the machine it was written on, and keys.

use super::Faults;
use crate::tree::File;

/// In halves, so that this file does not break its own rule.
const PLACES: [(&str, &str); 12] = [
    ("/ho", "me/"),
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/Us", "ers/"),
    ("index.crat", "es.io"),
    ("static.crat", "es.io"),
    ("pyp", "i.org"),
    ("pythonho", "sted.org"),
    ("registry.np", "mjs.org"),
    ("proxy.gol", "ang.org"),
    ("deb.deb", "ian.org"),
    ("repo.mav", "en.apache.org"),
];

pub(super) fn places(files: &[File]) -> Faults {
    let mut faults = Faults::new();
    for file in files.iter().filter(|file| !is_lock(&file.path)) {
        for place in PLACES.map(|(a, b)| [a, b].concat()) {
            for at in lines_with(&file.text, |line| line.contains(&place)) {
                faults.push(format!("{}:{at}: {place}", file.path));
            }
        }
    }
    faults
}

/// Lock files are written by package managers, which name their sources.
fn is_lock(path: &str) -> bool {
    path.ends_with(".lock") || path.ends_with("package-lock.json") || path.ends_with("go.sum")
}

pub(super) fn live_keys(files: &[File]) -> Faults {
    let mut faults = Faults::new();
    for file in files {
        for at in lines_with(&file.text, has_live_key) {
            faults.push(format!("{}:{at}", file.path));
        }
    }
    faults
}

fn lines_with(text: &str, broken: impl Fn(&str) -> bool) -> Vec<usize> {
    let numbered = text.lines().enumerate().filter(|(_, line)| broken(line));
    numbered.map(|(at, _)| at + 1).collect()
}

/// A prefix, perhaps a word, `live_`, and 38 letters and digits.
fn has_live_key(line: &str) -> bool {
    line.match_indices("live_").any(|(at, mode)| {
        let tail = line[at + mode.len()..]
            .bytes()
            .take_while(u8::is_ascii_alphanumeric);
        tail.count() >= 38 && ends_with_prefix(&line[..at])
    })
}

fn ends_with_prefix(head: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bare = |text: &str| text.ends_with("pk_") || text.ends_with("sk_");
    let branded = head
        .strip_suffix('_')
        .map(|head| head.trim_end_matches(word));
    bare(head) || branded.is_some_and(bare)
}
