//! Commands about what seals and signs, with no server running.

use std::path::Path;

use keystile_core::manifest::{System, starter};
use rusqlite::Connection;
use serde_json::Value;

use crate::process::{Process, keystile, operator_key};

#[track_caller]
fn told(data: &Path, arguments: &[&str]) -> String {
    let output = keystile(data, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &errors
}

#[track_caller]
fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = keystile(data, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An installation with Datakeen's product and one customer; the ids of its two secret keys.
fn lab(directory: &Path) -> (std::path::PathBuf, Vec<String>) {
    let data = directory.join("data");
    let file = directory.join("datakeen.toml");
    std::fs::write(&file, starter(Some(System::Datakeen))).unwrap();
    told(&data, &["apply", &file.display().to_string()]);
    told(&data, &["organizations", "create", "datakeen", "Northbank"]);
    let listed = json(
        &data,
        &["keys", "list", "--product", "datakeen", "--kind", "secret"],
    );
    let ids = listed["data"].as_array().unwrap().iter();
    let ids = ids.map(|key| key["id"].as_str().unwrap().to_owned());
    (data, ids.collect())
}

#[test]
fn d3_a_secret_is_shown_again_until_the_product_shows_secrets_once() {
    let directory = tempfile::tempdir().unwrap();
    let (data, ids) = lab(directory.path());
    let secret = |data: &Path| json(data, &["keys", "reveal", &ids[0]])["secret"].clone();
    let before = secret(&data);
    assert!(before.as_str().unwrap().starts_with("sk_"));
    for what in [&["sealing-key", "rotate"][..], &["master-key", "rotate"]] {
        told(&data, what);
        assert_eq!(secret(&data), before, "{what:?}");
    }
    let shown = told(&data, &["keys", "reveal", &ids[0]]);
    assert!(shown.contains(before.as_str().unwrap()), "{shown}");
    assert!(shown.contains("audit log"), "{shown}");
    let log = told(&data, &["audit", "list", "--key", &ids[0]]);
    assert!(log.contains("key.revealed"), "{log}");

    let once = starter(Some(System::Datakeen)).replace("\"recoverable\"", "\"once\"");
    let (public, rest) = once.split_once("[keys.secret]").unwrap();
    let automatic = "auto_create = [\"production\", \"test\"]";
    let once = format!("{public}[keys.secret]{}", rest.replacen(automatic, "", 1));
    let file = directory.path().join("once.toml");
    std::fs::write(&file, once).unwrap();
    let file = file.display().to_string();
    let dry = told(&data, &["apply", &file, "--dry-run"]);
    assert!(dry.contains("2 sealed secrets would be destroyed"), "{dry}");
    let done = told(&data, &["apply", &file]);
    assert!(done.contains("2 sealed secrets were destroyed"), "{done}");
    let refused = keystile(&data, &["keys", "reveal", &ids[0]]);
    assert!(!refused.status.success());
    let count = Connection::open(data.join("keystile.sqlite")).unwrap();
    let sealed: i64 = count
        .query_row(
            "SELECT count(*) FROM keys WHERE sealed IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(sealed, 0);
}

#[test]
fn t06_a_sealed_secret_that_was_put_into_another_row_is_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let (data, ids) = lab(directory.path());
    told(&data, &["keys", "reveal", &ids[0]]);
    let database = Connection::open(data.join("keystile.sqlite")).unwrap();
    let moved = database.execute(
        "UPDATE keys SET sealed = (SELECT max(sealed) FROM keys) WHERE sealed IS NOT NULL",
        [],
    );
    assert_eq!(moved.unwrap(), 2);
    drop(database);
    let shown = ids
        .iter()
        .filter(|id| keystile(&data, &["keys", "reveal", id]).status.success());
    assert_eq!(shown.count(), 1, "the one that was left where it was");
}

#[test]
fn a_signing_key_is_rotated_with_its_old_tokens_or_without() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let soft = told(&data, &["signing-key", "rotate"]);
    assert!(soft.contains("signing key 2 signs from now on"), "{soft}");
    assert!(soft.contains("until they end"), "{soft}");
    let hard = told(&data, &["signing-key", "rotate", "--at-once"]);
    assert!(hard.contains("signing key 3 signs"), "{hard}");
    assert!(hard.contains("are refused"), "{hard}");
    let log = told(&data, &["audit", "list"]);
    assert_eq!(log.matches("signing_key.rotated").count(), 2, "{log}");
}

#[test]
fn a_new_master_key_that_could_not_be_taken_wraps_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (data, ids) = lab(directory.path());
    let operator = operator_key();
    let server = Process::start(&data, &operator);
    let other = Connection::open(data.join("keystile.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = keystile(&data, &["master-key", "rotate"]);
    assert!(!refused.status.success(), "somebody else writes");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);

    // The file that is left may be the only key there is, for all that anybody knows.
    let left = data.join("master.key.new");
    let kept = std::fs::read(&left).unwrap();
    let again = keystile(&data, &["master-key", "rotate"]);
    let why = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        !again.status.success() && why.contains("master.key.new"),
        "{why}"
    );
    assert_eq!(std::fs::read(&left).unwrap(), kept);
    std::fs::remove_file(&left).unwrap();

    told(&data, &["signing-key", "rotate"]);
    assert!(server.terminate());
    let server = Process::start(&data, &operator);
    told(&data, &["master-key", "rotate"]);
    told(&data, &["sealing-key", "rotate"]);
    assert!(server.terminate());
    assert!(json(&data, &["keys", "reveal", &ids[0]])["secret"].is_string());
}
