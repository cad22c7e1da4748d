//! Keys of another system: presented, adopted, imported, rotated, refused, and nowhere kept.

use keystile_core::key::ForeignHash;
use keystile_core::model::ForeignDigest;
use serde_json::{Value, json};

use super::{Canaries, collect, text};
use crate::process::{exchange, keystile, operator_key, request};

/// A key of the other system, with as much random in it as one of ours.
pub(super) fn made_elsewhere() -> String {
    let ours = operator_key();
    format!("kp_{}", &ours[ours.len() - 38..])
}

/// The manifest of a product that takes such keys.
pub(super) fn manifest(plain: &str) -> String {
    let format = "[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";
    format!("{plain}\n{format}")
}

fn digest(key: &str) -> String {
    let hash = ForeignHash::of(key, ForeignDigest::Sha256);
    let hex = hash.as_bytes().iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

impl Canaries {
    /// Takes them over in every way. The first is adopted, the second imported, the third only ever
    /// presented.
    pub(super) fn move_in(&mut self) {
        let [adopted, imported, stranger] = [(); 3].map(|()| made_elsewhere());
        let environment = self.victim.environment.clone();
        let adopt =
            |key: &str| json!({ "product": "bkend", "key": key, "environment": environment });
        let taken = self.post("/v1/keys/adopt", &adopt(&adopted));
        let again = self.post("/v1/keys/adopt", &adopt(&adopted));
        assert_eq!(taken["key"]["id"], again["key"]["id"]);
        let row = json!({ "digest": digest(&imported), "name": "Imported",
                          "environment": environment });
        let rows = json!({ "product": "bkend", "rows": [row], "source": "keys.csv" });
        self.post("/v1/keys/import", &rows);
        for key in [&adopted, &imported] {
            assert_eq!(self.ask(key)["code"], "ok");
        }
        assert_eq!(self.ask(&stranger)["code"], "unknown_key");
        let path = format!("/v1/keys/{}/rotate", text(&taken["key"]["id"]));
        let rotated = self.post(&path, &json!({ "grace_seconds": 600 }));
        collect(&rotated, "secret", &mut self.secrets);
        self.foreign = vec![adopted, imported, stranger];
    }

    fn ask(&self, key: &str) -> Value {
        let question = json!({ "key": key, "product": "bkend", "mode": "any",
                               "authenticate_only": true, "explain": true });
        self.post("/v1/keys/verify", &question)
    }

    /// What must not be repeated: everything that comes back when such keys are sent where they
    /// belong, and where they do not.
    pub(super) fn present_foreign(&self) -> Vec<(String, Vec<u8>)> {
        let mut came = Vec::new();
        for key in &self.foreign {
            for text in [
                key.clone(),
                format!("{key} "),
                format!("{key}\u{e9}"),
                key.repeat(8),
            ] {
                self.in_bodies(&text, &mut came);
                self.in_heads(&text, &mut came);
            }
            self.in_a_file(key, &mut came);
        }
        // The holder ends one of them.
        let [adopted, imported, _] = self.foreign.as_slice() else {
            panic!("there are three");
        };
        for (key, status) in [(imported, 200), (imported, 401), (adopted, 200)] {
            let path = "/v1/keys/self/revoke";
            let ended = request(self.server.address, key, "POST", path, "").unwrap();
            assert_eq!(ended.status, status, "{}", ended.text);
            came.push((path.to_owned(), ended.text.into_bytes()));
        }
        assert_eq!(self.ask(imported)["code"], "revoked_key");
        came
    }

    fn in_bodies(&self, key: &str, came: &mut Vec<(String, Vec<u8>)>) {
        let environment = &self.victim.environment;
        let question = json!({ "key": key, "product": "bkend", "mode": "any",
                               "authenticate_only": true, "explain": true });
        let row = json!({ "digest": key, "start": key, "environment": environment });
        for (path, body) in [
            ("verify", question.clone()),
            ("verify_batch", json!({ "requests": [question] })),
            (
                "adopt",
                json!({ "product": "keepem", "key": key, "environment": environment }),
            ),
            (
                "adopt",
                json!({ "product": "bkend", "key": key, "organization": "nobody" }),
            ),
            ("adopt", json!({ "product": "bkend", "key": [key] })),
            (
                "adopt",
                json!({ "product": "bkend", "key": key, "keys": key }),
            ),
            ("import", json!({ "product": "bkend", "rows": [row] })),
            (
                "import",
                json!({ "product": "bkend", "rows": [row], "dry_run": true }),
            ),
            ("import", json!({ "product": "bkend", "rows": [key] })),
        ] {
            let path = format!("/v1/keys/{path}");
            let (address, operator) = (self.server.address, &self.operator);
            let reply = request(address, operator, "POST", &path, &body.to_string()).unwrap();
            assert!(reply.status < 500, "{path}: {}", reply.text);
            came.push((format!("{path} {body}"), reply.text.into_bytes()));
        }
    }

    fn in_heads(&self, key: &str, came: &mut Vec<(String, Vec<u8>)>) {
        for line in [
            "GET /v1/keys/self",
            "POST /v1/sessions",
            "GET /v1/keys",
            "POST /v1/keys/verify",
            "GET /gateway/nginx/bkend?environment=production",
        ] {
            for header in ["authorization: Bearer", "authorization:", "x-api-key:"] {
                let message = format!(
                    "{line} HTTP/1.1\r\nhost: h\r\n{header} {key}\r\nx-keystile-method: GET\r\n\
                     x-keystile-uri: /v1/data/rows\r\nx-keystile-host: h\r\ncontent-length: 0\r\n\
                     connection: close\r\n\r\n"
                );
                let answer = exchange(self.server.address, message.as_bytes()).unwrap();
                assert!(!answer.starts_with(b"HTTP/1.1 5"), "{message}");
                came.push((message, answer));
            }
        }
    }

    /// A table with the key itself where its digest should be.
    fn in_a_file(&self, key: &str, came: &mut Vec<(String, Vec<u8>)>) {
        let file = self.directory.path().join("table");
        let path = file.display().to_string();
        let table = json!([{ "key": key, "start": key, "prefix": "kp_", "referenceId": "acme" }]);
        for (format, content) in [
            ("csv", format!("digest,start\n{key},{key}\n")),
            ("csv", format!("{key}\n{key}\n")),
            ("csv", format!("digest,\"{key}\n")),
            ("better-auth", table.to_string()),
            ("unkey", format!("{{\"hash\":\"{key}\",{key}")),
        ] {
            std::fs::write(&file, content).unwrap();
            let environment = self.victim.environment.as_str();
            let command = ["import", &path, "--product", "bkend", "--format", format];
            let command = [&command[..], &["--environment", environment]].concat();
            let said = keystile(&self.data(), &command);
            let place = format!("{format} with the key itself");
            came.extend([(place.clone(), said.stdout), (place, said.stderr)]);
        }
    }
}
