//! The chores of the house: checks, tests, measurements, generated files.
//!
//! `cargo xtask --help` lists them. Nothing here is part of what users run.

mod generate;

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
}

fn main() -> ExitCode {
    match Arguments::parse().chore {
        Chore::Generate(arguments) => generate::run(&arguments),
    }
}
