//! Charges credits over and over and tells how many a second, and how long each took.
//!
//! `spends ADDRESS OPERATOR CONNECTIONS SECONDS KIND`; the kind is `spend`, `named` (each call with
//! an idempotency key of its own), `batch` (a hundred calls at once) or `free` (calls that cost
//! nothing). Makes a product, a hundred customers and their credits first, unless they are there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
    let keys = Arc::new(plan.customers());
    let mut waits = plan.run(&keys);
    waits.sort_unstable();
    let at = |part: usize| waits.get(waits.len().saturating_sub(1) * part / 1000);
    let calls = if plan.kind == "batch" { 100 } else { 1 };
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
            serde_json::from_str(&socket.receive()).expect("JSON")
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

    /// How long each call took, in microseconds.
    #[expect(clippy::disallowed_methods, reason = "a bench measures")]
    fn run(&self, keys: &Arc<Vec<String>>) -> Vec<u64> {
        let (numbers, waits) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let end = Instant::now() + Duration::from_secs(self.seconds);
        std::thread::scope(|scope| {
            for _ in 0..self.connections {
                scope.spawn(|| {
                    let mut socket = Socket::open(&self.address);
                    let mut own = Vec::new();
                    loop {
                        let request = self.next(keys, &numbers);
                        let begun = Instant::now();
                        socket.send(&request);
                        let answer = socket.receive();
                        if begun > end {
                            break;
                        }
                        assert!(!answer.contains("\"valid\":false"), "{answer}");
                        own.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
                    }
                    waits.lock().expect("no panic").extend(own);
                });
            }
        });
        waits.into_inner().expect("no panic")
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
        if self.kind == "batch" {
            let all: Vec<_> = (0..100).map(|_| ask()).collect();
            let body = format!("{{\"requests\":[{}]}}", all.join(","));
            return self.request("POST", "/v1/keys/verify_batch", "json", &body);
        }
        self.request("POST", "/v1/keys/verify", "json", &ask())
    }
}

struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Socket {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            buffer: vec![0; 256 << 10],
        }
    }

    fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("sent");
    }

    /// The body of an answer.
    fn receive(&mut self) -> String {
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]);
            let read = read.expect("an answer");
            assert!(read > 0, "the server closed the connection");
            filled += read;
            let text = String::from_utf8_lossy(&self.buffer[..filled]);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let length = line.strip_prefix("content-length: ")?;
                length.parse::<usize>().ok()
            });
            if length == Some(body.len()) {
                assert!(head.starts_with("HTTP/1.1 2"), "{text}");
                return body.to_owned();
            }
        }
    }
}
