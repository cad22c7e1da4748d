//! The pages in a real browser, and the code blocks of the documents: Node drives Chromium and a
//! shell through their tests, against servers of their own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{Count, announce, provision};
use crate::{server, tree};

/// Where the tests of pages stand.
const BROWSER: &str = "crates/cli/tests/browser";
/// Where the tests of documents stand.
const DOCUMENTS: &str = "crates/cli/tests/documents";

/// Runs all of them.
pub(super) fn tests() -> Count {
    announce("pages in a browser");
    let mut count = driven(BROWSER);
    announce("the code blocks of the documents");
    count.add(driven(DOCUMENTS));
    count
}

/// Runs the tests of a directory, in which Node drives a browser and the server as it is now.
pub(super) fn driven(directory: &str) -> Count {
    let Some(program) = server::built("dev", "keystile", &[]) else {
        return Count::one(false);
    };
    let running = Command::new("node")
        .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
        .args(files(directory))
        .env("BROWSER_PACKAGES", provision::browser_packages())
        .env("TRIED_PROGRAM", program)
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
    // A run that died, or had nothing to run, is a failure too.
    let is_silent = count.failed == 0 && !succeeded || count.passed == 0;
    count.add(Count {
        passed: 0,
        failed: u64::from(is_silent),
    });
    count
}

fn files(directory: &str) -> Vec<String> {
    let found = std::fs::read_dir(tree::root().join(directory));
    let names = found.into_iter().flatten().filter_map(Result::ok);
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{directory}/{name}"))
        .collect();
    files.sort();
    files
}

/// Reads the lines in which Node adds up all tests: `# pass 12` and `# fail 1`. What is skipped was
/// not tried.
pub(super) fn counted(line: &str) -> Count {
    let number = |what: &str| {
        let number = line.strip_prefix(what)?;
        number.trim().parse().ok()
    };
    Count {
        passed: number("# pass ").unwrap_or(0),
        failed: ["# fail ", "# cancelled ", "# skipped "]
            .into_iter()
            .filter_map(number)
            .sum(),
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
            "# skipped 1",
            "    # pass 3",
        ];
        let mut count = Count::default();
        lines.iter().for_each(|line| count.add(counted(line)));
        assert_eq!(
            count,
            Count {
                passed: 12,
                failed: 4
            }
        );
    }
}
