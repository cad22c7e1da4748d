//! The site of the documents: pages are gathered from all over the tree, the reference is made from
//! what the binary says of itself, and mkdocs makes a site of them and checks every link.

mod links;
mod reference;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::test::provision;
use crate::{server, tree};

/// Pages that stand elsewhere in the tree, and where they stand in the site. Those of `docs` keep
/// their names.
const GATHERED: [(&str, &str); 13] = [
    ("ARCHITECTURE.md", "architecture.md"),
    ("CHANGELOG.md", "changelog.md"),
    ("SECURITY.md", "security-policy.md"),
    ("examples/README.md", "recipes/index.md"),
    ("examples/bkend/README.md", "recipes/bkend.md"),
    ("examples/datakeen/README.md", "recipes/datakeen.md"),
    ("examples/innkept/README.md", "recipes/innkept.md"),
    ("examples/keepem/README.md", "recipes/keepem.md"),
    ("gateways/nginx/README.md", "gateways/nginx.md"),
    ("sdks/go/README.md", "sdks/go.md"),
    ("sdks/python/README.md", "sdks/python.md"),
    ("sdks/rust/README.md", "sdks/rust.md"),
    ("sdks/typescript/README.md", "sdks/typescript.md"),
];

/// Where the site is made.
const SITE: &str = "target/site";

/// Builds the site and says where it lies.
pub(crate) fn run() -> ExitCode {
    if build() {
        println!("{SITE}/html/index.html");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// Whether the site could be built, with every link leading somewhere.
pub(crate) fn build() -> bool {
    let Some(program) = server::built("dev", "keystile", &[]) else {
        return false;
    };
    let pages = tree::root().join(SITE).join("pages");
    // What was a page once is none any more.
    let _ = std::fs::remove_dir_all(&pages);
    if let Err(problem) = gather(&pages, &program) {
        println!("{}: {problem}", pages.display());
        return false;
    }
    let built = Command::new(provision::mkdocs())
        .args(["build", "--strict"])
        .env("NO_MKDOCS_2_WARNING", "1")
        .current_dir(tree::root())
        .status();
    if built.is_err() {
        println!("mkdocs is missing: `cargo xtask test --provision` gets it");
    }
    built.is_ok_and(|status| status.success())
}

fn gather(pages: &Path, program: &Path) -> std::io::Result<()> {
    for file in tree::files() {
        if let Some(page) = place(&file.path) {
            write(&pages.join(&page), &links::moved(&file, &page, pages)?)?;
        }
    }
    let images = tree::root().join("docs/images");
    for image in std::fs::read_dir(images)? {
        let image = image?;
        let copy = pages.join("images").join(image.file_name());
        make_room(&copy)?;
        std::fs::copy(image.path(), copy)?;
    }
    for (name, text) in reference::pages(program) {
        write(&pages.join("reference").join(name), &text)?;
    }
    Ok(())
}

/// Where a file of the tree stands in the site, if it is a page of it.
fn place(path: &str) -> Option<String> {
    let gathered = GATHERED.iter().find(|(from, _)| *from == path);
    if let Some((_, to)) = gathered {
        return Some((*to).to_owned());
    }
    let name = path.strip_prefix("docs/")?;
    (name.ends_with(".md") && !name.contains('/')).then(|| name.to_owned())
}

fn write(path: &PathBuf, text: &str) -> std::io::Result<()> {
    make_room(path)?;
    std::fs::write(path, text)
}

fn make_room(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}
