//! Keys of other systems: adopted when they are presented, imported by their digests, and from
//! then on keys like any other.

mod adopting;
mod importing;
mod life;

use keystile_core::key::ForeignHash;
use keystile_core::manifest::{System, starter};
use keystile_core::model::ForeignDigest;
use serde_json::{Value, json};

use crate::house::{Customer, House, Reply, text};

/// What the manifests of these tests say of keys of other systems.
const FORMATS: &str = r#"
[[foreign_formats]]
prefix = "kp_"
kind = "secret"
mode = "live"

[[foreign_formats]]
prefix = "kpt_"
kind = "secret"
mode = "test"

[[foreign_formats]]
prefix = "wide."
kind = "secret"
mode = "live"
digest = "sha512"

[[foreign_formats]]
prefix = "a-prefix-of-19-char."
kind = "secret"
mode = "live"
"#;

/// A house in which `bkend` takes keys of another system, with a customer `acme`.
struct Moving {
    house: House,
    customer: Customer,
}

impl Moving {
    async fn new() -> Self {
        Self::with(FORMATS).await
    }

    async fn with(formats: &str) -> Self {
        let house = House::new().await;
        let manifest = starter(Some(System::Bkend)).to_owned() + formats;
        house.apply("bkend", &manifest).expect(201);
        let keepem = starter(Some(System::Keepem));
        house.apply("keepem", keepem).expect(201);
        let customer = house.customer("bkend", "Acme");
        let path = format!("/v1/organizations/{}", customer.organization);
        house
            .patch(&path, &json!({ "external_id": "acme" }))
            .expect(200);
        Self { house, customer }
    }

    /// Posts a key to be adopted by `acme` in production.
    fn adopt(&self, key: &str) -> Reply {
        let body = json!({
            "product": "bkend", "key": key, "organization": "acme", "environment": "production",
        });
        self.house.post("/v1/keys/adopt", &body)
    }

    /// Imports rows into `bkend`.
    fn import(&self, rows: &[Value]) -> Value {
        self.import_with(rows, &json!({}))
    }

    fn import_with(&self, rows: &[Value], more: &Value) -> Value {
        let mut body = json!({ "product": "bkend", "rows": rows });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.house.post("/v1/keys/import", &body).expect(200).json()
    }

    /// The code that the JSON door answers for an operation that every secret key may.
    fn code(&self, key: &str) -> String {
        text(&self.house.verify("bkend", key, "GET /v1/data/users")["code"])
    }
}

/// A row of `acme`'s for that key, with its SHA-256 in hex.
fn row(key: &str) -> Value {
    json!({ "digest": hex(key), "organization": "acme", "start": &key[..4] })
}

/// The SHA-256 of a key in hex.
fn hex(key: &str) -> String {
    let hash = ForeignHash::of(key, ForeignDigest::Sha256);
    hash.as_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

/// How many rows came out which way.
fn counts(answer: &Value) -> [u64; 3] {
    ["imported", "already_there", "refused"].map(|name| answer[name].as_u64().unwrap())
}

/// What is wrong with the row of that number: pointer and message.
fn wrong(answer: &Value, index: usize) -> (String, String) {
    let result = &answer["results"][index];
    assert_eq!(result["outcome"], "refused", "{result}");
    let error = &result["errors"][0];
    (text(&error["pointer"]), text(&error["message"]))
}
