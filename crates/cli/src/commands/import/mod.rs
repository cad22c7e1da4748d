//! `keystile import`: keys of another system by their digests, from a file of any length.
//!
//! The file is read row by row on a thread of its own, and sent in batches; nothing of it is kept
//! but the batch under way.

mod csv;
mod json;
mod report;
mod row;
mod shape;
mod source;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::call::Keystile;
use crate::output::{Failed, Form};
use report::Report;
use row::{Line, Row};
use source::Source;

/// So many rows go in one call, or so many bytes of them and one row more.
const ROWS: usize = 1000;
const BYTES: usize = 700 << 10;

/// No good row has as many bytes.
const LONGEST: usize = 100_000;

/// Rows that are read ahead.
const AHEAD: usize = 2000;

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file.
    pub(crate) file: PathBuf,
    /// The product that the keys are for.
    #[arg(long)]
    pub(crate) product: String,
    /// How the file is made.
    #[arg(long, default_value = "csv")]
    pub(crate) format: Format,
    /// The organization of rows that name none: its id, or your own id for it.
    #[arg(long)]
    pub(crate) organization: Option<String>,
    /// The environment of rows that name none [default: the only one for keys of that mode].
    #[arg(long)]
    pub(crate) environment: Option<String>,
    /// Create organizations that do not exist, by their external ids.
    #[arg(long)]
    pub(crate) create_organizations: bool,
    /// Only tell what would become of each row.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A header line, with `digest` and whichever else of the columns are wanted.
    Csv,
    /// Keys as Unkey has them: JSON, or CSV of its table.
    Unkey,
    /// The table `apikey` of better-auth: JSON or CSV.
    BetterAuth,
}

/// Imports a file.
pub(super) async fn run(keystile: &Keystile, import: &Import, form: Form) -> Result<(), Failed> {
    let source = Source::open(&import.file)?;
    let report = Report::new(form, import.dry_run, source.length());
    let read = source.progress();
    let (sender, rows) = mpsc::channel(AHEAD);
    let format = import.format;
    let reading = std::thread::spawn(move || {
        let send = |line: Line| sender.blocking_send(line).is_ok();
        match source.is_json() {
            true => json::read(source, format, &send),
            false => csv::read(source, format, &send),
        }
    });
    let failed = None;
    let desk = Mutex::new(Desk {
        rows,
        report,
        failed,
    });
    let lane = || async {
        loop {
            let next = desk.lock().await.next_batch(import).await;
            let Some(batch) = next else { break };
            let answer = send(keystile, import, &batch.rows).await;
            let desk = &mut *desk.lock().await;
            match answer {
                Ok(answer) => desk.report.answered(&batch.numbers, &answer),
                Err(why) => desk.failed = desk.failed.take().or(Some(why)),
            }
            desk.report.progress(read.bytes());
        }
    };
    // Two at once: while one is written, the other is looked at. A revoke waits behind no more.
    // When one fails, the other still tells what became of its rows.
    tokio::join!(lane(), lane());
    let Desk { report, failed, .. } = desk.into_inner();
    if let Some(why) = failed {
        return Err(report.interrupted(why));
    }
    let ended = reading
        .join()
        .unwrap_or_else(|_| Err("the file cannot be read".into()));
    report.end(
        ended
            .err()
            .map(|why| format!("{}: {why}", import.file.display())),
    )
}

/// What goes in one call.
#[derive(Default)]
struct Batch {
    numbers: Vec<u64>,
    rows: Vec<Value>,
}

/// What is read, and what becomes of it.
struct Desk {
    rows: mpsc::Receiver<Line>,
    report: Report,
    /// Why a batch could not be sent: then no other is.
    failed: Option<Failed>,
}

impl Desk {
    /// The next rows that can be sent; those that cannot are told. `None` when there are no more.
    async fn next_batch(&mut self, import: &Import) -> Option<Batch> {
        if self.failed.is_some() {
            return None;
        }
        let (mut batch, mut bytes) = (Batch::default(), 0);
        while batch.rows.len() < ROWS && bytes < BYTES {
            let Some(line) = self.rows.recv().await else {
                break;
            };
            let row = line.row.map(|row| complete(row, line.number, import));
            let row = row.and_then(|row| match row.to_string().len() {
                length if length > LONGEST => {
                    Err((String::new(), format!("it has more than {LONGEST} bytes")))
                }
                length => {
                    bytes += length;
                    Ok(row)
                }
            });
            match row {
                Ok(row) => {
                    batch.numbers.push(line.number);
                    batch.rows.push(row);
                }
                Err(wrong) => self.report.refused(line.number, &wrong),
            }
        }
        Some(batch).filter(|batch| !batch.rows.is_empty())
    }
}

/// A row with what the command line says for rows that say nothing.
fn complete(row: Row, number: u64, import: &Import) -> Value {
    let mut row = row.into_json();
    if let Some(row) = row.as_object_mut() {
        let mut default = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|_| !row.contains_key(name)) {
                row.insert(name.to_owned(), value.into());
            }
        };
        default("organization", import.organization.clone());
        default("environment", import.environment.clone());
        default("name", Some(format!("Imported key {number}")));
    }
    row
}

async fn send(keystile: &Keystile, import: &Import, rows: &[Value]) -> Result<Value, Failed> {
    let body = json!({
        "product": import.product,
        "rows": rows,
        "source": source_name(&import.file),
        "create_organizations": import.create_organizations,
        "dry_run": import.dry_run,
    });
    keystile.post("/v1/keys/import", body).await
}

/// The file's name without its path, which is nobody's business in an audit log.
fn source_name(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_string_lossy();
    let plain = name.chars().filter(|c| !c.is_control());
    Some(plain.take(100).collect())
}
