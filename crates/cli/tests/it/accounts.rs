//! `keystile credits`, without a server.

use std::path::PathBuf;

use keystile_core::manifest::{System, starter};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::keystile;

/// An installation with a customer of Datakeen.
struct Desk {
    directory: TempDir,
    organization: String,
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self {
            directory: tempfile::tempdir().unwrap(),
            organization: String::new(),
        };
        let file = desk.directory.path().join("datakeen.toml");
        std::fs::write(&file, starter(Some(System::Datakeen))).unwrap();
        desk.told(&["apply", file.to_str().unwrap()]);
        desk.told(&["organizations", "create", "datakeen", "Northbank"]);
        let id = desk.told(&["--id", "organizations", "list"]);
        desk.organization = id.trim().to_owned();
        desk
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// What a command that must end well prints.
    #[track_caller]
    fn told(&self, arguments: &[&str]) -> String {
        let ended = keystile(&self.data(), arguments);
        let error = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.success(), "{arguments:?}: {error}");
        String::from_utf8(ended.stdout).unwrap()
    }

    /// What a command that must not end well says.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let ended = keystile(&self.data(), arguments);
        assert!(!ended.status.success(), "{arguments:?}");
        String::from_utf8(ended.stderr).unwrap()
    }

    /// The same as JSON, of a command under `credits`.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json", "credits"];
        all.extend_from_slice(arguments);
        serde_json::from_str(&self.told(&all)).unwrap()
    }

    /// A call with the customer's test key; the id of its spend.
    fn spend(&self) -> String {
        let of = ["--json", "keys", "list", "--kind", "secret"];
        let keys: Value = serde_json::from_str(&self.told(&of)).unwrap();
        let keys = keys["data"].as_array().unwrap();
        let key = keys.iter().find(|key| key["mode"] == "test").unwrap();
        let id = key["id"].as_str().unwrap();
        let shown: Value =
            serde_json::from_str(&self.told(&["--json", "keys", "reveal", id])).unwrap();
        let asked = [
            "--json",
            "verify",
            shown["secret"].as_str().unwrap(),
            "POST /v1/analyses",
            "--product",
            "datakeen",
            "--environment",
            "test",
        ];
        let verdict: Value = serde_json::from_str(&self.told(&asked)).unwrap();
        verdict["spend_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn credits_are_granted_shown_voided_and_refunded() {
    let desk = Desk::new();
    let organization = desk.organization.as_str();
    let table = desk.told(&["credits", "show", organization]);
    let test = table.lines().find(|line| line.contains("test")).unwrap();
    let numbers: Vec<_> = test.split_whitespace().collect();
    assert_eq!(numbers, ["test", "20", "0", "0", "0", "20"], "{table}");

    let granted = [
        "credits",
        "grant",
        organization,
        "live",
        "500",
        "invoice 17",
    ];
    let told = desk.told(&granted);
    assert!(
        told.contains("invoice 17") && told.contains("grant_"),
        "{told}"
    );
    let mut second = vec!["--id"];
    second.extend_from_slice(&granted);
    second.extend_from_slice(&["--expires-at", "2035-01-01T00:00:00Z"]);
    let grant = desk.told(&second).trim().to_owned();
    assert!(grant.starts_with("grant_"), "{grant}");
    let live = |desk: &Desk| desk.json(&["show", organization])["live"].clone();
    assert_eq!(live(&desk)["remaining"], 1000);

    let listed = desk.told(&["credits", "grants", organization]);
    assert!(
        listed.contains("2035-01-01") && listed.contains(&grant),
        "{listed}"
    );
    desk.told(&["credits", "void", &grant]);
    desk.told(&["credits", "void", &grant]);
    let expected = json!({ "granted": 1000, "spent": 0, "reserved": 0, "expired": 500,
                           "remaining": 500 });
    assert_eq!(live(&desk), expected);

    let spend = desk.spend();
    let told = desk.told(&["credits", "refund", &spend, "--amount", "1"]);
    assert!(told.contains("20 credits remain"), "{told}");
    let told = desk.refused(&["credits", "refund", &spend, "--amount", "1"]);
    assert!(told.contains("0 credits are left"), "{told}");
    let again = desk.json(&["refund", &spend]);
    assert_eq!(again["spend"]["status"], "refunded");

    let page = desk.told(&[
        "credits",
        "ledger",
        organization,
        "--mode",
        "test",
        "--limit",
        "2",
    ]);
    assert!(
        page.contains("refunded") && page.contains("spent"),
        "{page}"
    );
    assert!(!page.contains("granted"), "{page}");
    let (_, after) = page.trim().rsplit_once("--after ").unwrap();
    let rest = ["ledger", organization, "--mode", "test", "--after", after];
    let rest = desk.json(&rest);
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert_eq!(rest["data"][0]["type"], "granted");
}

#[test]
fn r02_amounts_and_modes_that_are_none_are_refused() {
    let desk = Desk::new();
    let organization = desk.organization.as_str();
    for amount in ["0", "-5", "1.5", "1e3", "9223372036854775808", "ten"] {
        desk.refused(&["credits", "grant", organization, "live", amount, "x"]);
    }
    desk.refused(&["credits", "grant", organization, "any", "5", "x"]);
    let told = desk.refused(&["credits", "show", "org_01h2xcejqtf2nbrexx3vqjhp41"]);
    assert!(told.contains("no such organization"), "{told}");
    assert_eq!(desk.json(&["show", organization])["live"]["granted"], 0);
}
