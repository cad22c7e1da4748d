//! A `keystile serve` to try things on, stopped when its value goes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::tree;

/// Builds a binary in the given profile, and says where it is.
pub(crate) fn built(profile: &str, package: &str, more: &[&str]) -> Option<PathBuf> {
    let built = tree::cargo()
        .args([
            "build",
            "--message-format",
            "json-render-diagnostics",
            "--profile",
            profile,
        ])
        .args(["--package", package])
        .args(more)
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().filter_map(executable).next_back()
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Such as `http://127.0.0.1:4711`.
    pub(crate) url: String,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it on a free port and waits until it listens.
    pub(crate) fn start(mut command: Command, data: &Path, operator: &str) -> Option<Self> {
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "json",
            "--data",
        ]);
        command.arg(data).env("KEYSTILE_BOOTSTRAP_KEY", operator);
        Self::wait_for(command)
    }

    /// Starts any server that prints its address, and waits until it has.
    pub(crate) fn wait_for(mut command: Command) -> Option<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut stdout = BufReader::new(child.stdout.take()?);
        let url = read_address(&mut stdout);
        let Some(url) = url else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        Some(Self {
            child,
            url,
            _stdout: stdout,
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address that the server says it listens on.
fn read_address(output: &mut impl BufRead) -> Option<String> {
    for line in output.lines().map_while(Result::ok) {
        if let Some((_, rest)) = line.split_once("http://") {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".:[]".contains(c));
            let address = &rest[..end.unwrap_or(rest.len())];
            return Some(format!("http://{}", address.trim_end_matches(['.', ':'])));
        }
    }
    None
}
