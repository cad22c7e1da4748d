//! How fast the whole is, told as ratios that were taken in one run.
//!
//! The server and the bare server share one core and run in turn; the load generator has the other.
//! Absolute numbers are those of the machine; the ratio is ours.

mod pages;
mod sizes;
mod spends;
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
    /// How long each kind of request is measured, both servers in turn.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

/// The binaries that take part.
pub(crate) struct Tools {
    keystile: PathBuf,
    bare: PathBuf,
    fill: PathBuf,
    load: PathBuf,
    spends: PathBuf,
}

/// The core that servers share.
const SERVERS_CORE: &str = "0";

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
    drop(server);
    let (anywhere, _) = main.start(&tools, None);
    table::everywhere(&whole_machine(arguments, &tools, main, &anywhere));
    drop(anywhere);
    spends::measure(&tools, arguments.seconds / 3 + 1);
    pages::measure(&tools);
    ExitCode::SUCCESS
}

/// One row of the table: requests a second of the server and of the bare server, slice by slice.
pub(crate) struct Row {
    name: &'static str,
    verdicts: f64,
    ours: Vec<f64>,
    bare: Vec<f64>,
    /// How fast the core itself was: nanoseconds of a thousand steps of arithmetic.
    core: Vec<f64>,
}

fn compare(
    arguments: &Arguments,
    tools: &Tools,
    installation: &Installation,
    server: &Server,
    (kind, name, verdicts): (&'static str, &'static str, f64),
) -> Row {
    let answer = installation
        .directory
        .with_extension(format!("{kind}.answer"));
    let one = tools.load(&server.url, kind, installation, 0, None);
    std::fs::write(&answer, one).expect("the answer is kept");
    let bare = tools.serve_bare(&answer);
    let measured = |seconds| {
        let address = bare.url.trim_start_matches("http://");
        let printed = tools.load(&server.url, kind, installation, seconds, Some(address));
        slices(&printed)
    };
    measured(1);
    let slices = measured(arguments.seconds);
    let column = |at: usize| slices.iter().map(|slice| slice[at]).collect();
    Row {
        name,
        verdicts,
        ours: column(0),
        bare: column(1),
        core: column(2),
    }
}

/// Batches a second where the server may use every core, those of the load generator too.
fn whole_machine(
    arguments: &Arguments,
    tools: &Tools,
    installation: &Installation,
    server: &Server,
) -> Vec<f64> {
    let load = |seconds| {
        let load = Command::new(&tools.load);
        Tools::run_load(load, (&server.url, "batch"), installation, seconds, None)
    };
    load(1);
    let printed = load(arguments.seconds / 3 + 1);
    printed
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}

/// What the load generator prints of two servers and their core, slice by slice.
fn slices(printed: &str) -> Vec<[f64; 3]> {
    let numbers = |line: &str| {
        line.split(' ')
            .map(str::parse)
            .collect::<Result<Vec<_>, _>>()
    };
    let slice = |line| numbers(line).ok()?.try_into().ok();
    printed.lines().filter_map(slice).collect()
}

impl Tools {
    fn build() -> Option<Self> {
        let tool = |name: &str| built("release", "xtask", &["--features", "bench", "--bin", name]);
        Some(Self {
            keystile: built("release", "keystile", &[])?,
            bare: tool("bare")?,
            fill: tool("fill")?,
            load: tool("load")?,
            spends: tool("spends")?,
        })
    }

    fn serve_bare(&self, answer: &Path) -> Server {
        let mut bare = pinned(0, &self.bare);
        bare.arg(answer);
        Server::wait_for(bare).expect("the bare server starts")
    }

    /// What the load generator prints.
    fn load(
        &self,
        url: &str,
        kind: &str,
        installation: &Installation,
        seconds: u64,
        other: Option<&str>,
    ) -> String {
        let load = pinned(1, &self.load);
        Self::run_load(load, (url, kind), installation, seconds, other)
    }

    fn run_load(
        mut load: Command,
        (url, kind): (&str, &str),
        installation: &Installation,
        seconds: u64,
        other: Option<&str>,
    ) -> String {
        let address = url.trim_start_matches("http://");
        load.args([
            address,
            kind,
            &installation.keys.to_string(),
            &seconds.to_string(),
        ]);
        load.arg(&installation.operator);
        if let Some(other) = other {
            load.args([other, SERVERS_CORE]);
        }
        load.stderr(Stdio::inherit());
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
