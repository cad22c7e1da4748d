//! What the documents tell people to type.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::KEYSTILE;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shell blocks of a document, in order.
fn blocks(document: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut inside = None;
    for line in document.lines() {
        match (&mut inside, line) {
            (None, "```sh") => inside = Some(String::new()),
            (Some(block), "```") => {
                blocks.push(std::mem::take(block));
                inside = None;
            }
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

#[test]
fn first_steps_work_as_written_and_take_ten_lines() {
    let document = std::fs::read_to_string(root().join("docs/first-steps.md")).unwrap();
    let blocks = blocks(&document);
    assert_eq!(blocks[0].lines().count(), 10);
    let directory = tempfile::tempdir().unwrap();
    let bin = Path::new(KEYSTILE).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    for block in blocks {
        let script = format!("set -eu\n{block}");
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(directory.path())
            .env_clear()
            .env("PATH", &path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{block}\n{told}{errors}");
    }
    for product in ["keepem", "innkept", "bkend", "datakeen"] {
        let listed = Command::new(KEYSTILE)
            .args(["keys", "list", "--product", product, "--id"])
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(
            String::from_utf8_lossy(&listed.stdout).contains("key_"),
            "{product}"
        );
    }
}

#[test]
fn the_interface_description_in_the_tree_is_what_the_binary_prints() {
    let printed = Command::new(KEYSTILE).arg("openapi").output().unwrap();
    let kept = std::fs::read_to_string(root().join("openapi/v1.json")).unwrap();
    let is_current = String::from_utf8(printed.stdout).unwrap() == kept;
    assert!(is_current, "it has changed: run `cargo xtask generate`");
}

/// The ids in the first column of a document's tables, from `heading` on.
fn ids_after(document: &str, heading: &str) -> BTreeSet<String> {
    let (_, rest) = document.split_once(heading).unwrap();
    let ids = rest.lines().filter_map(|line| {
        let id = line.strip_prefix("| ")?.split(' ').next()?;
        id.ends_with(|c: char| c.is_ascii_digit())
            .then(|| id.to_owned())
    });
    ids.collect()
}

#[test]
fn every_hostile_case_of_the_parts_that_exist_is_covered_or_says_why_not() {
    let read = |name: &str| std::fs::read_to_string(root().join("docs").join(name)).unwrap();
    let mut open = ids_after(&read("hostile-cases-covered.md"), "## Not covered yet");
    open.retain(|id| {
        id.starts_with([
            'K', 'H', 'O', 'N', 'C', 'A', 'D', 'S', 'R', 'G', 'X', 'T', 'P',
        ])
    });
    let excused = ids_after(&read("hostile-cases-open.md"), "\n");
    assert_eq!(
        open, excused,
        "left: has no test; right: stands in hostile-cases-open.md"
    );
}
