//! What other systems call the things that they know of a key.
//!
//! Names are compared without case and underscores, because exports of the same table are written
//! by the database in one and by the program in another.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Format;
use super::row::{Row, Wrong, flag, object, time};

/// The longest name that a key can have; there it may have more.
const NAME_CHARS: usize = 100;

/// One record of another system, by its own names.
pub(super) struct Record<'a>(&'a Map<String, Value>);

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

fn simple(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "")
}

impl<'a> Record<'a> {
    pub(super) fn new(fields: &'a Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The first of these that is there and not empty.
    fn first(&self, names: &[&str]) -> &'a Value {
        let there = |value: &&Value| !matches!(value, Value::Null) && **value != "";
        let find = |name: &&str| {
            let mut named = self.0.iter().filter(|(known, _)| simple(known) == **name);
            named.find_map(|(_, value)| Some(value).filter(there))
        };
        names.iter().find_map(find).unwrap_or(&Value::Null)
    }

    /// A text, or a number, as which some databases keep identifiers.
    fn text(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        text(self.first(names))
    }

    /// The row in our words.
    pub(super) fn row(&self, format: Format) -> Result<Row, Wrong> {
        if !self.first(&["deletedat", "deletedatm"]).is_null() {
            let message = "it was deleted in the other system: leave the row out";
            return Err(("deleted_at".into(), message.into()));
        }
        let mut row = Row::default();
        let digest = match format {
            Format::BetterAuth => self.text(&["key"]),
            Format::Unkey | Format::Csv => {
                let inner = self.first(&["hash"]);
                text(inner).or_else(|| text(&inner["value"]))
            }
        };
        let Some(digest) = digest else {
            let field = if format == Format::BetterAuth {
                "key"
            } else {
                "hash"
            };
            let message = format!("there is no `{field}`, the digest of the key");
            return Err((field.into(), message));
        };
        row.put("digest", &*digest);
        // Some begin with the prefix, some come after it.
        let prefix = self.text(&["prefix"]).unwrap_or_default();
        let start = self.text(&["start"]).unwrap_or_default();
        let start = match start.starts_with(&*prefix) {
            true => start.into_owned(),
            false => format!("{prefix}{start}"),
        };
        row.put("start", start);
        let owner = match format {
            Format::BetterAuth => self.text(&["organizationid", "referenceid", "userid"]),
            Format::Unkey | Format::Csv => {
                let identity = self.first(&["identity"]);
                let inner = text(&identity["externalId"]);
                self.text(&["externalid", "ownerid"]).or(inner)
            }
        };
        row.put("organization", &*owner.unwrap_or_default());
        let name = self.text(&["name"]).unwrap_or_default();
        row.put("name", name.chars().take(NAME_CHARS).collect::<String>());
        row.put("enabled", flag("enabled", self.first(&["enabled"]))?);
        let end = self.first(&["expiresat", "expires"]);
        row.put("expires_at", time("expires_at", end)?);
        let metadata = self.first(&["metadata", "meta"]);
        row.put("metadata", object("metadata", metadata)?);
        Ok(row)
    }
}
