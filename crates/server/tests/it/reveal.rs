//! Secrets that can be shown again, and their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keystile_core::key::{Random, RandomError};
use keystile_core::manifest::{System, starter};
use keystile_server::OsRandom;
use keystile_store::WallClock;
use serde_json::{Value, json};

use crate::house::{Customer, House, operator_key, text};

const JOURNEY: &str = "POST /v1/journeys";

struct Lab {
    house: House,
    customer: Customer,
    id: String,
    secret: String,
}

impl Lab {
    async fn new() -> Self {
        let house = House::furnished().await;
        let customer = house.customer("datakeen", "Northbank");
        let key = customer.automatic("production", "secret");
        let (id, secret) = (text(&key["id"]), text(&key["secret"]));
        Self {
            house,
            customer,
            id,
            secret,
        }
    }

    fn reveal(&self, id: &str) -> crate::house::Reply {
        let path = format!("/v1/keys/{id}/reveal");
        self.house.post(&path, &json!({}))
    }

    fn last_row(&self) -> Value {
        self.house.get("/v1/audit?limit=1").json()["data"][0].clone()
    }
}

/// A random source that fails the thread that writes after so many changes; below zero it never
/// does.
#[derive(Debug)]
struct FailsAfter(AtomicI64);

impl Random for FailsAfter {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        if std::thread::current().name() == Some("keystile-writer") {
            match self.0.load(Ordering::SeqCst) {
                0 => return Err(RandomError),
                left => self.0.store((left - 1).max(-1), Ordering::SeqCst),
            }
        }
        OsRandom.fill(out)
    }
}

fn manifest(recoverable: bool) -> String {
    let text = starter(Some(System::Datakeen)).to_owned();
    if recoverable {
        return text;
    }
    let automatic = |line: &&str| !line.starts_with("auto_create");
    let (before, secret) = text.split_once("[keys.secret]").unwrap();
    let secret = secret.replace("reveal = \"recoverable\"", "reveal = \"once\"");
    let secret: Vec<_> = secret.lines().filter(automatic).collect();
    format!("{before}[keys.secret]{}", secret.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_recoverable_secret_is_shown_again_and_the_audit_log_says_to_whom() {
    let lab = Lab::new().await;
    let shown = lab.reveal(&lab.id).expect(200);
    assert_eq!(shown.json()["secret"], lab.secret.as_str());
    assert_eq!(shown.json()["key"]["id"], lab.id.as_str());
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    assert_eq!(shown.header("content-encoding"), None);
    let row = lab.last_row();
    assert_eq!(row["action"], "key.revealed");
    assert_eq!(row["actor"]["type"], "operator_key");
    assert_eq!(row["request_id"].as_str(), shown.header("x-request-id"));
    let of_the_key = lab.house.get(&format!("/v1/audit?key={}&limit=1", lab.id));
    assert_eq!(of_the_key.json()["data"][0]["action"], "key.revealed");
    assert_eq!(
        lab.house.verify("datakeen", &lab.secret, JOURNEY)["code"],
        "ok"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_what_is_shown_again_is_the_value_that_works_now() {
    let lab = Lab::new().await;
    let path = format!("/v1/keys/{}/rotate", lab.id);
    let rotated = lab.house.post(&path, &json!({ "grace_seconds": 600 }));
    let new = text(&rotated.expect(200).json()["secret"]);
    let shown = lab.reveal(&lab.id).expect(200).json();
    assert_eq!(shown["secret"], new.as_str());
    let made = json!({ "kind": "secret", "name": "Other", "expires_at": "2030-01-01T00:00:00Z" });
    lab.house
        .post(&format!("/v1/keys/{}/revoke", lab.id), &json!({}))
        .expect(200);
    let (id, secret) = lab
        .house
        .key_with(lab.customer.environment("production"), &made);
    assert_eq!(
        lab.reveal(&id).expect(200).json()["secret"],
        secret.as_str()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_new_pepper_and_a_new_sealing_key_keep_what_is_sealed_readable() {
    let lab = Lab::new().await;
    let control = lab.house.data().join("control.sock");
    for what in ["sealing-key", "pepper"] {
        let client = keystile_server::client::Client::Local(control.clone());
        let nothing = keystile_server::client::Sent::Json(json!({}));
        let method = keystile_server::client::Method::POST;
        let path = format!("/control/{what}/rotate");
        let told = client.call(method, &path, nothing).await.unwrap();
        assert_eq!(told.body["version"], 2, "{what}");
    }
    // Its use remakes the digest, which the journal says.
    assert_eq!(
        lab.house.verify("datakeen", &lab.secret, JOURNEY)["code"],
        "ok"
    );
    while lab.house.get("/v1/audit?action=key.rehashed").json()["data"] == json!([]) {
        tokio::task::yield_now().await;
    }
    let shown = lab.reveal(&lab.id).expect(200).json();
    assert_eq!(shown["secret"], lab.secret.as_str());
    let path = format!("/v1/keys/{}/rotate", lab.id);
    let rotated = lab.house.post(&path, &json!({})).expect(200).json();
    let shown = lab.reveal(&lab.id).expect(200).json();
    assert_eq!(shown["secret"], rotated["secret"]);
    let Lab { house, id, .. } = lab;
    let house = house.restarted().await;
    let path = format!("/v1/keys/{id}/reveal");
    let shown = house.post(&path, &json!({})).expect(200).json();
    assert_eq!(shown["secret"], rotated["secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_dead_public_and_foreign_keys_have_nothing_to_show() {
    let lab = Lab::new().await;
    let public = text(&lab.customer.automatic("production", "publishable")["id"]);
    assert_eq!(lab.reveal(&public).expect(409).code(), "not_recoverable");
    let other = lab.house.customer("bkend", "Paperboat");
    let (once, _) = lab
        .house
        .key(other.environment("production"), "secret", "Server");
    assert_eq!(lab.reveal(&once).expect(409).code(), "not_recoverable");
    let test = text(&lab.customer.automatic("test", "secret")["id"]);
    lab.house
        .post(&format!("/v1/keys/{}/revoke", lab.id), &json!({}))
        .expect(200);
    lab.house.delete(&format!("/v1/keys/{test}")).expect(200);
    let before = lab.last_row()["seq"].clone();
    for dead in [&lab.id, &test] {
        assert_eq!(lab.reveal(dead).expect(409).code(), "key_is_revoked");
    }
    lab.reveal("key_01h2xcejqtf2nbrexx3vqjhp41").expect(404);
    assert_eq!(lab.last_row()["seq"], before, "nothing was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_product_that_goes_back_to_once_keeps_no_sealed_secret() {
    let lab = Lab::new().await;
    let path = "/v1/products/datakeen?dry_run=true";
    let toml = [("content-type", "application/toml")];
    let diff = lab.house.send("PUT", path, &toml, &manifest(false));
    let diff = diff.expect(200).json();
    assert_eq!(diff["destroyed_secrets"], 2, "{diff}");
    lab.reveal(&lab.id).expect(200);

    let applied = lab.house.apply("datakeen", &manifest(false)).expect(200);
    assert_eq!(applied.json()["destroyed_secrets"], 2);
    assert!(applied.json()["effective"].is_object());
    let row = lab.last_row();
    assert_eq!(row["details"]["destroyed_secrets"], 2, "{row}");
    assert_eq!(lab.reveal(&lab.id).expect(409).code(), "not_recoverable");
    assert_eq!(
        lab.house.verify("datakeen", &lab.secret, JOURNEY)["code"],
        "ok"
    );

    let again = lab.house.apply("datakeen", &manifest(true)).expect(200);
    assert_eq!(again.json()["destroyed_secrets"], Value::Null);
    assert_eq!(
        lab.reveal(&lab.id).expect(409).code(),
        "not_recoverable",
        "what is destroyed does not come back"
    );
    let path = format!("/v1/keys/{}/rotate", lab.id);
    lab.house.post(&path, &json!({})).expect(200);
    lab.reveal(&lab.id).expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_an_adopted_secret_is_shown_again_like_every_other_of_the_product() {
    let lab = Lab::new().await;
    let format = "\n[[foreign_formats]]\nprefix = \"dk_\"\nkind = \"secret\"\nmode = \"live\"\n";
    let more = manifest(true).replace("max_active = 1", "max_active = 9") + format;
    lab.house.apply("datakeen", &more).expect(200);
    let secret = "dk_0f9e8d7c6b5a4938";
    let body = json!({ "product": "datakeen", "key": secret,
                       "environment": lab.customer.environment("production") });
    let adopted = lab.house.post("/v1/keys/adopt", &body).expect(201);
    assert!(!adopted.text.contains(secret));
    let id = text(&adopted.json()["key"]["id"]);
    assert_eq!(lab.reveal(&id).expect(200).json()["secret"], secret);
    assert_eq!(lab.last_row()["action"], "key.revealed");
}

/// More sealed secrets than one change destroys: with the two automatic ones, 255.
fn many_sealed(house: &House) {
    let many = starter(Some(System::Datakeen)).replace("max_active = 1", "max_active = 2000");
    house.apply("datakeen", &many).expect(200);
    let customer = house.customer("datakeen", "Northbank");
    let path = format!("/v1/environments/{}/keys", customer.environment("test"));
    for number in 0..253 {
        let body = json!({ "kind": "secret", "name": format!("Key {number}") });
        house.post(&path, &body).expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_many_sealed_secrets_are_destroyed_before_the_change_is_answered() {
    let house = House::furnished().await;
    many_sealed(&house);
    let applied = house.apply("datakeen", &manifest(false)).expect(200).json();
    assert_eq!(applied["destroyed_secrets"], 255);
    let again = house.apply("datakeen", &manifest(false)).expect(200).json();
    assert_eq!(again["changes"], json!([]));
    assert_eq!(again["destroyed_secrets"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_what_an_interrupted_change_left_sealed_is_destroyed_at_the_next_start() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let random = Arc::new(FailsAfter(AtomicI64::new(-1)));
    let (clock, operator) = (Arc::new(WallClock), operator_key());
    let house = House::around(&directory, &operator, clock, Arc::clone(&random) as Arc<_>).await;
    house.furnish();
    many_sealed(&house);
    // The manifest is written, with the first 250, and the next change is not.
    random.0.store(1, Ordering::SeqCst);
    house.apply("datakeen", &manifest(false)).expect(503);
    let house = house.restarted().await;
    let path = "/v1/audit?action=product.secrets_destroyed";
    let row = loop {
        let rows = house.get(path).expect(200).json();
        if let Some(row) = rows["data"].get(0) {
            break row.clone();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert_eq!(row["actor"]["type"], "system", "{row}");
    assert_eq!(row["details"]["destroyed_secrets"], 5);
    let again = house.apply("datakeen", &manifest(false)).expect(200).json();
    assert_eq!(again["destroyed_secrets"], Value::Null, "none is left");
    let house = house.restarted().await;
    let rows = house.get(path).expect(200).json();
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
}
