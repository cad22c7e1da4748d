//! Files with JSON: a list of objects, an object with such a list (`keys` or `data`), or one object
//! after the other.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Format;
use super::row::Line;
use super::shape::Record;
use super::source::{Progress, Source};

/// Reads all rows; `send` says whether more are wanted.
///
/// # Errors
/// When the file cannot be read on, in words for people.
pub(super) fn read(
    source: Source,
    format: Format,
    send: &dyn Fn(Line) -> bool,
) -> Result<(), String> {
    if format == Format::Csv {
        return Err("this is JSON: say --format unkey or --format better-auth".to_owned());
    }
    let progress = source.progress();
    let rows = Rows {
        format,
        progress,
        send,
        count: Cell::new(0),
        gone: Cell::new(false),
    };
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::new(source));
    loop {
        let read = Whole(&rows).deserialize(&mut json);
        if rows.gone.get() {
            return Ok(());
        }
        read.map_err(|why| rows.broken(&why))?;
        if json.end().is_ok() {
            return Ok(());
        }
    }
}

/// What is read, one by one.
struct Rows<'s> {
    format: Format,
    progress: Progress,
    send: &'s dyn Fn(Line) -> bool,
    count: Cell<u64>,
    /// Nobody wants more.
    gone: Cell<bool>,
}

impl Rows<'_> {
    fn take(&self, value: &Value) -> Result<(), &'static str> {
        self.count.set(self.count.get() + 1);
        self.progress.next_row();
        let row = match value.as_object() {
            Some(fields) => Record::new(fields).row(self.format),
            None => Err((String::new(), "this is no object".to_owned())),
        };
        let number = self.count.get();
        if (self.send)(Line { number, row }) {
            return Ok(());
        }
        self.gone.set(true);
        Err("nobody wants more")
    }

    /// serde's own words may repeat what it has read.
    fn broken(&self, why: &serde_json::Error) -> String {
        if why.is_io() {
            return why.to_string();
        }
        let (line, column) = (why.line(), why.column());
        format!(
            "after {} keys, line {line}, column {column}: this is not the JSON that was expected",
            self.count.get()
        )
    }
}

/// The list, the object that holds it, or one object of many.
struct Whole<'r, 's>(&'r Rows<'s>);

/// The list of rows.
struct List<'r, 's>(&'r Rows<'s>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        List(self.0).visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let (mut fields, mut listed) = (Map::new(), false);
        while let Some(name) = object.next_key::<String>()? {
            if name == "keys" || name == "data" {
                object.next_value_seed(List(self.0))?;
                listed = true;
            } else {
                fields.insert(name, object.next_value()?);
            }
        }
        if listed {
            return Ok(());
        }
        let taken = self.0.take(&Value::Object(fields));
        taken.map_err(serde::de::Error::custom)
    }
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            self.0.take(&value).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}
