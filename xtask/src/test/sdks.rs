//! The SDKs, each with the tools of its language, against the server as it is now.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Count, announce, provision};
use crate::{server, tree};

/// How one language builds its SDK and tries it.
struct Language {
    name: &'static str,
    /// What must succeed before the tests are run.
    build: fn() -> Vec<Command>,
    tests: fn() -> Command,
    /// What a line of the tests' output adds.
    counted: fn(&str) -> Count,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "TypeScript",
        build: || vec![inside("typescript", "npm", &["run", "--silent", "build"])],
        tests: || {
            let arguments = ["--test", "--test-reporter=tap", "--test-concurrency=1"];
            inside("typescript", "node", &arguments)
        },
        counted: super::browser::counted,
    },
    Language {
        name: "Python",
        build: || vec![inside("python", provision::sdk_python(), &["-m", "mypy"])],
        tests: || {
            let arguments = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider"];
            inside("python", provision::sdk_python(), &arguments)
        },
        counted: counted_by_pytest,
    },
    Language {
        name: "Go",
        build: || vec![inside("go", "go", &["vet", "./..."])],
        tests: || inside("go", "go", &["test", "-count=1", "-v", "./..."]),
        counted: counted_by_go,
    },
    Language {
        name: "Rust",
        build: || {
            let mut documentation = tree::cargo();
            documentation
                .args(["doc", "--quiet", "--no-deps", "--package", "keystile-sdk"])
                .env("RUSTDOCFLAGS", "-D warnings");
            vec![documentation]
        },
        tests: || {
            let mut tests = tree::cargo();
            tests
                .args(["test", "--package", "keystile-sdk", "--no-fail-fast"])
                .args(["--", "--include-ignored"]);
            tests
        },
        counted: super::cargo::counted_of_one,
    },
];

/// Runs all of them.
pub(super) fn tests() -> Count {
    announce("SDKs");
    let Some(program) = server::built("dev", "keystile", &[]) else {
        return Count::one(false);
    };
    let mut count = Count::default();
    for language in &LANGUAGES {
        announce(&format!("the {} SDK", language.name));
        count.add(language.tried(&program));
    }
    count
}

impl Language {
    fn tried(&self, program: &PathBuf) -> Count {
        let mut count = Count::default();
        for mut step in (self.build)() {
            let succeeded = step.status().is_ok_and(|status| status.success());
            count.add(Count::one(succeeded));
            if !succeeded {
                println!("could not run {step:?}");
                return count;
            }
        }
        let mut tests = (self.tests)();
        tests.env("TRIED_PROGRAM", program).stdout(Stdio::piped());
        let Ok(mut running) = tests.spawn() else {
            return Count::one(false);
        };
        let mut counted = Count::default();
        if let Some(output) = running.stdout.take() {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                println!("{line}");
                counted.add((self.counted)(&line));
            }
        }
        let succeeded = running.wait().is_ok_and(|status| status.success());
        // A run that died, or had nothing to run, is a failure too.
        let is_silent = counted.failed == 0 && !succeeded || counted.passed == 0;
        count.add(counted);
        count.add(Count {
            passed: 0,
            failed: u64::from(is_silent),
        });
        count
    }
}

fn inside(room: &str, program: impl Into<PathBuf>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.into());
    command
        .args(arguments)
        .current_dir(tree::root().join("sdks").join(room));
    command
}

/// Reads the last line of pytest: `1 failed, 12 passed, 1 error in 3.45s`.
fn counted_by_pytest(line: &str) -> Count {
    let Some((told, seconds)) = line.rsplit_once(" in ") else {
        return Count::default();
    };
    if !seconds.starts_with(|c: char| c.is_ascii_digit()) {
        return Count::default();
    }
    let number = |what: &[&str]| {
        let parts = told.split(", ").filter_map(|part| part.split_once(' '));
        let found = parts.filter(|(_, word)| what.contains(word));
        found
            .filter_map(|(number, _)| number.parse::<u64>().ok())
            .sum()
    };
    Count {
        passed: number(&["passed"]),
        // What is skipped was not tried.
        failed: number(&["failed", "error", "errors", "skipped"]),
    }
}

/// Reads what `go test -v` says of each test, and of those within it.
fn counted_by_go(line: &str) -> Count {
    let says = |what: &str| u64::from(line.trim_start().starts_with(what));
    Count {
        passed: says("--- PASS: "),
        failed: says("--- FAIL: ") + says("--- SKIP: "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pytest_adds_up_is_read() {
        let count = |line| counted_by_pytest(line);
        assert_eq!(
            count("12 passed in 3.45s"),
            Count {
                passed: 12,
                failed: 0
            }
        );
        let bad = "1 failed, 12 passed, 2 skipped, 1 error in 3.45s";
        assert_eq!(
            count(bad),
            Count {
                passed: 12,
                failed: 4
            }
        );
        assert_eq!(
            count("FAILED test.py::x - 3 passed in vain"),
            Count::default()
        );
    }

    #[test]
    fn what_go_says_of_each_test_is_read() {
        assert_eq!(
            counted_by_go("--- PASS: TestKey (0.00s)"),
            Count {
                passed: 1,
                failed: 0
            }
        );
        assert_eq!(
            counted_by_go("    --- FAIL: TestKey/a (0.00s)"),
            Count {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(counted_by_go("ok  \tkeystile\t0.1s"), Count::default());
    }
}
