//! The list `foreign_formats`.

use super::check_unique;
use crate::key::Brand;
use crate::manifest::file::ForeignFormatEntry;
use crate::manifest::problem::Report;
use crate::manifest::rules::ForeignFormat;
use crate::model::{Kind, Mode};

const FORMATS: usize = 16;

pub(super) fn check(
    entries: &[ForeignFormatEntry],
    brand: Option<&Brand>,
    report: &mut Report,
) -> Box<[ForeignFormat]> {
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
        report.keep(pointer, check_prefix(&entry.prefix, brand));
    }
    let checked = entries.iter().map(|entry| ForeignFormat {
        prefix: entry.prefix.as_str().into(),
        kind: entry.kind,
        mode: entry.mode,
        digest: entry.digest,
    });
    checked.collect()
}

fn check_prefix(prefix: &str, brand: Option<&Brand>) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !(2..=32).contains(&prefix.len()) || !prefix.bytes().all(plain) {
        return Err("a prefix is 2 to 32 letters, digits and _-.".to_owned());
    }
    let collides = |own: &String| own.starts_with(prefix) || prefix.starts_with(own.as_str());
    let Some(own) = own_prefixes(brand).into_iter().find(collides) else {
        return Ok(());
    };
    Err(format!(
        "`{prefix}` cannot be told from `{own}`, with which keys of this product or session tokens \
         begin: write a longer prefix, or set product.brand"
    ))
}

/// How keys of this product and session tokens begin.
fn own_prefixes(brand: Option<&Brand>) -> Vec<String> {
    let middle = brand.map_or_else(String::new, |brand| format!("{brand}_"));
    let mut own = vec!["st_".to_owned()];
    for kind in [Kind::Publishable, Kind::Secret] {
        for mode in [Mode::Live, Mode::Test] {
            own.push(format!("{}_{middle}{mode}_", kind.prefix()));
        }
    }
    own
}
