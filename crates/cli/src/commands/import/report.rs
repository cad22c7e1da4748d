//! What is told while an import goes on, and at its end.

use std::io::{IsTerminal, Write};

use serde_json::{Value, json};

use super::row::Wrong;
use crate::output::{Failed, Form, good, line, text_of};

const BAR: u64 = 30;

/// What has become of the rows so far.
pub(super) struct Report {
    form: Form,
    dry_run: bool,
    /// The file's length, where there is a terminal to show progress on.
    length: Option<u64>,
    imported: u64,
    already_there: u64,
    refused: u64,
}

impl Report {
    pub(super) fn new(form: Form, dry_run: bool, length: u64) -> Self {
        let shown = form.is_words() && std::io::stderr().is_terminal();
        Self {
            form,
            dry_run,
            length: shown.then_some(length),
            imported: 0,
            already_there: 0,
            refused: 0,
        }
    }

    /// What the server has said of these rows.
    pub(super) fn answered(&mut self, numbers: &[u64], answer: &Value) {
        let count = |name: &str| answer[name].as_u64().unwrap_or(0);
        self.imported += count("imported");
        self.already_there += count("already_there");
        let results = answer["results"].as_array();
        let results = results.map(Vec::as_slice).unwrap_or_default();
        for (number, result) in numbers.iter().zip(results) {
            if result["outcome"] != "refused" {
                continue;
            }
            let errors = result["errors"].as_array().into_iter().flatten();
            let wrong: Vec<Wrong> = errors
                .map(|error| {
                    let pointer = text_of(&error["pointer"]);
                    let field = pointer.split('/').skip(3).collect::<Vec<_>>().join("/");
                    (field, text_of(&error["message"]))
                })
                .collect();
            self.refuse(*number, &wrong);
        }
    }

    /// A row that was not even sent.
    pub(super) fn refused(&mut self, number: u64, wrong: &Wrong) {
        self.refuse(number, std::slice::from_ref(wrong));
    }

    fn refuse(&mut self, number: u64, wrong: &[Wrong]) {
        self.refused += 1;
        self.clear();
        if self.form == Form::Json {
            let errors = wrong
                .iter()
                .map(|(field, message)| json!({ "field": field, "message": message }));
            let refused = json!({ "line": number, "errors": errors.collect::<Vec<_>>() });
            return line(&refused.to_string());
        }
        for (field, message) in wrong {
            let field = match field.as_str() {
                "" => String::new(),
                field => format!(", {field}"),
            };
            line(&format!("line {number}{field}: {message}"));
        }
    }

    /// How far the file is read.
    pub(super) fn progress(&self, read: u64) {
        let Some(length) = self.length.filter(|length| *length > 0) else {
            return;
        };
        let part = read.min(length);
        let full = usize::try_from(part * BAR / length).unwrap_or(0);
        let width = usize::try_from(BAR).unwrap_or(0);
        let bar = "#".repeat(full);
        let rows = self.imported + self.already_there + self.refused;
        let percent = part * 100 / length;
        let mut out = std::io::stderr();
        let _ = write!(out, "\r[{bar:width$}] {percent:3} %  {rows} rows");
        let _ = out.flush();
    }

    fn clear(&self) {
        if self.length.is_some() {
            let mut out = std::io::stderr();
            let _ = write!(out, "\r\x1b[K");
            let _ = out.flush();
        }
    }

    /// Words for a call that failed in the middle of the file.
    pub(super) fn interrupted(&self, why: Failed) -> Failed {
        self.clear();
        if self.imported + self.already_there > 0 {
            let counted = self.counted();
            line(&format!(
                "{counted} before this; importing again goes on from there"
            ));
        }
        why
    }

    fn counted(&self) -> String {
        let done = if self.dry_run {
            "would be imported"
        } else {
            "imported"
        };
        format!(
            "{} {done}, {} already there, {} refused",
            self.imported, self.already_there, self.refused
        )
    }

    /// The end, which is a failure when a row was refused or the file could not be read on.
    pub(super) fn end(self, broken: Option<String>) -> Result<(), Failed> {
        self.clear();
        match self.form {
            Form::Json => line(
                &json!({
                    "imported": self.imported, "already_there": self.already_there,
                    "refused": self.refused, "dry_run": self.dry_run,
                })
                .to_string(),
            ),
            _ if self.refused > 0 || broken.is_some() => line(&self.counted()),
            _ => good(&self.counted()),
        }
        match broken {
            Some(why) => Err(Failed::new(why)),
            None if self.refused > 0 => Err(Failed::new(format!(
                "{} rows were refused: correct them and import again, which leaves alone what is \
                 there",
                self.refused
            ))),
            None => Ok(()),
        }
    }
}
