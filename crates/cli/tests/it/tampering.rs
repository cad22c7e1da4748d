//! Somebody who can write the database file, but has no key material: what such rows are worth
//! at every door.

use std::path::{Path, PathBuf};

use keystile_core::model::KeyId;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Process, Reply, exchange, keystile, operator_key, request};

/// A server with two secret keys, each its id and value.
struct Shop {
    directory: tempfile::TempDir,
    operator: String,
    altered: (String, String),
    other: (String, String),
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Shop {
    /// Closed again, with `last` done before.
    fn closed(last: impl FnOnce(&Self, &Process)) -> Self {
        let mut shop = Self {
            directory: tempfile::tempdir().unwrap(),
            operator: operator_key(),
            altered: Default::default(),
            other: Default::default(),
        };
        let server = shop.start();
        let bkend = keystile_core::manifest::System::Bkend;
        let manifest = keystile_core::manifest::starter(Some(bkend));
        shop.good(&server, "PUT", "/v1/products/bkend", manifest);
        let body = json!({ "product": "bkend", "name": "Paperboat" }).to_string();
        let made = shop.good(&server, "POST", "/v1/organizations", &body);
        let path = format!(
            "/v1/organizations/{}/projects",
            text(&made["organization"]["id"])
        );
        let body = json!({ "name": "Main" }).to_string();
        let made = shop.good(&server, "POST", &path, &body);
        let path = format!(
            "/v1/environments/{}/keys",
            text(&made["environments"][0]["id"])
        );
        let key = |name: &str| {
            let body = json!({ "kind": "secret", "name": name, "scopes": ["data:read"] });
            let made = shop.good(&server, "POST", &path, &body.to_string());
            (text(&made["key"]["id"]), text(&made["secret"]))
        };
        (shop.altered, shop.other) = (key("Altered"), key("Other"));
        last(&shop, &server);
        assert!(server.terminate());
        shop
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn start(&self) -> Process {
        Process::start(&self.data(), &self.operator)
    }

    fn send(&self, server: &Process, method: &str, path: &str, body: &str) -> Reply {
        request(server.address, &self.operator, method, path, body).unwrap()
    }

    fn good(&self, server: &Process, method: &str, path: &str, body: &str) -> Value {
        let reply = self.send(server, method, path, body);
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    }

    fn intruder(&self) -> Connection {
        Connection::open(self.data().join("keystile.sqlite")).unwrap()
    }

    fn bytes(&self) -> [u8; 16] {
        self.altered.0.parse::<KeyId>().unwrap().to_bytes()
    }

    /// What every door says of the altered key, and that the other one is not harmed by it.
    fn refused_at_every_door(&self) {
        let server = self.start();
        let ask = |key: &str| {
            json!({ "key": key, "product": "bkend", "mode": "live",
                                      "scope": "data:read" })
        };
        for explain in [false, true] {
            let mut question = ask(&self.altered.1);
            question["explain"] = json!(explain);
            let reply = self.send(&server, "POST", "/v1/keys/verify", &question.to_string());
            assert_eq!(
                (reply.status, text(&reply.json()["code"])),
                (503, "undecided".into())
            );
        }
        let other = self.good(
            &server,
            "POST",
            "/v1/keys/verify",
            &ask(&self.other.1).to_string(),
        );
        assert_eq!(other["code"], "ok");
        let both = json!({ "requests": [ask(&self.altered.1), ask(&self.other.1)] }).to_string();
        let both = self.good(&server, "POST", "/v1/keys/verify_batch", &both);
        assert_eq!(both["results"][0]["code"], "undecided");
        assert_eq!(both["results"][1]["code"], "ok");
        assert_eq!(both["results"][0]["valid"], false);
        let own = request(server.address, &self.altered.1, "GET", "/v1/keys/self", "").unwrap();
        assert_eq!(own.status, 503, "{}", own.text);
        self.refused_at_the_gateway(&server);
        self.named_by_the_audit();
        assert!(server.terminate());
        self.named_by_the_audit();
    }

    fn refused_at_the_gateway(&self, server: &Process) {
        let message = format!(
            "GET /gateway/nginx/bkend HTTP/1.1\r\nhost: h\r\nx-keystile-method: GET\r\n\
             x-keystile-uri: /v1/data/rows\r\nx-keystile-host: api.bkend.example\r\n\
             x-api-key: {}\r\nconnection: close\r\n\r\n",
            self.altered.1
        );
        let answer = exchange(server.address, message.as_bytes()).unwrap();
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 403"), "{answer}");
        assert!(answer.contains("x-keystile-status: 503"), "{answer}");
        assert!(answer.contains("x-keystile-code: undecided"), "{answer}");
        assert!(!answer.contains("x-keystile-key-id"), "{answer}");
    }

    /// The same with a server that runs and without one.
    fn named_by_the_audit(&self) {
        let verified = keystile(&self.data(), &["audit", "verify"]);
        assert!(!verified.status.success());
        let told = [verified.stdout, verified.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains(&self.altered.0), "{told}");
        assert!(!told.contains(&self.other.0), "{told}");
    }
}

#[test]
fn k22_a_row_that_was_altered_by_hand_is_refused_at_every_door_and_named() {
    let shop = Shop::closed(|_, _| ());
    let widened = "UPDATE keys SET scopes = '[\"*\"]' WHERE id = ?1";
    assert_eq!(shop.intruder().execute(widened, [shop.bytes()]).unwrap(), 1);
    shop.refused_at_every_door();
}

#[test]
fn k22_a_digest_that_was_put_into_another_row_opens_nothing() {
    let shop = Shop::closed(|_, _| ());
    let zeroed = "UPDATE keys SET digest = zeroblob(32) WHERE id = ?1";
    assert_eq!(shop.intruder().execute(zeroed, [shop.bytes()]).unwrap(), 1);
    let server = shop.start();
    let body = json!({ "key": shop.altered.1, "product": "bkend", "mode": "live",
                       "authenticate_only": true });
    let reply = shop.send(&server, "POST", "/v1/keys/verify", &body.to_string());
    assert_ne!(reply.json()["valid"], true, "{}", reply.text);
    shop.named_by_the_audit();
}

#[test]
fn k22_a_revoked_key_whose_old_row_is_put_back_stays_dead() {
    let old = |shop: &Shop| shop.directory.path().join("old.sqlite");
    let attached = |shop: &Shop, old: &Path| {
        let intruder = shop.intruder();
        let path = old.display().to_string();
        intruder.execute("ATTACH ?1 AS old", [path]).unwrap();
        intruder
    };
    let shop = Shop::closed(|shop, server| {
        let intruder = attached(shop, &old(shop));
        let keep = "CREATE TABLE old.keys AS SELECT * FROM main.keys";
        intruder.execute(keep, []).unwrap();
        let path = format!("/v1/keys/{}/revoke", shop.altered.0);
        shop.good(server, "POST", &path, "{}");
    });
    let intruder = attached(&shop, &old(&shop));
    let gone = "DELETE FROM main.keys WHERE id = ?1";
    assert_eq!(intruder.execute(gone, [shop.bytes()]).unwrap(), 1);
    let back = "INSERT INTO main.keys SELECT * FROM old.keys WHERE id = ?1";
    assert_eq!(intruder.execute(back, [shop.bytes()]).unwrap(), 1);
    drop(intruder);
    shop.refused_at_every_door();
}

#[test]
fn p10_the_audit_tells_both_heads_to_be_kept_elsewhere() {
    let shop = Shop::closed(|_, _| ());
    let report = |of: &str| {
        let told = keystile(&shop.data(), &["--json", "audit", "verify"]);
        let told: Value = serde_json::from_slice(&told.stdout).expect(of);
        assert_eq!(told["findings"], json!([]), "{of}");
        assert_eq!(text(&told["head"]["link"]).len(), 64, "{of}");
        let ledger = &told["ledger"];
        assert_eq!(text(&ledger["head"]["link"]).len(), 64, "{of}");
        assert_eq!(ledger["head"]["number"], ledger["groups"], "{of}");
        told
    };
    let without = report("without a server");
    let server = shop.start();
    let with = report("with a server");
    assert_eq!(
        without["ledger"]["head"]["link"],
        with["ledger"]["head"]["link"]
    );
    let told = keystile(&shop.data(), &["audit", "verify"]);
    let told = String::from_utf8(told.stdout).unwrap();
    // What the server does by itself when it starts may stand between the two.
    let after = report("with a server, once more");
    for head in ["head", "ledger/head"] {
        let told_of = |report: &Value| {
            let link = report.pointer(&format!("/{head}/link")).unwrap();
            told.contains(&text(link))
        };
        assert!(told_of(&with) || told_of(&after), "{told}");
    }
    assert!(server.terminate());
}
