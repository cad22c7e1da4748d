//! Finding real keys in a tree of files: the checksum tells them from look-alikes, offline.

use std::path::{Path, PathBuf};

use keystile_core::key::{KEY_MAX_BYTES, ParsedKey, preview};

use crate::args::Scan;
use crate::output::{Failed, bad, good};

/// Longer lines are not text that people wrote.
const LARGEST_FILE: u64 = 16 << 20;

/// Scans, and fails when there is any secret key.
pub(crate) fn run(scan: &Scan) -> Result<(), Failed> {
    let mut found = 0_usize;
    let mut pending = vec![scan.path.clone()];
    while let Some(path) = pending.pop() {
        let meta = std::fs::symlink_metadata(&path);
        let meta = meta.map_err(|why| Failed::new(format!("{}: {why}", path.display())))?;
        if meta.is_dir() {
            pending.extend(children(&path)?);
        } else if meta.is_file() && meta.len() <= LARGEST_FILE {
            found += report(&path);
        }
    }
    match found {
        0 => {
            good("no secret key");
            Ok(())
        }
        some => Err(Failed::new(format!(
            "{some} secret keys: revoke them, then remove them"
        ))),
    }
}

fn children(path: &Path) -> Result<Vec<PathBuf>, Failed> {
    let failed = |why: std::io::Error| Failed::new(format!("{}: {why}", path.display()));
    let entries = std::fs::read_dir(path).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

/// Names every secret key in a file by its place and preview, never whole.
fn report(path: &Path) -> usize {
    let Ok(bytes) = std::fs::read(path) else {
        return 0;
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut found = 0;
    for (number, line) in text.lines().enumerate() {
        for start in secret_keys(line) {
            found += 1;
            bad(&format!(
                "{}:{}: {}",
                path.display(),
                number + 1,
                preview(&start)
            ));
        }
    }
    found
}

/// The starts of all secret keys in a line.
fn secret_keys(line: &str) -> Vec<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = line
        .split(|c: char| !word(c))
        .filter(|word| word.len() <= 4 * KEY_MAX_BYTES);
    words
        .flat_map(|word| {
            word.match_indices("sk_")
                .filter_map(|(at, _)| word.get(at..))
                .filter_map(key_start)
        })
        .collect()
}

/// A key may be glued to what follows, so every length that a key can have is tried.
fn key_start(text: &str) -> Option<String> {
    (46..=KEY_MAX_BYTES.min(text.len())).find_map(|length| {
        let key = ParsedKey::parse(text.get(..length)?).ok()?;
        Some(key.start().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystile_core::key::mint;
    use keystile_core::model::{Kind, Mode};
    use keystile_server::OsRandom;

    #[test]
    fn real_keys_are_found_and_look_alikes_are_not() {
        let key = mint(Kind::Secret, None, Mode::Test, &OsRandom).unwrap();
        let key = key.reveal();
        for line in [
            format!("KEY={key}"),
            format!("\"{key}\","),
            format!("x_{key}z"),
        ] {
            assert_eq!(secret_keys(&line), [key[..12].to_owned()], "{line}");
        }
        let look_alike = key.replace(&key[20..22], "zz");
        assert!(secret_keys(&look_alike).is_empty() || look_alike == key);
    }
}
