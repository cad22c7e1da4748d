//! Files that are made from the code and committed: written anew, or compared.

mod decisions;
mod embed;
mod keys;
mod sdk;
mod small;

use std::process::{Command, ExitCode, Stdio};

use crate::server;
use crate::tidy::{hostile, promises};
use crate::tree;

/// Where the interface description is kept.
const INTERFACE: &str = "openapi/v1.json";

/// What `generate` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only say which files are not what the code makes.
    #[arg(long)]
    check: bool,
    /// Take the committed interface description as it is, without building the server.
    #[arg(long)]
    committed: bool,
}

/// A generated file: where it lies in the tree, and what the code makes of it.
struct Generated {
    path: String,
    text: String,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let document = if arguments.committed {
        committed()
    } else {
        interface()
    };
    let Some(document) = document else {
        return ExitCode::FAILURE;
    };
    let mut files = files(&document.text);
    files.push(document);
    let abandoned = abandoned(&files);
    let outdated: Vec<_> = files.into_iter().filter(is_outdated).collect();
    for path in &abandoned {
        if arguments.check {
            println!("{path} is made by nothing any more: run `cargo xtask generate`");
        } else if let Err(problem) = std::fs::remove_file(tree::root().join(path)) {
            println!("{path}: {problem}");
            return ExitCode::FAILURE;
        } else {
            println!("removed {path}");
        }
    }
    for file in &outdated {
        if arguments.check {
            println!(
                "{} is not what the code makes: run `cargo xtask generate`",
                file.path
            );
        } else if let Err(problem) = write(file) {
            println!("{}: {problem}", file.path);
            return ExitCode::FAILURE;
        } else {
            println!("wrote {}", file.path);
        }
    }
    let is_current = outdated.is_empty() && abandoned.is_empty();
    ExitCode::from(u8::from(arguments.check && !is_current))
}

/// Files in the room of generated ones that nothing makes any more.
fn abandoned(files: &[Generated]) -> Vec<String> {
    let is_made = |path: &String| files.iter().any(|file| file.path == *path);
    let there = tree::files().into_iter().map(|file| file.path);
    let generated = there.filter(|path| path.starts_with(sdk::ROOM_OF_RUST));
    generated.filter(|path| !is_made(path)).collect()
}

fn write(file: &Generated) -> std::io::Result<()> {
    let path = tree::root().join(&file.path);
    if let Some(room) = path.parent() {
        std::fs::create_dir_all(room)?;
    }
    std::fs::write(path, &file.text)
}

/// All but the interface description, from which some are made.
fn files(document: &str) -> Vec<Generated> {
    let generated = |path: &str, text| Generated {
        path: path.to_owned(),
        text,
    };
    let sources = tree::files();
    let mut files = vec![
        generated("conformance/decisions.json", decisions::text()),
        generated("conformance/keys.json", keys::text()),
        generated(hostile::LIST, hostile::list(&sources)),
        generated(promises::TABLE, promises::table(&sources)),
    ];
    files.extend(sdk::files(document));
    files.extend(embed::files());
    files
}

/// The interface description, as it was committed.
fn committed() -> Option<Generated> {
    let text = std::fs::read_to_string(tree::root().join(INTERFACE)).ok()?;
    let path = INTERFACE.to_owned();
    Some(Generated { path, text })
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
        path: INTERFACE.to_owned(),
        text,
    })
}

/// Whether the committed interface description is what the binary prints.
pub(crate) fn interface_is_current() -> bool {
    interface().is_some_and(|document| !is_outdated(&document))
}

fn is_outdated(file: &Generated) -> bool {
    std::fs::read_to_string(tree::root().join(&file.path))
        .ok()
        .as_deref()
        != Some(&file.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_the_code_makes() {
        let document = committed().unwrap();
        let files = files(&document.text);
        assert_eq!(abandoned(&files), [""; 0]);
        for file in files {
            assert!(
                !is_outdated(&file),
                "{}: run `cargo xtask generate`",
                file.path
            );
        }
    }
}
