//! The files of the project, as git sees them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the tree.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that runs this, at the top of the tree. It forgets which package this is, because build
/// scripts that ask would run anew whenever cargo is called by hand or from here in turn.
#[expect(
    clippy::disallowed_methods,
    reason = "only to forget what is in the environment"
)]
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let is_about = |what: &str| name.to_string_lossy().starts_with(what);
        if is_about("CARGO_PKG_") || is_about("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(root());
    cargo
}

/// One text file of the project.
pub(crate) struct File {
    /// Its path from the top.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// Every text file that is committed or would be with the next `git add`.
pub(crate) fn files() -> Vec<File> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    let paths = String::from_utf8_lossy(&listed.stdout).into_owned();
    let read = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(File {
            path: path.into(),
            text,
        })
    };
    paths.split_terminator('\0').filter_map(read).collect()
}

impl File {
    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Its name without the ending.
    pub(crate) fn stem(&self) -> &str {
        Path::new(&self.path)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default()
    }

    /// The names of its tests, with their lines.
    pub(crate) fn tests(&self) -> Vec<(usize, &str)> {
        if self.path.ends_with(".test.mjs") {
            return self.browser_tests();
        }
        let lines: Vec<_> = self.text.lines().map(str::trim).collect();
        let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
        let starts = (0..lines.len()).filter(|at| self.is_rust() && is_test(lines[*at]));
        starts
            .filter_map(|at| Some((at + 1, name_after(&lines[at..])?)))
            .collect()
    }
}

impl File {
    /// The names of tests in a browser: `test("name", …`.
    fn browser_tests(&self) -> Vec<(usize, &str)> {
        let lines = self.text.lines().enumerate();
        let named = lines.filter_map(|(at, line)| {
            let rest = line.trim().strip_prefix("test(\"")?;
            Some((at + 1, rest.split('"').next()?))
        });
        named.collect()
    }
}

/// The first function's name in these lines.
fn name_after<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let named = lines
        .iter()
        .take(6)
        .find_map(|line| line.split_once("fn "))?
        .1;
    named.split(['(', '<']).next()
}
