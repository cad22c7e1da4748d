//! What only somebody on the machine may ask for, through the control socket or with the server
//! stopped.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, request::Parts};
use keystile_core::key::MasterKey;
use keystile_store::{AuditReport, CommitError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::body;
use crate::app::{App, Caller};
use crate::hexadecimal::hexadecimal;
use crate::manage::people::{ensure_setup_link, reset_link};
use crate::manage::{
    Request, Work, rotate_master_key, rotate_pepper, rotate_sealing_key, rotate_signing_key,
};
use crate::problem::Problem;

/// Where these begin.
pub(crate) const PREFIX: &str = "/control/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backup {
    /// The new file; a path from the root, because the server's own directory is not the caller's.
    to: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMasterKey {
    /// A file with 64 hexadecimal digits, as `openssl rand -hex 32` makes them.
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSigningKey {
    /// Whether what older keys signed shall be refused from now on.
    #[serde(default)]
    at_once: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    /// Whose password is to be set anew.
    email: String,
}

/// Answers one of them.
pub(crate) async fn answer(app: &Arc<App>, parts: &Parts, sent: &Bytes) -> Result<Value, Problem> {
    let caller = Caller::local();
    let work = Work::new(app, &caller, Request::default());
    let name = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    match (&parts.method, name) {
        (&Method::POST, "audit/verify") => verify_audit(app).await,
        (&Method::POST, "backup") => {
            let asked: Backup = body::parse(&parts.headers, sent)?;
            if asked.to.is_relative() {
                return Err(Problem::field("/to", "name the file by its whole path"));
            }
            app.store.backup(&asked.to).await?;
            Ok(json!({ "written": asked.to }))
        }
        (&Method::POST, "master-key/rotate") => {
            let asked: NewMasterKey = body::parse(&parts.headers, sent)?;
            let new = read_master_key(&asked.file)?;
            let seq = rotate_master_key(&work, &new).await?;
            Ok(json!({ "seq": seq }))
        }
        (&Method::POST, "pepper/rotate") => Ok(json!({ "version": rotate_pepper(&work).await? })),
        (&Method::POST, "sealing-key/rotate") => {
            Ok(json!({ "version": rotate_sealing_key(&work).await? }))
        }
        (&Method::POST, "signing-key/rotate") => {
            let asked: NewSigningKey = body::parse(&parts.headers, sent)?;
            let (version, gone) = rotate_signing_key(&work, asked.at_once).await?;
            Ok(json!({ "version": version, "retired": gone }))
        }
        (&Method::POST, "people/setup-link") => new_setup_link(app).await,
        (&Method::POST, "people/reset") => {
            let asked: Reset = body::parse(&parts.headers, sent)?;
            Ok(json!({ "link": reset_link(&work, &asked.email).await? }))
        }
        (&Method::GET, "doctor") => doctor(app).await,
        _ => Err(Problem::not_found("address")),
    }
}

async fn new_setup_link(app: &App) -> Result<Value, Problem> {
    let token = ensure_setup_link(app).await?;
    let token = token.ok_or(CommitError::HasOwner)?;
    Ok(json!({ "link": app.link("setup", &token) }))
}

fn read_master_key(file: &PathBuf) -> Result<MasterKey, Problem> {
    let text = std::fs::read_to_string(file)
        .map_err(|why| Problem::field("/file", format!("{}: {why}", file.display())))?;
    MasterKey::parse(&text).map_err(|why| Problem::field("/file", why.to_string()))
}

async fn verify_audit(app: &App) -> Result<Value, Problem> {
    Ok(describe_audit(&app.store.verify_audit().await?))
}

/// What was found when everything was checked, as JSON.
#[must_use]
pub fn describe_audit(report: &AuditReport) -> Value {
    let findings = report.findings.iter().map(|finding| {
        json!({
            "subject": finding.subject.as_ref().map(ToString::to_string),
            "seq": finding.seq,
            "problem": finding.problem,
        })
    });
    json!({
        "journal_rows": report.journal_rows,
        "records": report.records,
        "head": {
            "seq": report.head.seq,
            "link": hexadecimal(&report.head.link),
            "at": report.head.at,
        },
        "ledger": {
            "groups": report.ledger_groups,
            "entries": report.ledger_entries,
            "head": {
                "number": report.ledger_head.number,
                "link": hexadecimal(&report.ledger_head.link),
                "at": report.ledger_head.at,
            },
        },
        "findings": findings.collect::<Vec<_>>(),
    })
}

async fn doctor(app: &App) -> Result<Value, Problem> {
    let head = app.store.head().await?;
    let products = app.store.products().await?;
    let filter = keystile_store::KeyFilter {
        product: Some(keystile_core::model::Slug::operator()),
        state: Some(keystile_core::model::KeyState::Active),
        ..Default::default()
    };
    let page = keystile_store::Page {
        before: None,
        limit: 100,
    };
    let keys = app.store.keys(filter, page).await?;
    let unbound: Vec<_> = keys
        .iter()
        .filter(|key| key.binding.is_none())
        .map(|key| json!({ "id": key.id, "name": key.name }))
        .collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": app.is_ready(),
        "journal": head.seq,
        "applied": app.engine.index().applied(),
        "refused_rows": app.metrics.refused_rows.get(),
        "products": products.iter().filter(|row| !row.slug.is_operator()).map(|row| row.slug.as_str()).collect::<Vec<_>>(),
        "unbound_operator_keys": unbound,
    }))
}
