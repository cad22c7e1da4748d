//! A `keystile serve` of its own, and requests to it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;

/// The binary under test.
pub(crate) const KEYSTILE: &str = env!("CARGO_BIN_EXE_keystile");

/// A server in a process of its own; it is killed when this goes.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    // Kept open: a server whose output nobody takes must not be stopped by that.
    stdout: BufReader<ChildStdout>,
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
        Self::of(serve(data, bootstrap).stderr(Stdio::null()))
    }

    /// The same with its log in a file.
    pub(crate) fn logged(data: &Path, bootstrap: &str, log: &Path) -> Self {
        Self::of(serve(data, bootstrap).stderr(File::create(log).unwrap()))
    }

    /// Runs a command that serves, and waits until it listens.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = listening(&mut stdout);
        Self {
            child,
            address,
            stdout,
        }
    }

    /// Changes what the running process may use, as the system's own limits do.
    pub(crate) fn limit(&self, resource: Resource, most: Option<u64>) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let limit = Rlimit {
            current: most,
            maximum: getrlimit(resource).maximum,
        };
        prlimit(id, resource, limit).unwrap();
    }

    /// Writes a line to what was started, and waits until it prints one with `answer`.
    pub(crate) fn tell(&mut self, word: &str, answer: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{word}").unwrap();
        let mut line = String::new();
        while !line.contains(answer) {
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "no {answer}");
        }
    }

    /// Waits for its end; whether it ended well.
    pub(crate) fn ended_well(mut self) -> bool {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().success()
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

/// `keystile serve` on a free port.
pub(crate) fn serve(data: &Path, bootstrap: &str) -> Command {
    let mut command = Command::new(KEYSTILE);
    let listen = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "json",
        "--data",
    ];
    command
        .args(listen)
        .arg(data)
        .env("KEYSTILE_BOOTSTRAP_KEY", bootstrap);
    command
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
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(message.as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    read(&all)
}

/// An answer that came whole.
fn read(all: &[u8]) -> std::io::Result<Reply> {
    let all = String::from_utf8_lossy(all);
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

/// Any bytes on a connection of their own, and all that came back before it was closed.
pub(crate) fn exchange(address: SocketAddr, message: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(message);
    let mut all = Vec::new();
    let mut buffer = [0_u8; 16 << 10];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        all.extend_from_slice(&buffer[..count]);
    }
    Ok(all)
}
