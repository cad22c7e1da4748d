//! Files with a header line and comma-separated values (RFC 4180).

use csv::{ReaderBuilder, StringRecord, Terminator};
use serde_json::{Map, Value};

use super::Format;
use super::row::{Line, Row, Wrong, caps, flag, object, rate, time, words};
use super::shape::Record;
use super::source::Source;

/// The columns of our own form.
const COLUMNS: [&str; 16] = [
    "digest",
    "start",
    "prefix",
    "organization",
    "project",
    "environment",
    "name",
    "enabled",
    "scopes",
    "allowed_origins",
    "allowed_ips",
    "rate_limit",
    "spend_caps",
    "expires_at",
    "metadata",
    "note",
];

/// Reads all rows; `send` says whether more are wanted.
///
/// # Errors
/// When the file cannot be read on, in words for people.
pub(super) fn read(
    source: Source,
    format: Format,
    send: &dyn Fn(Line) -> bool,
) -> Result<(), String> {
    let progress = source.progress();
    // With its own idea of line ends the reader counts lines wrongly where they end as on Windows;
    // the carriage return is then trimmed like other space.
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(source);
    let header = reader.headers().map_err(|why| plain(&why))?;
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    check_header(&header, format)?;
    let mut record = StringRecord::new();
    loop {
        let number = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) if is_blank(&record) => {}
            Ok(true) => {
                let number = record.position().map_or(number, csv::Position::line);
                let row = row_of(&header, &record, format);
                if !send(Line { number, row }) {
                    return Ok(());
                }
            }
            Err(why) if matches!(why.kind(), csv::ErrorKind::Utf8 { .. }) => {
                let number = why.position().map_or(number, csv::Position::line);
                let message = "this line is not UTF-8: save the file as UTF-8".to_owned();
                let row = Err((String::new(), message));
                if !send(Line { number, row }) {
                    return Ok(());
                }
            }
            Err(why) => return Err(plain(&why)),
        }
        progress.next_row();
    }
}

/// An empty line of a file whose lines end as on Windows.
fn is_blank(record: &StringRecord) -> bool {
    record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty())
}

/// The crate's own words repeat what it has read.
fn plain(why: &csv::Error) -> String {
    match why.kind() {
        csv::ErrorKind::Io(why) => why.to_string(),
        csv::ErrorKind::Utf8 { .. } => "the header line is not UTF-8".to_owned(),
        _ => "this is no CSV file".to_owned(),
    }
}

fn check_header(header: &[String], format: Format) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    let columns = || header.iter().enumerate();
    if let Some((at, twice)) = columns().find(|(_, name)| !seen.insert(name.as_str())) {
        let named = named(at, twice);
        return Err(format!(
            "the column {named} stands twice in the header line"
        ));
    }
    if format != Format::Csv {
        return Ok(());
    }
    if let Some((at, unknown)) = columns().find(|(_, name)| !COLUMNS.contains(&name.as_str())) {
        return Err(format!(
            "the header line has a column {}, which is none of: {}",
            named(at, unknown),
            COLUMNS.join(", ")
        ));
    }
    if !seen.contains("digest") {
        return Err("the header line has no column `digest`".to_owned());
    }
    Ok(())
}

/// A column by its name. Where the header line is missing there is a key or a digest in its place,
/// which hardly ever is without a figure, and is not repeated.
fn named(at: usize, name: &str) -> String {
    let is_name = name.len() <= 30 && !name.chars().any(|c| c.is_ascii_digit() || c.is_control());
    match is_name {
        true => format!("`{name}`"),
        false => format!("number {} (is there a header line at all?)", at + 1),
    }
}

fn row_of(header: &[String], record: &StringRecord, format: Format) -> Result<Row, Wrong> {
    if record.len() != header.len() {
        let message = format!(
            "{} values stand under {} columns: is there a comma without quotes?",
            record.len(),
            header.len()
        );
        return Err((String::new(), message));
    }
    let cells = header.iter().zip(record);
    if format != Format::Csv {
        let cells = cells.map(|(name, cell)| (name.clone(), Value::from(cell)));
        return Record::new(&cells.collect::<Map<_, _>>()).row(format);
    }
    let mut row = Row::default();
    let mut prefix = "";
    for (name, cell) in cells {
        let text = cell.trim();
        let value = match name.as_str() {
            "prefix" => {
                prefix = text;
                continue;
            }
            "enabled" => flag(name, &text.into())?,
            "rate_limit" => rate(name, text)?,
            "spend_caps" => caps(name, text)?,
            "expires_at" => time(name, &text.into())?,
            "metadata" => object(name, &text.into())?,
            "scopes" | "allowed_origins" | "allowed_ips" => words(text),
            _ => text.into(),
        };
        row.put(name, value);
    }
    if !row.says("start") {
        row.put("start", prefix);
    }
    Ok(row)
}
