//! The long counts: the same tests as always, told to go on for longer.

use std::process::ExitCode;

use crate::{test, tree};

/// What `soak` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Install what is missing first.
    #[arg(long)]
    provision: bool,
    /// How many times the server is killed at a random moment.
    #[arg(long, default_value_t = 1_000)]
    kills: u32,
    /// How many changes are made while others verify; twenty times as many verifies.
    #[arg(long, default_value_t = 1_000_000)]
    changes: u32,
    /// How many cases each property is tried on.
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
    /// How many keys of another system are imported while others are verified and revoked.
    #[arg(long, default_value_t = 1_000_000)]
    import: u32,
    /// How many keys are used for a year.
    #[arg(long, default_value_t = 1_000)]
    year: u32,
    /// How many times credits are spent, given back and topped up while the server is killed.
    #[arg(long, default_value_t = 10_000_000)]
    spends: u32,
    /// How many rounds of charges are made for each write of theirs that goes wrong.
    #[arg(long, default_value_t = 12)]
    faults: u32,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if !test::is_provided(arguments.provision) {
        println!("nothing was run: what is missing would fail after most of an hour");
        return ExitCode::FAILURE;
    }
    let counts = [
        ("SOAK_KILLS", arguments.kills),
        ("SOAK_CHANGES", arguments.changes),
        ("PROPTEST_CASES", arguments.cases),
        ("SOAK_USAGE_KEYS", arguments.year),
        ("SOAK_FAULTS", arguments.faults),
        ("SOAK_SPENDS", arguments.spends),
    ];
    counts
        .iter()
        .for_each(|(name, count)| println!("{name}={count}"));
    let all = ["--workspace", "--no-fail-fast", "--", "--include-ignored"];
    let passed = tests(&all, &counts);
    // By itself, because it tells how long everything took.
    let import = ["--package", "keystile", "--test", "it", "--"];
    let import = [&import[..], &["moving_in_at_work", "--nocapture"]].concat();
    let imported = tests(&import, &[("SOAK_IMPORT", arguments.import)]);
    ExitCode::from(u8::from(!(passed && imported)))
}

/// Runs tests as they are built for users; whether they passed.
fn tests(which: &[&str], counts: &[(&str, u32)]) -> bool {
    let mut soak = tree::cargo();
    soak.args(["test", "--release"]).args(which);
    for (name, count) in counts {
        soak.env(name, count.to_string());
    }
    let ended = soak.current_dir(tree::root()).status();
    ended.is_ok_and(|status| status.success())
}
