//! kill -9 at random moments under mixed load: what was acknowledged is there, nothing else is
//! half there, and the chain verifies.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Process, keystile, operator_key, request};

const CLIENTS: usize = 4;

/// What one key's last acknowledged change was, and whether another was under way at the kill.
#[derive(Debug, Clone)]
struct Known {
    secret: String,
    revoked: bool,
    /// A change was sent and not answered: the key may be in either state.
    uncertain: bool,
}

type Ledger = Arc<Mutex<HashMap<String, Known>>>;

struct Load {
    address: SocketAddr,
    operator: String,
    environment: String,
    ledger: Ledger,
    stop: Arc<AtomicBool>,
}

#[test]
fn x01_x02_x03_x10_nothing_acknowledged_is_lost_by_kills_at_random_moments() {
    let rounds = std::env::var("SOAK_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(50);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = operator_key();
    let ledger = Ledger::default();
    let environment = prepare(&data, &operator);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        let server = Process::start(&data, &operator);
        check(server.address, &operator, &ledger, round);
        run_until_killed(server, &operator, &environment, &ledger, next(&mut random));
    }
    let server = Process::start(&data, &operator);
    check(server.address, &operator, &ledger, rounds);
    server.kill();
    let verified = keystile(&data, &["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let known = ledger.lock().unwrap();
    assert!(
        known.values().any(|key| key.revoked) && known.len() > rounds / 2,
        "too little load"
    );
}

/// xorshift64: which moment is tried does not need to be unpredictable.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn prepare(data: &std::path::Path, operator: &str) -> String {
    let server = Process::start(data, operator);
    let manifest = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Bkend));
    let call = |method: &str, path: &str, body: &str| {
        let reply = request(server.address, operator, method, path, body).unwrap();
        assert!(reply.status < 300, "{}", reply.text);
        reply.json()
    };
    call("PUT", "/v1/products/bkend", manifest);
    let body = json!({ "product": "bkend", "name": "Paperboat" }).to_string();
    let organization = call("POST", "/v1/organizations", &body);
    let path = format!(
        "/v1/organizations/{}/projects",
        text(&organization["organization"]["id"])
    );
    let project = call("POST", &path, &json!({ "name": "Main" }).to_string());
    let environments = project["environments"].as_array().unwrap();
    let production = environments
        .iter()
        .find(|one| one["name"] == "production")
        .unwrap();
    text(&production["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn run_until_killed(
    server: Process,
    operator: &str,
    environment: &str,
    ledger: &Ledger,
    random: u64,
) {
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let load = Load {
                address: server.address,
                operator: operator.to_owned(),
                environment: environment.to_owned(),
                ledger: Arc::clone(ledger),
                stop: Arc::clone(&stop),
            };
            thread::spawn(move || load.run(random.wrapping_add(number as u64)))
        })
        .collect();
    // The moment of the kill is what is random here; nothing is waited for.
    thread::sleep(Duration::from_millis(5 + random % 120));
    server.kill();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
}

impl Load {
    fn run(&self, seed: u64) {
        let mut random = seed | 1;
        let mut count = 0_u32;
        while !self.stop.load(Ordering::Relaxed) {
            count += 1;
            let name = format!("key {seed} {count}");
            let Some((id, secret)) = self.create(&name) else {
                return;
            };
            let step = match next(&mut random) % 3 {
                0 => self.rotate(&id, &secret),
                1 => self.revoke(&id),
                _ => Some(()),
            };
            if step.is_none() {
                return;
            }
        }
    }

    fn send(&self, path: &str, body: &Value) -> Option<Value> {
        let reply = request(
            self.address,
            &self.operator,
            "POST",
            path,
            &body.to_string(),
        )
        .ok()?;
        assert!(reply.status < 300, "{} {}", reply.status, reply.text);
        Some(reply.json())
    }

    fn create(&self, name: &str) -> Option<(String, String)> {
        let path = format!("/v1/environments/{}/keys", self.environment);
        let made = self.send(&path, &json!({ "kind": "secret", "name": name }))?;
        let (id, secret) = (text(&made["key"]["id"]), text(&made["secret"]));
        let known = Known {
            secret: secret.clone(),
            revoked: false,
            uncertain: false,
        };
        self.ledger.lock().unwrap().insert(id.clone(), known);
        Some((id, secret))
    }

    fn rotate(&self, id: &str, old: &str) -> Option<()> {
        self.uncertain(id, true);
        let rotated = self.send(&format!("/v1/keys/{id}/rotate"), &json!({}))?;
        let mut ledger = self.ledger.lock().unwrap();
        let dead = Known {
            secret: old.to_owned(),
            revoked: true,
            uncertain: false,
        };
        ledger.insert(format!("{id} before"), dead);
        let known = Known {
            secret: text(&rotated["secret"]),
            revoked: false,
            uncertain: false,
        };
        ledger.insert(id.to_owned(), known);
        Some(())
    }

    fn revoke(&self, id: &str) -> Option<()> {
        self.uncertain(id, true);
        self.send(&format!("/v1/keys/{id}/revoke"), &json!({}))?;
        let mut ledger = self.ledger.lock().unwrap();
        let known = ledger.get_mut(id).unwrap();
        known.revoked = true;
        known.uncertain = false;
        Some(())
    }

    fn uncertain(&self, id: &str, uncertain: bool) {
        self.ledger.lock().unwrap().get_mut(id).unwrap().uncertain = uncertain;
    }
}

/// Every key stands as it was acknowledged, or, where no answer came, in either state.
fn check(address: SocketAddr, operator: &str, ledger: &Ledger, round: usize) {
    let all: Vec<_> = ledger
        .lock()
        .unwrap()
        .iter()
        .map(|(id, key)| (id.clone(), key.clone()))
        .collect();
    for part in all.chunks(100) {
        let questions: Vec<_> = part
            .iter()
            .map(|(_, key)| {
                json!({ "key": key.secret, "product": "bkend", "mode": "live",
                        "authenticate_only": true })
            })
            .collect();
        let body = json!({ "requests": questions }).to_string();
        let reply = request(address, operator, "POST", "/v1/keys/verify_batch", &body).unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text);
        let answered = reply.json();
        for ((id, key), verdict) in part.iter().zip(answered["results"].as_array().unwrap()) {
            let code = verdict["code"].as_str().unwrap();
            let good = match (key.revoked, key.uncertain) {
                (_, true) => code == "ok" || code == "revoked_key",
                (true, false) => code == "revoked_key",
                (false, false) => code == "ok",
            };
            assert!(good, "round {round}: {id} is {code}, {key:?}");
        }
    }
}
