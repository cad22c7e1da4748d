//! A `keystile serve` of its own, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

/// The binary under test.
pub(crate) const KEYSTILE: &str = env!("CARGO_BIN_EXE_keystile");

/// A server in a process of its own; it is killed when this goes.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    // Kept open: a server whose output nobody takes must not be stopped by that.
    _stdout: BufReader<ChildStdout>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Process {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(data: &Path, bootstrap: &str) -> Self {
        let mut child = Command::new(KEYSTILE)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "json",
                "--data",
            ])
            .arg(data)
            .env("KEYSTILE_BOOTSTRAP_KEY", bootstrap)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = listening(&mut stdout);
        Self {
            child,
            address,
            _stdout: stdout,
        }
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first line that has one.
pub(crate) fn listening(stdout: &mut impl BufRead) -> SocketAddr {
    let mut line = String::new();
    while stdout.read_line(&mut line).unwrap() > 0 {
        if let Some((_, address)) = line.split_once("listens on http://") {
            return address.trim().parse().unwrap();
        }
        line.clear();
    }
    panic!("the server ended before it listened");
}

/// Runs a command to its end.
pub(crate) fn keystile(data: &Path, arguments: &[&str]) -> Output {
    Command::new(KEYSTILE)
        .arg("--data")
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

/// A fresh operator key.
pub(crate) fn operator_key() -> String {
    let made = Command::new(KEYSTILE)
        .args(["mint", "--brand", "keystile"])
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// One JSON request on a connection of its own; an error when the server went away.
pub(crate) fn request(
    address: SocketAddr,
    operator: &str,
    method: &str,
    path: &str,
    body: &str,
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let kind = if path.starts_with("/v1/products") {
        "toml"
    } else {
        "json"
    };
    let message = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {operator}\r\n\
         content-type: application/{kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    );
    stream.write_all(message.as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let all = String::from_utf8_lossy(&all);
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, text) = all.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .ok_or_else(broken)?;
    let announced = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .trim()
            .parse::<usize>()
            .ok()
    });
    // An answer that was cut off is none.
    if announced != Some(text.len()) {
        return Err(broken());
    }
    Ok(Reply {
        status,
        text: text.to_owned(),
    })
}
