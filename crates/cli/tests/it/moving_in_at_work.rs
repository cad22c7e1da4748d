//! Many keys of another system come in while the server goes on with its work.
//!
//! `cargo xtask soak` does this with a million of them, and prints how long everything took.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use keystile_core::key::ForeignHash;
use keystile_core::manifest::{System, starter};
use keystile_core::model::ForeignDigest;
use serde_json::{Value, json};

use crate::process::{Process, keystile, operator_key, request};

/// How many keys come, and how long those pause who revoke meanwhile.
#[derive(Clone, Copy)]
struct Amount {
    rows: u32,
    pause: Duration,
}

fn amount() -> Amount {
    let wanted = std::env::var("SOAK_IMPORT").ok();
    let rows = wanted.map(|rows| rows.parse().expect("SOAK_IMPORT is a number"));
    Amount {
        rows: rows.unwrap_or(20_000),
        pause: Duration::from_millis(if rows.is_some() { 1_000 } else { 50 }),
    }
}

/// A server and who asks it.
struct Service {
    address: SocketAddr,
    operator: String,
}

impl Service {
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let answer = request(self.address, &self.operator, method, path, &body).unwrap();
        assert!(answer.status < 300, "{method} {path}: {answer:?}");
        answer.json()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, body)
    }

    fn verify(&self, key: &str) -> Value {
        let asked = json!({
            "key": key, "product": "bkend", "environment": "production", "authenticate_only": true
        });
        self.post("/v1/keys/verify", &asked)
    }

    fn code(&self, key: &str) -> String {
        self.verify(key)["code"].as_str().unwrap().to_owned()
    }

    /// A customer's environment.
    fn environment(&self) -> String {
        let customer = json!({"product": "bkend", "name": "Acme", "external_id": "acme"});
        let customer = self.post("/v1/organizations", &customer);
        let id = customer["organization"]["id"].as_str().unwrap();
        let path = format!("/v1/organizations/{id}/projects");
        let project = self.post(&path, &json!({"name": "Main"}));
        let environments = project["environments"].as_array().unwrap();
        let production = environments.iter().find(|one| one["name"] == "production");
        production.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// The manifest of a product that takes any number of keys, also of another system.
fn manifest() -> String {
    let manifest: Vec<_> = starter(Some(System::Bkend))
        .lines()
        .filter(|line| !line.starts_with("max_active"))
        .collect();
    let format = "[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";
    manifest.join("\n") + "\n" + format
}

fn key(number: u32) -> String {
    format!("kp_key-number-{number:08}")
}

fn file_of(rows: u32) -> String {
    let mut text = "digest\n".to_owned();
    for number in 0..rows {
        let hash = ForeignHash::of(&key(number), ForeignDigest::Sha256);
        for byte in hash.as_bytes() {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    text
}

/// Makes a key and revokes it, again and again until the import ends; how long each revoke took.
fn revoke_meanwhile(
    service: &Service,
    environment: &str,
    ended: &Receiver<()>,
    pause: Duration,
) -> Vec<Duration> {
    let mut took = Vec::new();
    loop {
        let path = format!("/v1/environments/{environment}/keys");
        let name = format!("Short-lived {}", took.len());
        let made = service.post(&path, &json!({"kind": "secret", "name": name}));
        let secret = made["secret"].as_str().unwrap();
        assert_eq!(service.code(secret), "ok");
        let path = format!("/v1/keys/{}/revoke", made["key"]["id"].as_str().unwrap());
        let begun = Instant::now();
        let revoked = service.post(&path, &json!({}));
        took.push(begun.elapsed());
        assert_eq!(revoked["effective"]["confirmed"], 1, "{revoked}");
        assert_eq!(service.code(secret), "revoked_key");
        if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return took;
        }
    }
}

/// Verifies one key some hundred times a second; how often, and how long the slowest took.
fn verify_meanwhile(service: &Service, key: &str, ended: &Receiver<()>) -> (u64, Duration) {
    let (mut times, mut slowest) = (0, Duration::ZERO);
    loop {
        let begun = Instant::now();
        assert_eq!(service.code(key), "ok");
        slowest = slowest.max(begun.elapsed());
        times += 1;
        // Others need the processor too.
        let pause = Duration::from_millis(2);
        if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return (times, slowest);
        }
    }
}

fn import(data: &Path, file: &Path) -> String {
    let file = file.to_str().unwrap();
    let ended = keystile(
        data,
        &[
            "import",
            file,
            "--product",
            "bkend",
            "--organization",
            "acme",
        ],
    );
    assert!(ended.status.success(), "{ended:?}");
    String::from_utf8(ended.stdout).unwrap().trim().to_owned()
}

#[test]
fn r12_many_keys_come_in_while_others_are_verified_and_revoked() {
    let amount = amount();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = operator_key();
    let server = Process::start(&data, &operator);
    let service = Service {
        address: server.address,
        operator,
    };
    let put = request(
        service.address,
        &service.operator,
        "PUT",
        "/v1/products/bkend",
        &manifest(),
    );
    assert_eq!(put.unwrap().status, 201);
    let environment = service.environment();
    let keys = format!("/v1/environments/{environment}/keys");
    let steady = service.post(&keys, &json!({"kind": "secret", "name": "Steady"}));
    let steady = steady["secret"].as_str().unwrap();
    let file = directory.path().join("keys.csv");
    std::fs::write(&file, file_of(amount.rows)).unwrap();

    let (end_revoking, until_revoked) = channel();
    let (end_verifying, until_verified) = channel();
    let (took, said, revokes, (verifies, slowest)) = std::thread::scope(|scope| {
        let (service, environment) = (&service, &environment);
        let pause = amount.pause;
        let revoking = move || revoke_meanwhile(service, environment, &until_revoked, pause);
        let verifying = move || verify_meanwhile(service, steady, &until_verified);
        let (revoking, verifying) = (scope.spawn(revoking), scope.spawn(verifying));
        let begun = Instant::now();
        let said = import(&data, &file);
        let took = begun.elapsed();
        drop((end_revoking, end_verifying));
        (
            took,
            said,
            revoking.join().unwrap(),
            verifying.join().unwrap(),
        )
    });
    let rows = amount.rows;
    assert_eq!(said, format!("{rows} imported, 0 already there, 0 refused"));
    println!("{rows} keys imported in {took:.1?}");
    println!("{verifies} verifies meanwhile, the slowest in {slowest:.1?}");
    let slowest = revokes.iter().max().unwrap();
    println!(
        "{} revokes meanwhile, the slowest in {slowest:.1?}",
        revokes.len()
    );

    lives_and_dies(&service, &key(rows / 2), &key(rows - 1));
    let again = import(&data, &file);
    assert_eq!(
        again,
        format!("0 imported, {rows} already there, 0 refused")
    );
    assert!(server.terminate());
}

/// A key of the other system works, gets a value of ours, and dies; another dies as it is.
fn lives_and_dies(service: &Service, first: &str, second: &str) {
    let path = |verdict: &Value, what: &str| {
        format!("/v1/keys/{}/{what}", verdict["key"]["id"].as_str().unwrap())
    };
    let verdict = service.verify(first);
    assert_eq!(verdict["code"], "ok", "{verdict}");
    let rotated = service.post(&path(&verdict, "rotate"), &json!({}));
    let ours = rotated["secret"].as_str().unwrap();
    assert!(ours.starts_with("sk_live_"));
    assert_eq!(service.code(first), "revoked_key");
    assert_eq!(service.code(ours), "ok");
    service.post(&path(&verdict, "revoke"), &json!({}));
    assert_eq!(service.code(ours), "revoked_key");
    let verdict = service.verify(second);
    assert_eq!(verdict["code"], "ok", "{verdict}");
    service.post(&path(&verdict, "revoke"), &json!({}));
    assert_eq!(service.code(second), "revoked_key");
}
