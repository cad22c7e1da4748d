//! How many calls are charged a second, each durable before it is answered, and how long that takes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::sizes::confine;
use super::{Tools, pinned};
use crate::server::Server;
use crate::tree;

/// What is measured: what it is called, connections, kind, and how many seconds of all.
const KINDS: [(&str, usize, &str); 6] = [
    ("64 at once", 64, "spend"),
    ("each named", 64, "named"),
    ("four a request", 64, "batch4"),
    ("100 a request", 64, "batch100"),
    ("one, no batching", 1, "spend"),
    ("free calls", 64, "free"),
];

/// How many times free calls are measured alone and beside others.
const TURNS: usize = 21;

/// A rate, and the median and the 99th percentile of how long a call took, in microseconds.
type Measured = [u64; 3];

/// Measures on an installation of its own and prints the table.
pub(super) fn measure(tools: &Tools, seconds: u64) {
    let directory = tree::root().join("target/bench/spends");
    let _ = std::fs::remove_dir_all(&directory);
    let minted = Command::new(&tools.keystile)
        .args(["mint", "--brand", "keystile"])
        .output();
    let operator = String::from_utf8(minted.expect("minted").stdout).expect("a key");
    let operator = operator.trim();
    let mut keystile = Command::new(&tools.keystile);
    keystile.env("TOKIO_WORKER_THREADS", "1");
    let server = Server::start(keystile, &directory, operator).expect("the server starts");
    confine(server.id());
    let spends = Spends {
        program: &tools.spends,
        address: server.url.trim_start_matches("http://").to_owned(),
        operator,
    };
    println!("\ncharged calls, durable before they are answered, one core for the server:");
    println!(
        "{:>18} {:>12} {:>12} {:>12}",
        "", "a second", "median", "p99"
    );
    for (name, connections, kind) in KINDS {
        let [rate, median, p99] = spends.run(connections, kind, seconds);
        println!("{name:>18} {rate:>12} {median:>9} us {p99:>9} us");
    }
    let sync = synced_write(&directory);
    println!("{:>18} {:>12} {sync:>9} us", "one synced write", "");
    beside(&spends);
    drop(server);
    let _ = std::fs::remove_dir_all(&directory);
}

/// Whether free calls notice that others are charged: one connection beside one that spends,
/// compared with the same alone just before and just after, because the machine's own speed changes
/// from second to second.
#[expect(clippy::cast_precision_loss, reason = "microseconds")]
fn beside(spends: &Spends<'_>) {
    let median = || spends.run(1, "free", 1)[1] as f64;
    let mut before = median();
    let mut turns: Vec<_> = (0..TURNS)
        .map(|_| {
            let mut spending = spends.start(1, "spend", 3);
            let beside = median();
            let _ = spending.wait();
            let after = median();
            let alone = (std::mem::replace(&mut before, after) + after) / 2.0;
            [beside / alone, alone, beside]
        })
        .collect();
    turns.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let quarter = |quarters: usize| turns[(TURNS - 1) * quarters / 4];
    let ([low, ..], [ratio, alone, beside], [high, ..]) = (quarter(1), quarter(2), quarter(3));
    println!(
        "a free call: {alone:.0} us alone, {beside:.0} us beside one that spends: {ratio:.2} times, \
         the median of {TURNS} turns, half of them between {low:.2} and {high:.2}"
    );
}

struct Spends<'a> {
    program: &'a Path,
    address: String,
    operator: &'a str,
}

impl Spends<'_> {
    fn command(&self, connections: usize, kind: &str, seconds: u64) -> Command {
        let mut command = pinned(1, self.program);
        command.args([&self.address, self.operator]);
        command.args([&connections.to_string(), &seconds.to_string(), kind]);
        command
    }

    fn start(&self, connections: usize, kind: &str, seconds: u64) -> Child {
        let mut command = self.command(connections, kind, seconds);
        command.stdout(Stdio::null()).spawn().expect("it runs")
    }

    fn run(&self, connections: usize, kind: &str, seconds: u64) -> Measured {
        let printed = self.command(connections, kind, seconds).output();
        let printed = printed.expect("it runs");
        assert!(printed.status.success(), "{kind}: a wrong answer");
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        let mut numbers = printed
            .split_whitespace()
            .map(|word| word.parse().unwrap_or(0));
        std::array::from_fn(|_| numbers.next().unwrap_or(0))
    }
}

/// The median of writing and syncing four KiB at the end of a file, in microseconds.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn synced_write(directory: &Path) -> u128 {
    let path: PathBuf = directory.join("synced");
    let mut file = std::fs::File::create(path).expect("a file");
    let mut took: Vec<_> = (0..500)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).expect("written");
            file.sync_data().expect("synced");
            begun.elapsed().as_micros()
        })
        .collect();
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or(0)
}
