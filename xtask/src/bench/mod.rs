//! How fast the whole is, told as ratios that were taken in one run.
//!
//! The server and the bare server share one core and run in turn; the load generator has the other.
//! Absolute numbers are those of the machine; the ratio is ours.

mod sizes;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::server::{Server, built};
use sizes::Installation;

/// What `bench` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Sizes of installations, in keys; speed is taken at the last but for 10 million.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 1_000_000])]
    keys: Vec<u64>,
    /// With 10 million keys too (takes minutes and 5 GB of disk).
    #[arg(long)]
    large: bool,
    /// How many alternating runs of each kind.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How long each run takes.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// The binaries that take part.
pub(crate) struct Tools {
    keystile: PathBuf,
    bare: PathBuf,
    fill: PathBuf,
    load: PathBuf,
}

/// A kind of request, what it is called, and how many verdicts it holds.
const KINDS: [(&str, &str, f64); 3] = [
    ("json", "JSON verify", 1.0),
    ("nginx", "nginx door", 1.0),
    ("batch", "batch of 100", 100.0),
];

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let Some(tools) = Tools::build() else {
        return ExitCode::FAILURE;
    };
    let mut keys = arguments.keys.clone();
    keys.extend(arguments.large.then_some(10_000_000));
    let installations: Vec<_> = keys
        .iter()
        .map(|keys| Installation::ready(&tools, *keys))
        .collect();
    table::sizes(&installations);
    let main = installations.iter().rfind(|one| one.keys <= 1_000_000);
    let Some(main) = main.or(installations.first()) else {
        return ExitCode::FAILURE;
    };
    let server = main.serve(&tools).0;
    let rows = KINDS.map(|kind| compare(arguments, &tools, main, &server, kind));
    table::speeds(main.keys, &rows);
    ExitCode::SUCCESS
}

/// One row of the table: requests a second of the server and of the bare server, run by run.
pub(crate) struct Row {
    name: &'static str,
    verdicts: f64,
    ours: Vec<f64>,
    bare: Vec<f64>,
}

fn compare(
    arguments: &Arguments,
    tools: &Tools,
    installation: &Installation,
    server: &Server,
    (kind, name, verdicts): (&'static str, &'static str, f64),
) -> Row {
    let load = |url: &str, seconds| tools.load(url, kind, installation, seconds);
    let answer = installation
        .directory
        .with_extension(format!("{kind}.answer"));
    std::fs::write(&answer, load(&server.url, 0)).expect("the answer is kept");
    let bare = tools.serve_bare(&answer);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let rate = |url: &str| load(url, arguments.seconds).trim().parse().unwrap_or(0.0);
    rate(&server.url);
    rate(&bare.url);
    for _ in 0..arguments.runs {
        ours.push(rate(&server.url));
        theirs.push(rate(&bare.url));
    }
    Row {
        name,
        verdicts,
        ours,
        bare: theirs,
    }
}

impl Tools {
    fn build() -> Option<Self> {
        let tool = |name: &str| built("release", "xtask", &["--features", "bench", "--bin", name]);
        Some(Self {
            keystile: built("release", "keystile", &[])?,
            bare: tool("bare")?,
            fill: tool("fill")?,
            load: tool("load")?,
        })
    }

    fn serve_bare(&self, answer: &Path) -> Server {
        let mut bare = pinned(0, &self.bare);
        bare.arg(answer);
        Server::wait_for(bare).expect("the bare server starts")
    }

    /// What the load generator prints.
    fn load(&self, url: &str, kind: &str, installation: &Installation, seconds: u64) -> String {
        let address = url.trim_start_matches("http://");
        let mut load = pinned(1, &self.load);
        load.args([
            address,
            kind,
            &installation.keys.to_string(),
            &seconds.to_string(),
        ]);
        load.arg(&installation.operator).stderr(Stdio::inherit());
        let printed = load.output().expect("the load generator runs");
        assert!(
            printed.status.success(),
            "{kind}: the load generator stopped at a wrong answer"
        );
        String::from_utf8_lossy(&printed.stdout).into_owned()
    }
}

/// A command that runs on one core only.
fn pinned(core: u8, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}
