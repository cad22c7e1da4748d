//! What cargo runs: formatting, lints and tests.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{Count, announce};
use crate::tree;

fn cargo(arguments: &[&str]) -> Command {
    let mut command = tree::cargo();
    command.args(arguments);
    command
}

/// Formatting and lints.
pub(super) fn checks() -> Count {
    let mut count = Count::default();
    let clippy = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    for arguments in [&["fmt", "--all", "--check"][..], &clippy] {
        announce(&format!("cargo {}", arguments.join(" ")));
        let passed = cargo(arguments)
            .status()
            .is_ok_and(|status| status.success());
        count.add(Count::one(passed));
    }
    count
}

/// All tests; with `whole` also those that need more than Rust, which are marked `#[ignore]` with
/// what they need. The Rust SDK's then run with those of the other SDKs.
pub(super) fn tests(whole: bool) -> Count {
    let mut arguments = vec!["test", "--workspace", "--no-fail-fast"];
    if whole {
        arguments.extend(["--exclude", "keystile-sdk"]);
        arguments.extend(["--", "--include-ignored"]);
    }
    announce(&format!("cargo {}", arguments.join(" ")));
    let running = cargo(&arguments).stdout(Stdio::piped()).spawn();
    let Ok(mut running) = running else {
        return Count::one(false);
    };
    let count = running
        .stdout
        .take()
        .map(|out| counted(BufReader::new(out)))
        .unwrap_or_default();
    let succeeded = running.wait().is_ok_and(|status| status.success());
    judged(count, succeeded)
}

/// Passes the output on, and adds up what each test binary says at its end.
fn counted(output: impl BufRead) -> Count {
    let mut count = Count::default();
    for line in output.lines().map_while(Result::ok) {
        println!("{line}");
        count.add(counted_of_one(&line));
    }
    count
}

/// A binary that died before its last line, or did not compile, is a failure too.
fn judged(count: Count, succeeded: bool) -> Count {
    let silent = count.failed == 0 && !succeeded || count.passed == 0;
    Count {
        failed: count.failed + u64::from(silent),
        ..count
    }
}

/// What a line adds: the last of a test binary tells of all its tests, others of none.
pub(super) fn counted_of_one(line: &str) -> Count {
    read_result(line).unwrap_or_default()
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn read_result(line: &str) -> Option<Count> {
    let numbers = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |what: &str| {
        let part = numbers
            .split("; ")
            .find_map(|part| part.strip_suffix(what))?;
        part.trim().parse().ok()
    };
    Some(Count {
        passed: number("passed")?,
        failed: number("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "running 3 tests\ntest a ... ok\n\
        test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 1s\n\
        test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";

    #[test]
    fn results_of_all_binaries_are_added_up() {
        assert_eq!(
            counted(OUTPUT.as_bytes()),
            Count {
                passed: 13,
                failed: 2
            }
        );
    }

    #[test]
    fn a_run_that_ended_badly_without_a_failed_test_counts_as_failed() {
        let fine = Count {
            passed: 3,
            failed: 0,
        };
        assert_eq!(judged(fine, true), fine);
        assert_eq!(
            judged(fine, false),
            Count {
                passed: 3,
                failed: 1
            }
        );
        assert_eq!(
            judged(Count::default(), true),
            Count {
                passed: 0,
                failed: 1
            }
        );
    }
}
