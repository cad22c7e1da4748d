//! From text to [`Manifest`] and back: TOML or JSON, with every slip of shape reported at once.

use serde_json::{Number, Value};

use super::file::Manifest;
use super::problem::{Problems, Report, join};
use super::{json, shape};

/// Longest text of a manifest, in bytes: 1 MiB.
pub const MANIFEST_MAX_BYTES: usize = 1 << 20;

impl Manifest {
    /// Reads a manifest from TOML 1.0.
    ///
    /// # Errors
    /// A syntax error with its line and column, or every unknown, missing or mistyped field.
    pub fn from_toml(text: &str) -> Result<Self, Problems> {
        limit(text)?;
        let table: toml::Table = text.parse().map_err(|error| syntax(text, &error))?;
        let mut report = Report::default();
        let value = plain(toml::Value::Table(table), "", &mut report);
        report.finish()?;
        Self::from_value(value)
    }

    /// Reads a manifest from JSON (RFC 8259); a name that stands twice in an object is refused.
    ///
    /// # Errors
    /// A syntax error with its line and column, or every unknown, missing or mistyped field.
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        limit(text)?;
        Self::from_value(json::parse(text)?)
    }

    /// Reads a manifest from parsed JSON.
    ///
    /// # Errors
    /// Every unknown, missing or mistyped field.
    pub fn from_value(value: Value) -> Result<Self, Problems> {
        let mut report = Report::default();
        shape::check(&value, &mut report);
        report.finish()?;
        // The walk above knows all that the types demand, so this is a second lock on the door.
        serde_json::from_value(value).map_err(|error| Problems::one("", error.to_string()))
    }

    /// Writes the manifest as TOML, defaults included; comments of the original are not kept.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // Only a number beyond 63 bits cannot be written, and no manifest that was read has one.
        // The comment is then not a manifest, so the mistake shows at the next reading.
        toml::to_string_pretty(self).unwrap_or_else(|error| format!("# not written: {error}\n"))
    }

    /// Writes the manifest as JSON, defaults included.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

fn limit(text: &str) -> Result<(), Problems> {
    if text.len() <= MANIFEST_MAX_BYTES {
        return Ok(());
    }
    let message = format!(
        "the manifest has {} bytes and may have {MANIFEST_MAX_BYTES}: shorten it",
        text.len()
    );
    Err(Problems::one("", message))
}

fn syntax(text: &str, error: &toml::de::Error) -> Problems {
    let message = error.message().trim_end_matches('.').replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return Problems::one("", format!("this is not TOML: {message}"));
    };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Problems::one(
        "",
        format!("this is not TOML: line {line}, column {column}: {message}"),
    )
}

/// TOML as JSON; what JSON cannot say has no place in a manifest either.
fn plain(value: toml::Value, pointer: &str, report: &mut Report) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Float(number) => Number::from_f64(number).map_or_else(
            || {
                report.add(pointer, "inf and nan are no numbers here");
                Value::Null
            },
            Value::Number,
        ),
        toml::Value::Datetime(_) => {
            report.add(pointer, "a manifest has no dates: put text in quotes");
            Value::Null
        }
        toml::Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| plain(item, &format!("{pointer}/{index}"), report))
            .collect(),
        toml::Value::Table(fields) => fields
            .into_iter()
            .map(|(name, item)| {
                let item = plain(item, &join(pointer, &name), report);
                (name, item)
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let problems = Manifest::from_toml("[product]\nslug = \"a\"\nname = = 1\n").unwrap_err();
        assert!(
            problems.to_string().contains("line 3, column 8"),
            "{problems}"
        );
        let problems = Manifest::from_json("{\n  \"product\": ]").unwrap_err();
        assert!(
            problems.to_string().contains("line 2, column 14"),
            "{problems}"
        );
    }

    #[test]
    fn a_manifest_over_one_mebibyte_is_refused_before_it_is_read() {
        let text = "#".repeat(MANIFEST_MAX_BYTES + 1);
        let problems = Manifest::from_toml(&text).unwrap_err();
        assert!(problems.to_string().contains("1048577 bytes"), "{problems}");
        let problems = Manifest::from_json(&text).unwrap_err();
        assert!(problems.to_string().contains("1048577 bytes"), "{problems}");
    }

    #[test]
    fn dates_and_infinities_are_refused_where_they_stand() {
        let problems =
            Manifest::from_toml("[product]\nslug = 2026-11-21\nname = inf\n").unwrap_err();
        let pointers: Vec<_> = problems
            .as_slice()
            .iter()
            .map(|p| p.pointer.as_str())
            .collect();
        assert_eq!(pointers, ["/product/name", "/product/slug"]);
    }

    #[test]
    fn a04_deep_nesting_is_an_error_and_not_a_crash() {
        let deep = format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Manifest::from_toml(&deep).is_err());
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Manifest::from_json(&deep).is_err());
        let dotted = format!("{} = 1", vec!["a"; 200_000].join("."));
        assert!(Manifest::from_toml(&dotted).is_err());
    }
}
