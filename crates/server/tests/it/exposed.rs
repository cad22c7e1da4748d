//! A secret key in a web page: refused, and marked once so that its owner replaces it.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use keystile_core::key::{Random, RandomError};
use keystile_core::manifest::{Manifest, System, starter};
use keystile_server::OsRandom;
use keystile_store::WallClock;
use serde_json::{Value, json};

use crate::house::{House, operator_key, text};

/// A random source at which the thread that writes stops while its gate is closed: that is in the
/// middle of a change.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    closed: bool,
    waits: bool,
}

impl Gate {
    fn set_closed(&self, closed: bool) {
        self.state.lock().unwrap().closed = closed;
        self.changed.notify_all();
    }

    fn until_somebody_waits(&self) {
        let state = self.state.lock().unwrap();
        drop(
            self.changed
                .wait_while(state, |state| !state.waits)
                .unwrap(),
        );
    }
}

impl Random for Gate {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        if thread::current().name() == Some("keystile-writer") {
            let mut state = self.state.lock().unwrap();
            while state.closed {
                state.waits = true;
                self.changed.notify_all();
                state = self.changed.wait(state).unwrap();
            }
        }
        OsRandom.fill(out)
    }
}

fn verify_from_page(house: &House, key: &str) -> Value {
    let asked = json!({
        "key": key, "product": "bkend", "environment": "production",
        "operation": "GET /v1/data/pets", "origin": "https://shop.example",
    });
    house.post("/v1/keys/verify", &asked).expect(200).json()
}

/// The journal's rows that marked this key.
fn marks(house: &House, id: &str) -> usize {
    let rows = house.get(&format!("/v1/audit?action=key.exposed&key={id}"));
    rows.expect(200).json()["data"].as_array().unwrap().len()
}

/// The keys that a list shows.
fn listed(house: &House, query: &str) -> Vec<String> {
    let page = house.get(&format!("/v1/keys?{query}")).expect(200).json();
    let keys = page["data"].as_array().unwrap().iter();
    keys.map(|key| text(&key["id"])).collect()
}

/// Waits until a key is marked, which happens beside the requests.
async fn marked(house: &House, id: &str) -> Value {
    loop {
        let key = house.get(&format!("/v1/keys/{id}")).expect(200).json();
        if key["exposed_at"].is_string() {
            return key;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_key_that_comes_from_a_web_page_is_refused_and_marked_once() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Acme");
    let (id, secret) = house.key(customer.environment("production"), "secret", "Server");
    let (other, plain) = house.key(customer.environment("production"), "secret", "Other");
    for _ in 0..5 {
        assert_eq!(
            verify_from_page(&house, &secret)["code"],
            "secret_key_in_browser"
        );
    }
    let key = marked(&house, &id).await;
    assert_eq!(key["status"], "active", "it still works on servers");
    assert_eq!(
        house.verify("bkend", &secret, "GET /v1/data/pets")["valid"],
        true
    );
    verify_from_page(&house, &secret);

    // Another key is marked after it, so nothing of this one is under way any more.
    assert_eq!(
        house.verify("bkend", &plain, "GET /v1/data/pets")["valid"],
        true
    );
    let unmarked = house.get(&format!("/v1/keys/{other}")).json();
    assert_eq!(
        unmarked["exposed_at"],
        Value::Null,
        "a server's call marks nothing"
    );
    assert_eq!(listed(&house, "exposed=true"), std::slice::from_ref(&id));
    verify_from_page(&house, &plain);
    marked(&house, &other).await;
    assert_eq!((marks(&house, &id), marks(&house, &other)), (1, 1));

    let path = format!("/v1/keys/{id}/rotate");
    let rotated = house.post(&path, &json!({})).expect(200).json();
    assert_eq!(
        rotated["key"]["exposed_at"],
        Value::Null,
        "nobody has read the new value"
    );
    verify_from_page(&house, &text(&rotated["secret"]));
    marked(&house, &id).await;
    assert_eq!(marks(&house, &id), 2);

    assert!(listed(&house, "retiring=true").is_empty());
    let path = format!("/v1/keys/{other}/rotate");
    let grace = json!({ "grace_seconds": 60 });
    house.post(&path, &grace).expect(200);
    assert_eq!(listed(&house, "exposed=true"), [id]);
    assert_eq!(listed(&house, "retiring=true"), [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_can_switch_the_refusal_off_but_never_the_mark() {
    let house = House::furnished().await;
    let mut manifest = Manifest::from_toml(starter(Some(System::Bkend))).unwrap();
    manifest.keys.secret.as_mut().unwrap().refuse_in_browser = false;
    let body = manifest.to_value();
    let put = house.send(
        "PUT",
        "/v1/products/bkend",
        &[("content-type", "application/json")],
        &body.to_string(),
    );
    put.expect(200);
    let customer = house.customer("bkend", "Acme");
    let (id, secret) = house.key(customer.environment("production"), "secret", "Server");
    assert_eq!(verify_from_page(&house, &secret)["valid"], true);
    marked(&house, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_value_is_not_marked_because_a_page_sent_the_old_one() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let gate = Arc::new(Gate::default());
    let (clock, operator) = (Arc::new(WallClock), operator_key());
    let house = House::around(&directory, &operator, clock, Arc::clone(&gate) as Arc<_>).await;
    house.furnish();
    let customer = house.customer("bkend", "Acme");
    let environment = customer.environment("production");
    let (id, old) = house.key(environment, "secret", "Server");
    let (witness, other) = house.key(environment, "secret", "Witness");
    // The old value comes from a page while the change that replaces it is being written.
    gate.set_closed(true);
    let path = format!("/v1/keys/{id}/rotate");
    thread::scope(|scope| {
        let rotated = scope.spawn(|| house.post(&path, &json!({ "grace_seconds": 3600 })));
        gate.until_somebody_waits();
        assert_eq!(
            verify_from_page(&house, &old)["code"],
            "secret_key_in_browser"
        );
        gate.set_closed(false);
        rotated.join().unwrap().expect(200);
    });
    // And again in its grace.
    verify_from_page(&house, &old);
    verify_from_page(&house, &other);
    marked(&house, &witness).await;
    let key = house.get(&format!("/v1/keys/{id}")).expect(200).json();
    assert_eq!((&key["exposed_at"], marks(&house, &id)), (&Value::Null, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_key_and_a_publishable_one_are_not_marked() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Acme");
    let environment = customer.environment("production");
    let (dead, secret) = house.key(environment, "secret", "Dead");
    let (public, value) = house.key(environment, "publishable", "Public");
    let (witness, other) = house.key(environment, "secret", "Witness");
    house
        .post(&format!("/v1/keys/{dead}/revoke"), &json!({}))
        .expect(200);
    verify_from_page(&house, &secret);
    verify_from_page(&house, &value);
    verify_from_page(&house, &other);
    marked(&house, &witness).await;
    assert_eq!((marks(&house, &dead), marks(&house, &public)), (0, 0));
}
