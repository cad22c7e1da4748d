//! Canaries: secrets of every kind go through every route, place and malformed form. Afterwards no
//! part of their random characters is anywhere but in the one answer that made them.

mod attack;
mod described;
mod foreign;
mod traces;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::process::{Process, keystile, operator_key, request};
use attack::Attack;
use traces::Traces;

/// An installation with keys of every kind, and what of them must never be seen again.
pub(super) struct Canaries {
    pub(super) server: Process,
    pub(super) operator: String,
    pub(super) directory: tempfile::TempDir,
    /// The texts of secret keys, alive or not.
    pub(super) secrets: Vec<String>,
    /// A publishable key, which is no secret: it shows that what is looked for can be found.
    pub(super) publishable: String,
    /// Session tokens, of which only the signature is nowhere else.
    pub(super) tokens: Vec<String>,
    /// Keys that another system made, and that only their digests may be kept of.
    pub(super) foreign: Vec<String>,
    /// What may be changed while the attack goes on.
    pub(super) victim: Victim,
}

/// Ids that are good in paths.
#[derive(Debug, Clone)]
pub(super) struct Victim {
    pub(super) organization: String,
    pub(super) project: String,
    pub(super) environment: String,
    pub(super) key: String,
}

impl Canaries {
    fn hatch() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let operator = operator_key();
        let log = directory.path().join("log");
        let server = Process::logged(&directory.path().join("data"), &operator, &log);
        let empty = Victim {
            organization: String::new(),
            project: String::new(),
            environment: String::new(),
            key: String::new(),
        };
        let mut canaries = Self {
            server,
            secrets: vec![operator.clone()],
            operator,
            directory,
            publishable: String::new(),
            tokens: Vec::new(),
            foreign: Vec::new(),
            victim: empty,
        };
        canaries.furnish();
        canaries
    }

    pub(super) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The end of the log, for when the server is gone.
    pub(super) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap();
        let last: Vec<_> = log.lines().rev().take(5).collect();
        last.join("\n")
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let reply = request(self.server.address, &self.operator, method, path, body).unwrap();
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, &body.to_string())
    }

    fn furnish(&mut self) {
        for system in keystile_core::manifest::System::ALL {
            let mut manifest = keystile_core::manifest::starter(Some(system)).to_owned();
            if system.as_str() == "bkend" {
                manifest = foreign::manifest(&manifest);
            }
            self.call(
                "PUT",
                &format!("/v1/products/{}", system.as_str()),
                &manifest,
            );
        }
        let automatic = json!({ "product": "datakeen", "name": "Automatic" });
        let automatic = self.post("/v1/organizations", &automatic);
        collect(&automatic, "secret", &mut self.secrets);
        let sealed = &automatic["projects"][0]["environments"][0]["keys"];
        let sealed = sealed.as_array().unwrap().iter();
        let mut sealed = sealed.filter(|key| key["secret"].is_string());
        let sealed = sealed.next().unwrap().clone();
        let again = self.post(
            &format!("/v1/keys/{}/reveal", text(&sealed["id"])),
            &json!({}),
        );
        assert_eq!(again["secret"], sealed["secret"]);
        // The value before is not shown again, and what was sealed of it is gone.
        let path = format!("/v1/keys/{}/rotate", text(&sealed["id"]));
        let sealed_anew = self.post(&path, &json!({}));
        collect(&sealed_anew, "secret", &mut self.secrets);
        let customer = json!({ "product": "bkend", "name": "Paperboat" });
        let customer = self.post("/v1/organizations", &customer);
        let organization = text(&customer["organization"]["id"]);
        let path = format!("/v1/organizations/{organization}/projects");
        let project = self.post(&path, &json!({ "name": "Main" }));
        let environment = text(&project["environments"][0]["id"]);
        let keys = format!("/v1/environments/{environment}/keys");
        let key = self.post(&keys, &json!({ "kind": "secret", "name": "Server" }));
        let id = text(&key["key"]["id"]);
        let kept = self.post(
            &format!("/v1/keys/{id}/rotate"),
            &json!({ "grace_seconds": 600 }),
        );
        let public = json!({ "kind": "publishable", "name": "Page" });
        self.publishable = text(&self.post(&keys, &public)["key"]["value"]);
        let operator = json!({ "name": "Rotated" });
        let operator = self.post("/v1/operator-keys", &operator);
        let path = format!("/v1/keys/{}/rotate", text(&operator["key"]["id"]));
        let rotated = self.post(&path, &json!({}));
        for shown in [key, kept, operator, rotated] {
            collect(&shown, "secret", &mut self.secrets);
        }
        while self.tokens.len() < 2 {
            let (address, key) = (self.server.address, &self.publishable);
            let made = request(address, key, "POST", "/v1/sessions", "").unwrap();
            assert_eq!(made.status, 201, "{}", made.text);
            // Of the hardest sort: with a part that looks like no part of a key.
            let token = text(&made.json()["token"]);
            let (_, signature) = token.rsplit_once('.').unwrap();
            if signature
                .split('-')
                .any(|part| (8..20).contains(&part.len()))
            {
                self.tokens.push(token);
            }
        }
        self.victim = Victim {
            organization,
            project: text(&project["project"]["id"]),
            environment,
            key: id,
        };
        self.move_in();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every text under that name, however deep.
fn collect(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name).and_then(Value::as_str).map(str::to_owned));
            fields
                .values()
                .for_each(|below| collect(below, name, found));
        }
        Value::Array(items) => items.iter().for_each(|below| collect(below, name, found)),
        _ => {}
    }
}

#[test]
fn p05_no_part_of_a_secret_is_seen_again_after_it_went_through_every_place() {
    let canaries = Canaries::hatch();
    let traces = Traces::of(&canaries);
    assert!(canaries.secrets.len() >= 9, "{}", canaries.secrets.len());

    for (place, answer) in canaries.present_foreign() {
        traces.none_in(&place, &answer);
    }
    let attack = Attack::on(&canaries, &traces);
    let sent = attack.run();
    assert!(sent.requests > 3_000, "too little was tried: {sent:?}");
    assert!(sent.done > 50, "too little of it went through: {sent:?}");

    for page in [
        "/metrics",
        "/v1/audit?limit=100",
        "/v1/keys?limit=100",
        "/v1/products",
    ] {
        let reply = request(canaries.server.address, &canaries.operator, "GET", page, "").unwrap();
        assert_eq!(reply.status, 200, "{page}: {}", reply.text);
        traces.none_in(page, reply.text.as_bytes());
    }
    let backup = canaries.directory.path().join("backup.sqlite");
    let to = backup.display().to_string();
    for command in [
        &["doctor"][..],
        &["audit", "verify"],
        &["audit", "list"],
        &["backup", &to],
    ] {
        let told = keystile(&canaries.data(), command);
        let errors = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{command:?}: {errors}");
        traces.none_in(&command.join(" "), &told.stdout);
        traces.none_in(&command.join(" "), &told.stderr);
    }
    traces.none_in_files(&canaries, &backup);
    let audit = keystile(&canaries.data(), &["audit", "list", "--json"]);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("[masked]"));
    let (data, log) = (canaries.data(), canaries.directory.path().join("log"));
    let Canaries {
        server, directory, ..
    } = canaries;
    assert!(server.terminate());
    traces.none_in_tree(&data, &log);
    drop(directory);
}
