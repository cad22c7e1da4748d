//! The list `foreign_formats`.

use super::check_unique;
use crate::manifest::file::ForeignFormatEntry;
use crate::manifest::problem::Report;
use crate::manifest::rules::ForeignFormat;

const FORMATS: usize = 16;

pub(super) fn check(entries: &[ForeignFormatEntry], report: &mut Report) -> Box<[ForeignFormat]> {
    if entries.len() > FORMATS {
        report.add(
            "/foreign_formats",
            format!("at most {FORMATS} foreign formats"),
        );
    }
    let prefixes = entries.iter().map(|entry| entry.prefix.as_str());
    check_unique(
        prefixes,
        |at| format!("/foreign_formats/{at}/prefix"),
        report,
    );
    for (index, entry) in entries.iter().enumerate() {
        let pointer = format!("/foreign_formats/{index}/prefix");
        report.keep(pointer, check_prefix(&entry.prefix));
    }
    let checked = entries.iter().map(|entry| ForeignFormat {
        prefix: entry.prefix.as_str().into(),
        kind: entry.kind,
        mode: entry.mode,
        digest: entry.digest,
    });
    checked.collect()
}

/// How session tokens begin. Their form has no checksum that would tell them from other texts, as
/// the form of our keys has: foreign keys may begin like ours.
const SESSION_TOKENS: &str = "st_";

fn check_prefix(prefix: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !(2..=32).contains(&prefix.len()) || !prefix.bytes().all(plain) {
        return Err("a prefix is 2 to 32 letters, digits and _-.".to_owned());
    }
    if prefix.starts_with(SESSION_TOKENS) || SESSION_TOKENS.starts_with(prefix) {
        return Err(format!(
            "`{prefix}` cannot be told from `{SESSION_TOKENS}`, with which session tokens begin: \
             write a longer or another prefix"
        ));
    }
    Ok(())
}
