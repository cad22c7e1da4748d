//! What people and programs read: tables and words on a terminal, JSON with `--json`.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const STRONG: Style = Style::new().bold();

/// How an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Tables and sentences.
    Words,
    /// The answer as it came.
    Json,
    /// Only the ids, one a line.
    Ids,
}

impl Form {
    pub(crate) fn is_words(self) -> bool {
        self == Self::Words
    }

    /// Tells the answer in a form for programs; whether it did.
    pub(crate) fn told(self, answer: &Value) -> bool {
        match self {
            Self::Words => return false,
            Self::Json => json(answer),
            Self::Ids => ids(answer),
        }
        true
    }
}

/// The id of what an answer is about, or of every entry of a list.
fn ids(answer: &Value) {
    let own = [
        "/id",
        "/key/id",
        "/organization/id",
        "/project/id",
        "/environment/id",
        "/grant/id",
        "/spend/id",
        "/slug",
    ];
    let rows = answer["data"]
        .as_array()
        .map_or(std::slice::from_ref(answer), Vec::as_slice);
    for row in rows {
        if let Some(id) = own.iter().find_map(|pointer| row.pointer(pointer)) {
            line(&text_of(id));
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl Failed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An answer that says no.
    pub(crate) fn answer(body: &Value) -> Self {
        let detail = body["detail"]
            .as_str()
            .unwrap_or("the answer cannot be read");
        let mut message = detail.to_owned();
        for error in body["errors"].as_array().into_iter().flatten() {
            let (pointer, text) = (&error["pointer"], &error["message"]);
            let line = format!("{}: {}", text_of(pointer), text_of(text));
            if line != detail {
                message.push_str("\n  ");
                message.push_str(&line);
            }
        }
        Self(message)
    }

    /// What was asked for was told already; only the exit code says more.
    pub(crate) fn quiet() -> Self {
        Self(String::new())
    }

    pub(crate) fn print(&self) {
        if self.0.is_empty() {
            return;
        }
        let _ = writeln!(anstream::stderr(), "{BAD}error:{BAD:#} {}", self.0);
    }
}

/// A value as people read it.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// A line that says that something went well.
pub(crate) fn good(text: &str) {
    let _ = writeln!(anstream::stdout(), "{GOOD}{text}{GOOD:#}");
}

/// A line that says that something did not.
pub(crate) fn bad(text: &str) {
    let _ = writeln!(anstream::stdout(), "{BAD}{text}{BAD:#}");
}

/// A heading.
pub(crate) fn heading(text: &str) {
    let _ = writeln!(anstream::stdout(), "{STRONG}{text}{STRONG:#}");
}

/// JSON, for programs.
pub(crate) fn json(value: &Value) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A table with these columns: heading and JSON pointer.
pub(crate) fn table(rows: &[Value], columns: &[(&str, &str)]) {
    if rows.is_empty() {
        line("none");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for row in rows {
        let cells = columns
            .iter()
            .map(|(_, pointer)| row.pointer(pointer).map(text_of).unwrap_or_default());
        table.add_row(cells);
    }
    line(&table.to_string());
}

/// The fields of one thing, one a line.
pub(crate) fn fields(thing: &Value, columns: &[(&str, &str)]) {
    let width = columns
        .iter()
        .map(|(heading, _)| heading.len())
        .max()
        .unwrap_or(0);
    for (heading, pointer) in columns {
        let value = thing.pointer(pointer).map(text_of).unwrap_or_default();
        if !value.is_empty() {
            line(&format!("{heading:width$}  {value}"));
        }
    }
}

/// The proof of a narrowing, in words.
pub(crate) fn effective(proof: &Value) {
    if let (Some(confirmed), Some(nodes)) = (proof["confirmed"].as_u64(), proof["nodes"].as_u64()) {
        let lapsed = proof["lapsed"].as_u64().unwrap_or(0);
        good(&format!(
            "in force on {confirmed} of {nodes} nodes{} (journal row {})",
            if lapsed > 0 {
                format!(", {lapsed} lapsed")
            } else {
                String::new()
            },
            proof["seq"]
        ));
    }
}
