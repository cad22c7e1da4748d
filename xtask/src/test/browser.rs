//! The pages in a real browser: Node drives Chromium through the tests of
//! `crates/cli/tests/browser`, each against a server of its own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{Count, announce, provision};
use crate::tree;

/// Where the tests stand.
const TESTS: &str = "crates/cli/tests/browser";

/// Runs all of them.
pub(super) fn tests() -> Count {
    announce("pages in a browser");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "keystile"])
        .current_dir(tree::root())
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Count::one(false);
    }
    let running = Command::new("node")
        .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
        .args(files())
        .env("BROWSER_PACKAGES", provision::browser_packages())
        .current_dir(tree::root())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut running) = running else {
        return Count::one(false);
    };
    let mut count = Count::default();
    if let Some(output) = running.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            count.add(counted(&line));
        }
    }
    let succeeded = running.wait().is_ok_and(|status| status.success());
    let is_silent = count.failed == 0 && !succeeded || count.passed == 0;
    count.add(Count {
        passed: 0,
        failed: u64::from(is_silent),
    });
    count
}

fn files() -> Vec<String> {
    let found = std::fs::read_dir(tree::root().join(TESTS));
    let names = found.into_iter().flatten().filter_map(Result::ok);
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{TESTS}/{name}"))
        .collect();
    files.sort();
    files
}

/// Reads the two lines in which Node adds up all tests: `# pass 12` and `# fail 1`.
fn counted(line: &str) -> Count {
    let number = |what: &str| {
        let number = line.strip_prefix(what)?;
        number.trim().parse().ok()
    };
    Count {
        passed: number("# pass ").unwrap_or(0),
        failed: number("# fail ").unwrap_or(0) + number("# cancelled ").unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_node_adds_up_is_read() {
        let lines = [
            "ok 1 - a",
            "# pass 12",
            "# fail 2",
            "# cancelled 1",
            "    # pass 3",
        ];
        let mut count = Count::default();
        lines.iter().for_each(|line| count.add(counted(line)));
        assert_eq!(
            count,
            Count {
                passed: 12,
                failed: 3
            }
        );
    }
}
