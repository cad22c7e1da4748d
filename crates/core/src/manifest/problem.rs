//! What is wrong with a manifest, as a list: people mend a file faster when they see everything.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// So many problems are listed; a file with more is better read again from the top.
const LISTED: usize = 100;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// The place in the manifest as a JSON Pointer (RFC 6901), such as `/operations/3/scope`;
    /// empty when it concerns the file as a whole.
    pub pointer: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

/// Everything that is wrong with a manifest; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A single problem.
    #[must_use]
    pub fn one(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Problem {
            pointer: pointer.into(),
            message: message.into(),
        }])
    }

    /// The problems, part by part of the manifest.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The problems, to be owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Collects problems while a manifest is read.
#[derive(Debug, Default)]
pub(super) struct Report {
    found: Vec<Problem>,
    unlisted: usize,
}

impl Report {
    /// Notes one problem.
    pub(super) fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        if self.found.len() < LISTED {
            self.found.push(Problem {
                pointer: pointer.into(),
                message: message.into(),
            });
        } else {
            self.unlisted += 1;
        }
    }

    /// Keeps the value, or notes the problem and gives `None`.
    pub(super) fn keep<T, E: fmt::Display>(
        &mut self,
        pointer: impl Into<String>,
        outcome: Result<T, E>,
    ) -> Option<T> {
        outcome
            .map_err(|error| self.add(pointer, error.to_string()))
            .ok()
    }

    /// `Err` when anything was noted.
    pub(super) fn finish(mut self) -> Result<(), Problems> {
        if self.found.is_empty() {
            return Ok(());
        }
        if self.unlisted > 0 {
            let message = format!("{} further problems are not listed", self.unlisted);
            self.found.push(Problem {
                pointer: String::new(),
                message,
            });
        }
        Err(Problems(self.found))
    }
}

/// Appends a field name to a pointer, escaped as RFC 6901 §3 says.
pub(super) fn join(pointer: &str, field: &str) -> String {
    format!("{pointer}/{}", field.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_problems_is_cut_and_counted() {
        let mut report = Report::default();
        for index in 0..250 {
            report.add(format!("/x/{index}"), "wrong");
        }
        let problems = report.finish().unwrap_err();
        assert_eq!(problems.as_slice().len(), 101);
        assert!(
            problems
                .to_string()
                .ends_with("150 further problems are not listed")
        );
    }

    #[test]
    fn pointers_escape_slash_and_tilde() {
        assert_eq!(join("/a", "b/c~d"), "/a/b~1c~0d");
    }
}
