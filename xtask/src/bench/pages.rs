//! How long pages of the console take where there are many keys.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Tools;
use super::sizes::confine;
use crate::server::Server;
use crate::tree;

/// How many keys one environment has.
const KEYS: usize = 100_000;
/// How often each page is asked for.
const TIMES: usize = 31;

/// Measures on an installation of its own and prints the table.
pub(super) fn measure(tools: &Tools) {
    let directory = tree::root().join("target/bench/pages");
    let _ = std::fs::remove_dir_all(&directory);
    let said = |words: &[&str]| {
        let mut keystile = Command::new(&tools.keystile);
        let output = keystile.arg("--data").arg(&directory).args(words).output();
        String::from_utf8_lossy(&output.expect("the program runs").stdout).into_owned()
    };
    let operator = said(&["mint", "--brand", "keystile"]);
    let operator = operator.trim();
    let server = Server::start(Command::new(&tools.keystile), &directory, operator);
    let server = server.expect("the server starts");
    confine(server.id());
    let mut visitor = Visitor::of(&server.url);
    let pages = fill(&mut visitor, operator);
    let link = said(&["people", "setup-link"]);
    let (_, token) = link.split_once("token=").expect("a link");
    visitor.sign_up(token.split_whitespace().next().unwrap_or_default());
    println!("\npages with {KEYS} keys in one environment, one core for the server:");
    println!(
        "{:>14} {:>10} {:>10} {:>14} {:>8}",
        "", "median", "worst", "empty answer", "bytes"
    );
    for (name, path) in pages {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for _ in 0..TIMES {
            let (took, answer) = visitor.ask("GET", &path, "", "");
            assert_eq!(answer.status, 200, "{path}");
            bytes = answer.body.len();
            ours.push(took);
            bare.push(visitor.ask("GET", "/livez", "", "").0);
        }
        ours.sort();
        bare.sort();
        let [median, worst, empty] = [ours[TIMES / 2], ours[TIMES - 1], bare[TIMES / 2]];
        println!("{name:>14} {median:>10.1?} {worst:>10.1?} {empty:>14.1?} {bytes:>8}");
    }
    drop(server);
    let _ = std::fs::remove_dir_all(&directory);
}

/// Makes a customer with many keys; the pages that show them.
fn fill(visitor: &mut Visitor, operator: &str) -> [(&'static str, String); 7] {
    let manifest = std::fs::read_to_string(tree::root().join("examples/bkend/keystile.toml"));
    let manifest = manifest.expect("a manifest")
        + "\n[[foreign_formats]]\nprefix = \"old_\"\nkind = \"secret\"\nmode = \"live\"\ndigest = \"sha256\"\n";
    let mut call = |method: &str, path: &str, body: &str| {
        let kind = if method == "PUT" { "toml" } else { "json" };
        let headers =
            format!("authorization: Bearer {operator}\r\ncontent-type: application/{kind}\r\n");
        let (_, answer) = visitor.ask(method, path, &headers, body);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status < 300, "{method} {path}: {text}");
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    let id = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    call("PUT", "/v1/products/bkend", &manifest);
    let new = json!({ "product": "bkend", "name": "Many" }).to_string();
    let organization = id(&call("POST", "/v1/organizations", &new)["organization"]["id"]);
    let path = format!("/v1/organizations/{organization}/projects");
    let made = call("POST", &path, r#"{"name":"All"}"#);
    let environments = made["environments"].as_array().into_iter().flatten();
    let production = environments
        .into_iter()
        .find(|one| one["name"] == "production");
    let environment = id(&production.expect("production")["id"]);
    for first in (0..KEYS).step_by(1000) {
        let rows = (first..first + 1000).map(|number| {
            let digest = Sha256::digest(number.to_be_bytes());
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "digest": digest, "start": "old_", "name": format!("Key {number}"), "environment": environment })
        });
        let rows: Vec<_> = rows.collect();
        let body = json!({ "product": "bkend", "rows": rows }).to_string();
        call("POST", "/v1/keys/import", &body);
    }
    let listed = call(
        "GET",
        &format!("/v1/environments/{environment}/keys?limit=1"),
        "",
    );
    let (project, key) = (id(&made["project"]["id"]), id(&listed["data"][0]["id"]));
    let there = format!("/console/organizations/{organization}");
    [
        ("keys", format!("/console/projects/{project}/keys")),
        ("key", format!("/console/keys/{key}")),
        ("overview", there.clone()),
        ("audit log", format!("{there}/audit")),
        ("credits", format!("{there}/credits")),
        ("search", "/console/search?q=Key+77777".to_owned()),
        ("found nothing", "/console/search?q=nothing".to_owned()),
    ]
}

/// Somebody with a browser, as far as the server can tell.
struct Visitor {
    address: String,
    connection: BufReader<TcpStream>,
    cookies: String,
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Visitor {
    fn of(url: &str) -> Self {
        let address = url.trim_start_matches("http://").to_owned();
        let connection = TcpStream::connect(&address).expect("the server listens");
        connection.set_nodelay(true).expect("no delay");
        Self {
            address,
            connection: BufReader::new(connection),
            cookies: String::new(),
        }
    }

    fn sign_up(&mut self, token: &str) {
        // Forms come from pages of the console.
        let form =
            "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
        let person = "name=Ada&email=ada%40example.com&password=correct+horse+battery";
        let body = format!("token={token}&{person}");
        let (_, answer) = self.ask("POST", "/console/setup", form, &body);
        assert_eq!(answer.status, 303, "somebody signs up");
    }

    /// Asks, and says how long the answer took.
    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> (Duration, Answer) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept-encoding: gzip\r\n\
             cookie: {}\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.address,
            self.cookies,
            body.len()
        );
        #[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
        let begun = Instant::now();
        let stream = self.connection.get_mut();
        stream.write_all(request.as_bytes()).expect("it is sent");
        let answer = self.answer();
        (begun.elapsed(), answer)
    }

    fn answer(&mut self) -> Answer {
        let mut line = String::new();
        self.connection.read_line(&mut line).expect("an answer");
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let mut length = 0;
        loop {
            line.clear();
            self.connection.read_line(&mut line).expect("a header");
            let Some((name, value)) = line.trim().split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a length"),
                "set-cookie" => {
                    let cookie = value.split(';').next().unwrap_or_default();
                    self.cookies = format!("{}{cookie}; ", self.cookies);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("a body");
        Answer {
            status: status.expect("a status"),
            body,
        }
    }
}
