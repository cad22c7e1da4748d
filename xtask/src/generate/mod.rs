//! Files that are made from the code and committed: written anew, or compared.

mod decisions;
mod keys;

use std::process::{Command, ExitCode, Stdio};

use crate::server;
use crate::tidy::hostile;
use crate::tree;

/// Where the interface description is kept.
const INTERFACE: &str = "openapi/v1.json";

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
    let Some(document) = interface() else {
        return ExitCode::FAILURE;
    };
    let files = files().into_iter().chain([document]);
    let outdated: Vec<_> = files.filter(is_outdated).collect();
    for file in &outdated {
        if arguments.check {
            println!(
                "{} is not what the code makes: run `cargo xtask generate`",
                file.path
            );
        } else if let Err(problem) = std::fs::write(tree::root().join(file.path), &file.text) {
            println!("{}: {problem}", file.path);
            return ExitCode::FAILURE;
        } else {
            println!("wrote {}", file.path);
        }
    }
    ExitCode::from(u8::from(arguments.check && !outdated.is_empty()))
}

fn files() -> Vec<Generated> {
    let generated = |path, text| Generated { path, text };
    vec![
        generated("conformance/decisions.json", decisions::text()),
        generated("conformance/keys.json", keys::text()),
        generated(hostile::LIST, hostile::list(&tree::files())),
    ]
}

/// The interface description, as the binary prints it.
fn interface() -> Option<Generated> {
    let keystile = server::built("dev", "keystile", &[])?;
    let printed = Command::new(keystile)
        .arg("openapi")
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    let text = String::from_utf8(printed.stdout).ok()?;
    printed.status.success().then_some(Generated {
        path: INTERFACE,
        text,
    })
}

/// Whether the committed interface description is what the binary prints.
pub(crate) fn interface_is_current() -> bool {
    interface().is_some_and(|document| !is_outdated(&document))
}

fn is_outdated(file: &Generated) -> bool {
    std::fs::read_to_string(tree::root().join(file.path))
        .ok()
        .as_deref()
        != Some(&file.text)
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
