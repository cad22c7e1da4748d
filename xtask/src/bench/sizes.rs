//! Installations of a given size: made once, kept for the next run, started and weighed.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Tools, pinned};
use crate::server::Server;
use crate::tree;

/// How many starts the median is taken of.
const STARTS: usize = 5;

/// A data directory with so many keys, and what starting on it took.
pub(crate) struct Installation {
    pub(super) keys: u64,
    pub(super) directory: PathBuf,
    pub(super) operator: String,
    pub(super) ready_after: Duration,
    pub(super) resident_bytes: u64,
}

impl Installation {
    /// Makes it if it is not there yet, and measures starts.
    pub(super) fn ready(tools: &Tools, keys: u64) -> Self {
        // One that an older build made may not open any more.
        let directory = tree::root().join(format!("target/bench/{}/{keys}", schema()));
        let room = directory.parent().expect("a room");
        std::fs::create_dir_all(room).expect("a room");
        let note = directory.with_extension("operator");
        let operator = match std::fs::read_to_string(&note) {
            Ok(operator) => operator,
            Err(_) => {
                let operator = make(tools, &directory, keys);
                std::fs::write(&note, &operator).expect("a note");
                operator
            }
        };
        let (ready_after, resident_bytes) = (Duration::ZERO, 0);
        let mut one = Self {
            keys,
            directory,
            operator,
            ready_after,
            resident_bytes,
        };
        // The first start may have to read the file from the disk.
        drop(one.serve(tools));
        let mut starts: Vec<_> = (1..STARTS).map(|_| one.serve(tools).1).collect();
        let (server, last) = one.serve(tools);
        starts.push(last);
        starts.sort_unstable();
        let ready_after = starts[STARTS / 2];
        // What only the start needed has gone by then.
        std::thread::sleep(Duration::from_secs(3));
        (one.ready_after, one.resident_bytes) = (ready_after, resident(server.id()));
        one
    }

    /// Starts the server on it, confined to one core, and says how long starting took.
    pub(super) fn serve(&self, tools: &Tools) -> (Server, Duration) {
        // Starting may use every core; only then is the server confined. It will have one core, as
        // the bare server has one thread.
        let (server, took) = self.start(tools, Some("1"));
        confine(server.id());
        (server, took)
    }

    /// Starts the server on it, with so many threads for requests, else as many as there are cores;
    /// and says how long that took.
    #[expect(clippy::disallowed_methods, reason = "a bench measures")]
    pub(super) fn start(&self, tools: &Tools, threads: Option<&str>) -> (Server, Duration) {
        let begun = Instant::now();
        let mut keystile = Command::new(&tools.keystile);
        if let Some(threads) = threads {
            keystile.env("TOKIO_WORKER_THREADS", threads);
        }
        let server = Server::start(keystile, &self.directory, &self.operator);
        let server = server.expect("the server starts");
        (server, begun.elapsed())
    }
}

/// To the core that the bare server runs on, with all its threads. A thread that ends meanwhile
/// makes `taskset` fail, so it is asked more than once.
pub(super) fn confine(id: u32) {
    let confined = || {
        let mut confine = Command::new("taskset");
        confine.args(["--all-tasks", "--cpu-list", "--pid", "0", &id.to_string()]);
        confine.output().is_ok_and(|output| output.status.success())
    };
    let done = (0..10).any(|_| confined());
    assert!(done, "taskset fails: it comes with util-linux");
}

/// What tells databases apart that this build opens from others.
fn schema() -> String {
    let begun = tree::root().join("crates/store/migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(begun)
        .expect("the migrations")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(file).expect("a migration"));
    }
    let hash = hash.finalize();
    hash.iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn make(tools: &Tools, directory: &PathBuf, keys: u64) -> String {
    println!("making an installation of {keys} keys");
    let _ = std::fs::remove_dir_all(directory);
    let minted = Command::new(&tools.keystile)
        .args(["mint", "--brand", "keystile"])
        .output();
    let operator = String::from_utf8(minted.expect("minted").stdout).expect("a key");
    let operator = operator.trim().to_owned();
    drop(Server::start(pinned(0, &tools.keystile), directory, &operator).expect("a first start"));
    let organizations = keys.clamp(1, 100_000);
    let filled = Command::new(&tools.fill)
        .arg(directory)
        .args([keys.to_string(), organizations.to_string()])
        .status();
    assert!(
        filled.is_ok_and(|status| status.success()),
        "filling failed"
    );
    operator
}

/// The memory of a process that is really in use.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
