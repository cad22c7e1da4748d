//! The way into the console, from the machine itself.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{KEYSTILE, Process, operator_key, serve};

/// What `keystile people …` says, and whether it went well.
fn people(data: &Path, words: &[&str]) -> (bool, String) {
    let output = Command::new(KEYSTILE)
        .args(["people"])
        .args(words)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = said + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// The token of the link that a text holds.
fn token(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("/console/setup?token=")?;
    let token = rest.split_whitespace().next()?;
    (token.len() == 36 && token.starts_with("kci_")).then_some(token)
}

#[test]
fn s14_serve_prints_the_set_up_link_with_the_public_address() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = serve(&directory.path().join("data"), &operator_key());
    command.args(["--public-url", "https://keys.example.com"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut links = lines.map_while(Result::ok);
    let link = links.find(|line| line.starts_with("https://keys.example.com/console/setup?token="));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(token(&link.unwrap()).is_some());
}

#[test]
fn s16_a_set_up_link_is_made_with_and_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Process::start(&data, &operator_key());
    let (well, said) = people(&data, &["setup-link"]);
    assert!(well, "{said}");
    let address = format!("http://{}/console/setup?token=", server.address);
    assert!(said.contains(&address), "{said}");
    let first = token(&said).unwrap().to_owned();
    server.kill();
    let (well, said) = people(&data, &["setup-link"]);
    assert!(well, "{said}");
    let second = token(&said).unwrap();
    assert_ne!(first, second);
}

#[test]
fn a_reset_names_nobody_who_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Process::start(&data, &operator_key());
    let (well, said) = people(&data, &["reset", "nobody@example.com"]);
    assert!(
        !well && said.contains("there is nobody of this address"),
        "{said}"
    );
    drop(server);
}
