//! The long counts: the same tests as always, told to go on for longer.

use std::process::{Command, ExitCode};

use crate::tree;

/// What `soak` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many times the server is killed at a random moment.
    #[arg(long, default_value_t = 1_000)]
    kills: u32,
    /// How many changes are made while others verify; twenty times as many verifies.
    #[arg(long, default_value_t = 1_000_000)]
    changes: u32,
    /// How many cases each property is tried on.
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let counts = [
        ("SOAK_KILLS", arguments.kills),
        ("SOAK_CHANGES", arguments.changes),
        ("PROPTEST_CASES", arguments.cases),
    ];
    let mut soak = Command::new(env!("CARGO"));
    soak.args(["test", "--release", "--workspace", "--no-fail-fast"]);
    soak.args(["--", "--include-ignored"]);
    for (name, count) in counts {
        println!("{name}={count}");
        soak.env(name, count.to_string());
    }
    let passed = soak
        .current_dir(tree::root())
        .status()
        .is_ok_and(|status| status.success());
    ExitCode::from(u8::from(!passed))
}
