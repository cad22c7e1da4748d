//! What keys were used for outlives the process: all of it when it ends in good order, and never a
//! wrong number when it is killed.

use std::path::Path;

use keystile_core::manifest::{System, starter};
use serde_json::{Value, json};

use crate::process::{Process, keystile, operator_key, request};

struct Server {
    process: Process,
    operator: String,
}

impl Server {
    fn start(data: &Path, operator: &str) -> Self {
        Self {
            process: Process::start(data, operator),
            operator: operator.to_owned(),
        }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let reply = request(self.process.address, &self.operator, method, path, &body).unwrap();
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    }

    /// A secret key of a new customer: its id and value.
    fn key(&self) -> (String, String) {
        let made = self.send(
            "POST",
            "/v1/organizations",
            &json!({ "product": "innkept", "name": "Hotel" }),
        );
        let environment = &made["projects"][0]["environments"][0]["id"];
        let path = format!("/v1/environments/{}/keys", environment.as_str().unwrap());
        let made = self.send(
            "POST",
            &path,
            &json!({ "kind": "secret", "name": "Server" }),
        );
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&made["key"]["id"]), text(&made["secret"]))
    }

    fn verify(&self, key: &str, times: u64) {
        let asked = json!({
            "key": key, "product": "innkept", "mode": "any", "operation": "GET /v1/leads",
        });
        for _ in 0..times {
            let verdict = self.send("POST", "/v1/keys/verify", &asked);
            assert_eq!(verdict["valid"], true, "{verdict}");
        }
    }

    fn calls(&self, id: &str) -> u64 {
        let usage = self.send("GET", &format!("/v1/keys/{id}/usage"), &Value::Null);
        usage["total"]["ok"].as_u64().unwrap_or(0)
    }
}

fn furnished(data: &Path) -> Server {
    let operator = operator_key();
    let manifest = data.with_extension("toml");
    std::fs::write(&manifest, starter(Some(System::Innkept))).unwrap();
    let server = Server::start(data, &operator);
    let applied = keystile(data, &["apply", manifest.to_str().unwrap()]);
    assert!(applied.status.success(), "{applied:?}");
    server
}

#[test]
fn after_a_kill_what_was_read_is_there_and_nothing_is_counted_twice() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut server = furnished(&data);
    let (id, key) = server.key();
    // What was shown to somebody is written down; of what came after it, any part may be.
    let mut shown = 0;
    for round in 1..=3 {
        server.verify(&key, round);
        let calls = server.calls(&id);
        assert_eq!(calls, shown + round);
        shown = calls;
        server.verify(&key, 2);
        let operator = server.operator;
        server.process.kill();
        server = Server::start(&data, &operator);
        let calls = server.calls(&id);
        assert!((shown..=shown + 2).contains(&calls), "{shown} {calls}");
        shown = calls;
    }
}

#[test]
fn after_an_end_in_good_order_nothing_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = furnished(&data);
    let (id, key) = server.key();
    server.verify(&key, 7);
    let operator = server.operator;
    assert!(server.process.terminate());
    let server = Server::start(&data, &operator);
    assert_eq!(server.calls(&id), 7);
    let shown = server.send("GET", &format!("/v1/keys/{id}"), &Value::Null);
    assert_eq!(shown["last_used"]["operation"], "GET /v1/leads");
}
