//! Charges credits over and over and tells how many a second, and how long each took.
//!
//! `spends ADDRESS OPERATOR CONNECTIONS SECONDS KIND`; the kind is `spend`, `named` (each call with
//! an idempotency key of its own), `batch4` (four calls at once, or as many as it says) or `free`
//! (calls that cost nothing). Makes a product, a hundred customers and their credits first, unless they are there.

#[path = "socket/mod.rs"]
mod socket;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket::Socket;

const CUSTOMERS: usize = 100;

const MANIFEST: &str = r#"
[product]
slug = "metered"
name = "Metered"
[organizations]
auto_project = "Main"
[[environments]]
name = "production"
[keys.secret]
scopes = ["*"]
[[scopes]]
name = "work"
description = "Work"
[[operations]]
match = "POST /v1/work"
scope = "work"
cost = 1
[[operations]]
match = "GET /v1/work"
scope = "work"
"#;

struct Plan {
    address: String,
    operator: String,
    connections: usize,
    seconds: u64,
    kind: String,
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, operator, connections, seconds, kind] = arguments.as_slice() else {
        panic!("spends ADDRESS OPERATOR CONNECTIONS SECONDS KIND");
    };
    let plan = Plan {
        address: address.clone(),
        operator: operator.clone(),
        connections: connections.parse().expect("a number"),
        seconds: seconds.parse().expect("a number"),
        kind: kind.clone(),
    };
    let keys = plan.customers();
    let mut waits = plan.run(&keys);
    waits.sort_unstable();
    let at = |part: usize| waits.get(waits.len().saturating_sub(1) * part / 1000);
    let calls = plan.batch().unwrap_or(1);
    let rate = waits.len() as u64 * calls / plan.seconds.max(1);
    let [median, p99] = [500, 990].map(|part| at(part).copied().unwrap_or(0));
    println!("{rate} {median} {p99}");
}

impl Plan {
    /// The keys of the customers, made if need be.
    fn customers(&self) -> Vec<String> {
        let mut socket = Socket::open(&self.address);
        let mut call = |method: &str, path: &str, body: &str| -> Value {
            let kind = if method == "PUT" { "toml" } else { "json" };
            socket.send(&self.request(method, path, kind, body));
            json_of(&socket.receive())
        };
        call("PUT", "/v1/products/metered", MANIFEST);
        let mut key = |number: usize| {
            let name = json!({ "product": "metered", "name": format!("Customer {number}") });
            let made = call("POST", "/v1/organizations", &name.to_string());
            let id = made["organization"]["id"].as_str().expect("an id");
            let grant = json!({ "mode": "live", "amount": 1_000_000_000, "reason": "bench" });
            let path = format!("/v1/organizations/{id}/grants");
            call("POST", &path, &grant.to_string());
            let environment = &made["projects"][0]["environments"][0]["id"];
            let path = format!(
                "/v1/environments/{}/keys",
                environment.as_str().expect("an id")
            );
            let key = json!({ "kind": "secret", "name": "Server" });
            let made = call("POST", &path, &key.to_string());
            made["secret"].as_str().expect("a secret").to_owned()
        };
        (0..CUSTOMERS).map(&mut key).collect()
    }

    fn request(&self, method: &str, path: &str, kind: &str, body: &str) -> Vec<u8> {
        let (operator, length) = (&self.operator, body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {operator}\r\n\
             content-type: application/{kind}\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        )
        .into_bytes()
    }

    /// How long each call took, in microseconds. One thread serves all connections in turn, each of
    /// which has its next call under way meanwhile: so this costs little beside the server.
    #[expect(clippy::disallowed_methods, reason = "a bench measures")]
    fn run(&self, keys: &[String]) -> Vec<u64> {
        let numbers = AtomicU64::new(0);
        let begun = Instant::now();
        let mut sockets: Vec<_> = (0..self.connections)
            .map(|_| {
                let mut socket = Socket::open(&self.address);
                socket.send(&self.next(keys, &numbers));
                (socket, Instant::now())
            })
            .collect();
        let mut waits = Vec::new();
        while begun.elapsed() < Duration::from_secs(self.seconds) {
            for (socket, sent) in &mut sockets {
                assert!(is_allowed(socket.pass()), "a wrong answer");
                waits.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
                socket.send(&self.next(keys, &numbers));
                *sent = Instant::now();
            }
        }
        for (socket, _) in &mut sockets {
            socket.pass();
        }
        waits
    }

    /// How many calls are made at once.
    fn batch(&self) -> Option<u64> {
        let calls = self.kind.strip_prefix("batch")?;
        Some(calls.parse().expect("a number"))
    }

    fn next(&self, keys: &[String], numbers: &AtomicU64) -> Vec<u8> {
        let ask = || {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let at = usize::try_from(number).unwrap_or(0).wrapping_mul(7919) % keys.len();
            let operation = match self.kind.as_str() {
                "free" => "GET /v1/work",
                _ => "POST /v1/work",
            };
            let name = match self.kind.as_str() {
                "named" => {
                    let begun = std::process::id();
                    format!(",\"idempotency_key\":\"call {begun} {number}\"")
                }
                _ => String::new(),
            };
            format!(
                "{{\"key\":\"{}\",\"product\":\"metered\",\"environment\":\"production\",\
                 \"operation\":\"{operation}\"{name}}}",
                keys[at]
            )
        };
        if let Some(calls) = self.batch() {
            let all: Vec<_> = (0..calls).map(|_| ask()).collect();
            let body = format!("{{\"requests\":[{}]}}", all.join(","));
            return self.request("POST", "/v1/keys/verify_batch", "json", &body);
        }
        self.request("POST", "/v1/keys/verify", "json", &ask())
    }
}

/// Whether no call was refused.
fn is_allowed(answer: &[u8]) -> bool {
    let refused = b"\"valid\":false";
    !answer.windows(refused.len()).any(|part| part == refused)
}

/// The JSON of an answer that says yes.
fn json_of(answer: &str) -> Value {
    assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(body).expect("JSON")
}
