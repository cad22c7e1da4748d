//! The chores of the house: checks, tests, measurements, generated files.
//!
//! `cargo xtask --help` lists them. Nothing here is part of what users run.

mod bench;
mod docs;
mod generate;
mod server;
mod soak;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the house.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Writes the generated files anew.
    Generate(generate::Arguments),
    /// Builds the site of the documents.
    Docs,
    /// Checks the house rules.
    Tidy,
    /// Runs every check and test; `fast` only those that need nothing but Rust.
    Test(test::Arguments),
    /// Measures speed, memory and start-up.
    Bench(bench::Arguments),
    /// Runs the tests for long.
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().chore {
        Chore::Generate(arguments) => generate::run(&arguments),
        Chore::Docs => docs::run(),
        Chore::Tidy => tidy::run(),
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Soak(arguments) => soak::run(&arguments),
    }
}
