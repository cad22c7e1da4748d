//! The installation itself: operator keys, audit log, backups, key material.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use keystile_core::key::MasterKey as Secret;
use keystile_server::installation::{self, MASTER_KEY_FILE};
use keystile_server::{CONTROL_SOCKET, OsRandom, describe_audit};
use serde_json::json;

use super::keys::created;
use crate::args::{Audit, Backup, Global, MasterKey, OperatorKey, SigningKey};
use crate::call::{Keystile, query};
use crate::output::{self, Failed, Form, bad, good, line, table};
use crate::settings;

/// Operator keys.
pub(super) async fn operator_key(
    keystile: &Keystile,
    what: OperatorKey,
    form: Form,
) -> Result<(), Failed> {
    match what {
        OperatorKey::Create {
            name,
            product,
            environment,
            scopes,
        } => {
            let scopes = Some(scopes).filter(|list| !list.is_empty());
            let unbound = product.is_none();
            let body = json!({
                "name": name, "product": product, "environment": environment, "scopes": scopes,
            });
            created(&keystile.post("/v1/operator-keys", body).await?, form);
            if unbound && form.is_words() {
                line("it is bound to no product; --product makes one that can do less harm");
            }
        }
        OperatorKey::List => {
            let answer = keystile.get("/v1/keys?product=keystile&limit=100").await?;
            if form.told(&answer) {
                return Ok(());
            }
            let columns = [
                ("id", "/id"),
                ("name", "/name"),
                ("preview", "/preview"),
                ("status", "/status"),
                ("bound to", "/binding/product"),
                ("environment", "/binding/environment"),
                ("scopes", "/scopes"),
            ];
            table(
                answer["data"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default(),
                &columns,
            );
        }
    }
    Ok(())
}

/// The audit log.
pub(super) async fn audit(keystile: &Keystile, what: Audit, form: Form) -> Result<(), Failed> {
    let Audit::List { product, key } = what else {
        return Ok(());
    };
    let asked = [
        ("product", product.as_deref()),
        ("key", key.as_deref()),
        ("limit", Some("50")),
    ];
    let answer = keystile.get(&format!("/v1/audit{}", query(&asked))).await?;
    if form.told(&answer) {
        return Ok(());
    }
    let columns = [
        ("row", "/seq"),
        ("at", "/at"),
        ("action", "/action"),
        ("by", "/actor/type"),
        ("key", "/actor/id"),
        ("subjects", "/subjects"),
        ("details", "/details"),
    ];
    table(
        answer["data"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default(),
        &columns,
    );
    Ok(())
}

/// Checks everything; a database that no server would open is checked, too.
pub(super) async fn verify_audit(global: &Global) -> Result<(), Failed> {
    let running = std::os::unix::net::UnixStream::connect(global.data.join(CONTROL_SOCKET)).is_ok();
    let report = if running {
        Keystile::at(&global.data)
            .post("/control/audit/verify", json!({}))
            .await?
    } else {
        let given = settings::master_key(global)?;
        let report = installation::audit(&global.data, given);
        describe_audit(&report.map_err(|why| Failed::new(why.to_string()))?)
    };
    if global.json {
        output::json(&report);
    }
    let findings = report["findings"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if findings.is_empty() {
        if !global.json {
            let ledger = &report["ledger"];
            good(&format!(
                "{} journal rows, {} records and {} entries of the ledger are as Keystile wrote them",
                report["journal_rows"], report["records"], ledger["entries"]
            ));
            let head = &report["head"];
            line(&format!(
                "head: row {} {}",
                head["seq"],
                output::text_of(&head["link"])
            ));
            let head = &ledger["head"];
            line(&format!(
                "ledger: group {} {}",
                head["number"],
                output::text_of(&head["link"])
            ));
            line("keep both elsewhere: what is cut off behind them shows then");
        }
        return Ok(());
    }
    if !global.json {
        let columns = [
            ("record", "/subject"),
            ("row", "/seq"),
            ("problem", "/problem"),
        ];
        table(findings, &columns);
    }
    Err(Failed::new(format!(
        "{} rows are not as Keystile wrote them",
        findings.len()
    )))
}

/// Copies the database.
pub(super) async fn backup(keystile: &Keystile, backup: &Backup, form: Form) -> Result<(), Failed> {
    let to = absolute(&backup.file)?;
    let answer = keystile
        .post("/control/backup", json!({ "to": to }))
        .await?;
    if !form.told(&answer) {
        good(&format!("wrote {}", to.display()));
        line("it opens only with the master key, which is not in it");
    }
    Ok(())
}

/// The master key.
pub(super) async fn master_key(
    global: &Global,
    keystile: &Keystile,
    what: MasterKey,
) -> Result<(), Failed> {
    let MasterKey::Rotate { new } = what;
    if let Some(file) = new {
        let file = absolute(&file)?;
        keystile
            .post("/control/master-key/rotate", json!({ "file": file }))
            .await?;
        good("all key material is wrapped by the new master key");
        line("start with it from now on: --master-key-file, or KEYSTILE_MASTER_KEY");
        return Ok(());
    }
    if settings::master_key(global)?.is_some() {
        return Err(Failed::new(
            "the master key is kept outside the data directory: name the new one with --new",
        ));
    }
    let current = absolute(&global.data.join(MASTER_KEY_FILE))?;
    let fresh = current.with_extension("key.new");
    write_new(&fresh)?;
    keystile
        .post("/control/master-key/rotate", json!({ "file": fresh }))
        .await?;
    let renamed = std::fs::rename(&fresh, &current);
    renamed.map_err(|why| Failed::new(format!("move {} by hand: {why}", fresh.display())))?;
    good(&format!(
        "all key material is wrapped by the new master key in {}",
        current.display()
    ));
    Ok(())
}

fn write_new(path: &Path) -> Result<(), Failed> {
    use std::io::Write;
    let refused = |why: String| Failed::new(format!("{}: {why}", path.display()));
    if path.exists() {
        let current = path.with_extension("");
        // It may be the only key that opens anything.
        return Err(refused(format!(
            "an earlier rotation did not end well; if keystile starts with this file \
             (--master-key-file), move it to {to}; if it starts with {to}, remove this one",
            to = current.display()
        )));
    }
    let key = Secret::random(&OsRandom).map_err(|why| refused(why.to_string()))?;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|why| refused(why.to_string()))?;
    let written = file
        .write_all(key.to_text().as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|why| refused(why.to_string()))
}

/// The pepper.
pub(super) async fn pepper(keystile: &Keystile) -> Result<(), Failed> {
    let answer = keystile.post("/control/pepper/rotate", json!({})).await?;
    good(&format!(
        "pepper {} serves new keys now, and old ones from their next use",
        answer["version"]
    ));
    Ok(())
}

/// The keys that seal.
pub(super) async fn sealing_key(keystile: &Keystile) -> Result<(), Failed> {
    let answer = keystile
        .post("/control/sealing-key/rotate", json!({}))
        .await?;
    good(&format!(
        "sealing key {} seals from now on; what older ones sealed stays readable",
        answer["version"]
    ));
    Ok(())
}

/// The keys that sign.
pub(super) async fn signing_key(keystile: &Keystile, what: SigningKey) -> Result<(), Failed> {
    let SigningKey::Rotate { at_once } = what;
    let body = json!({ "at_once": at_once });
    let answer = keystile.post("/control/signing-key/rotate", body).await?;
    good(&format!(
        "signing key {} signs from now on",
        answer["version"]
    ));
    line(match at_once {
        true => "session tokens that were signed before are refused",
        false => "tokens that were signed before are good until they end, 15 minutes at most",
    });
    Ok(())
}

/// What wants attention.
pub(super) async fn doctor(keystile: &Keystile, form: Form) -> Result<(), Failed> {
    let found = keystile.get("/control/doctor").await?;
    if form.told(&found) {
        return Ok(());
    }
    output::fields(
        &found,
        &[
            ("version", "/version"),
            ("products", "/products"),
            ("journal rows", "/journal"),
            ("applied", "/applied"),
        ],
    );
    let mut healthy = true;
    if found["refused_rows"].as_u64().unwrap_or(0) > 0 {
        healthy = false;
        bad(&format!(
            "{} rows are refused: `keystile audit verify` names them",
            found["refused_rows"]
        ));
    }
    for key in found["unbound_operator_keys"]
        .as_array()
        .into_iter()
        .flatten()
    {
        healthy = false;
        bad(&format!(
            "operator key {} ({}) is bound to no product: make bound ones and revoke it",
            output::text_of(&key["id"]),
            output::text_of(&key["name"])
        ));
    }
    if healthy {
        good("nothing wants attention");
    }
    Ok(())
}

/// The server's own directory is not the caller's, so it is told whole paths.
fn absolute(path: &Path) -> Result<PathBuf, Failed> {
    std::path::absolute(path).map_err(|why| Failed::new(format!("{}: {why}", path.display())))
}
