//! Files that are made from the code and committed: written anew, or compared.

mod keys;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `generate` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only say which files are not what the code makes.
    #[arg(long)]
    check: bool,
}

/// A generated file: where it lies in the tree, and what the code makes of it.
struct Generated {
    path: &'static str,
    text: String,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let outdated: Vec<_> = files().into_iter().filter(is_outdated).collect();
    for file in &outdated {
        if arguments.check {
            println!(
                "{} is not what the code makes: run `cargo xtask generate`",
                file.path
            );
        } else if let Err(problem) = std::fs::write(in_tree(file.path), &file.text) {
            println!("{}: {problem}", file.path);
            return ExitCode::FAILURE;
        } else {
            println!("wrote {}", file.path);
        }
    }
    ExitCode::from(u8::from(arguments.check && !outdated.is_empty()))
}

fn files() -> Vec<Generated> {
    vec![Generated {
        path: "conformance/keys.json",
        text: keys::text(),
    }]
}

fn is_outdated(file: &Generated) -> bool {
    std::fs::read_to_string(in_tree(file.path)).ok().as_deref() != Some(&file.text)
}

fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_the_code_makes() {
        for file in files() {
            assert!(
                !is_outdated(&file),
                "{}: run `cargo xtask generate`",
                file.path
            );
        }
    }
}
