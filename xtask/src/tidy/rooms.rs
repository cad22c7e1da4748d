//! Sizes and names.

use super::Faults;
use crate::tree::File;

const LONGEST: usize = 400;
const VAGUE: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "manager"];
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE",
];

/// Comments and empty lines do not count.
pub(super) fn long_files(files: &[File]) -> Faults {
    let code = |file: &File| {
        let lines = file.text.lines().map(str::trim_start);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count()
    };
    let too_long = files
        .iter()
        .filter(|file| file.is_rust() && code(file) > LONGEST);
    too_long
        .map(|file| format!("{} has {}", file.path, code(file)))
        .collect()
}

pub(super) fn vague_names(files: &[File]) -> Faults {
    let is_vague = |file: &&File| {
        let mut rooms = file.path.split('/').chain([file.stem()]);
        rooms.any(|room| VAGUE.contains(&room))
    };
    files
        .iter()
        .filter(is_vague)
        .map(|file| file.path.clone())
        .collect()
}

pub(super) fn silent_files(files: &[File]) -> Faults {
    let speaks = |text: &str| text.starts_with("//!") || text.starts_with("#![doc");
    let silent = files
        .iter()
        .filter(|file| file.is_rust() && !speaks(&file.text));
    silent
        .map(|file| format!("{} does not begin with //!", file.path))
        .collect()
}

pub(super) fn missing_documents(files: &[File]) -> Faults {
    let missing = DOCUMENTS
        .iter()
        .filter(|name| !files.iter().any(|file| file.path == **name));
    missing.map(|name| format!("{name} is missing")).collect()
}

pub(super) fn badly_named_tests(files: &[File]) -> Faults {
    let mut faults = Faults::new();
    for file in files {
        for (line, name) in file.tests() {
            if name.starts_with("test_") || name.ends_with("_test") || name == "works" {
                faults.push(format!("{}:{line}: {name}", file.path));
            }
        }
    }
    faults
}
