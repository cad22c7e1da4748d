//! Links of pages that have moved.

use std::path::{Path, PathBuf};

use crate::tree::{self, File};

/// The text of a file for its place in the site: links lead to where pages stand there, and what is
/// no page comes along as a file.
pub(super) fn moved(file: &File, page: &str, pages: &Path) -> std::io::Result<String> {
    let mut text = String::with_capacity(file.text.len());
    let mut rest = file.text.as_str();
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        text.push_str("](");
        let (target, after) = after.split_once(')').unwrap_or((after, ""));
        text.push_str(&leads(target, &file.path, page, pages)?);
        text.push(')');
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

fn leads(target: &str, from: &str, page: &str, pages: &Path) -> std::io::Result<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let is_elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
    // Pages of the reference are made with the site.
    if is_elsewhere || path.starts_with("reference/") || path.starts_with("images/") {
        return Ok(target.to_owned());
    }
    let whole = resolved(from, path);
    let image = whole.strip_prefix("docs/images/");
    let place = match (super::place(&whole), image) {
        // The front door of the tree is not that of the site.
        _ if whole == "README.md" => "index.md".to_owned(),
        (Some(place), _) => place,
        (None, Some(image)) => format!("images/{image}"),
        (None, None) => brought(&whole, pages)?,
    };
    let anchor = if anchor.is_empty() {
        String::new()
    } else {
        format!("#{anchor}")
    };
    let up = "../".repeat(page.matches('/').count());
    Ok(format!("{up}{place}{anchor}"))
}

/// A path as one from the top of the tree.
fn resolved(from: &str, path: &str) -> String {
    let mut rooms: Vec<_> = from.split('/').collect();
    rooms.pop();
    for room in path.split('/') {
        match room {
            "." | "" => {}
            ".." => {
                rooms.pop();
            }
            room => rooms.push(room),
        }
    }
    rooms.join("/")
}

/// Brings a file along that is no page; of a folder, its README, or the list of what is in it.
fn brought(path: &str, pages: &Path) -> std::io::Result<String> {
    let whole = tree::root().join(path);
    if whole.is_dir() {
        let readme = format!("{path}/README.md");
        if let Some(place) = super::place(&readme) {
            return Ok(place);
        }
        let mut names: Vec<_> = std::fs::read_dir(&whole)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        return put(
            &format!("files/{path}/list.txt"),
            names.join("\n").as_bytes(),
            pages,
        );
    }
    // What is not there is left as it is: mkdocs names it.
    match std::fs::read(&whole) {
        Ok(bytes) => put(&format!("files/{path}.txt"), &bytes, pages),
        Err(_) => Ok(path.to_owned()),
    }
}

fn put(place: &str, bytes: &[u8], pages: &Path) -> std::io::Result<String> {
    let copy: PathBuf = pages.join(place);
    super::make_room(&copy)?;
    std::fs::write(copy, bytes)?;
    Ok(place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(target: &str, from: &str, page: &str) -> String {
        let pages = tempfile::tempdir().unwrap();
        leads(target, from, page, pages.path()).unwrap()
    }

    #[test]
    fn links_follow_pages_to_their_place() {
        let moved = lead(
            "../sdks/go/README.md#start",
            "docs/verifying.md",
            "verifying.md",
        );
        assert_eq!(moved, "sdks/go.md#start");
        let moved = lead("../../docs/credits.md", "sdks/go/README.md", "sdks/go.md");
        assert_eq!(moved, "../credits.md");
        let moved = lead("../gateways/nginx", "docs/verifying.md", "verifying.md");
        assert_eq!(moved, "gateways/nginx.md");
    }

    #[test]
    fn what_is_no_page_comes_along() {
        let moved = lead(
            "../examples/moving-in/keys.csv",
            "docs/moving-in.md",
            "moving-in.md",
        );
        assert_eq!(moved, "files/examples/moving-in/keys.csv.txt");
    }

    #[test]
    fn other_links_stay() {
        for target in ["#codes", "https://example.com/a", "reference/manifest.md"] {
            assert_eq!(lead(target, "docs/a.md", "a.md"), target);
        }
    }
}
