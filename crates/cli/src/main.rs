//! The one binary. It alone reads arguments and the environment; everything it does otherwise is
//! done by the server it starts or calls.

mod args;
mod call;
mod commands;
mod demo;
mod output;
mod scan;
mod serve;
mod settings;

use std::time::Duration;

use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Arguments, Command};
use output::Failed;

/// Every request takes and gives back a little memory, which this does with fewer steps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments = told();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // When a thread ends, what it had of memory goes back to the system: after the start, that
        // is what the index was made of.
        .thread_keep_alive(Duration::from_secs(1))
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(why) => Err(Failed::new(format!("the runtime does not start: {why}"))),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failed) => {
            failed.print();
            std::process::ExitCode::FAILURE
        }
    }
}

/// What this process was told; ends it where that makes no sense.
fn told() -> Arguments {
    let matches = Arguments::command().get_matches();
    let mut told = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let command = matches.subcommand().map(|(_, command)| command);
    let source = command.and_then(|command| command.value_source("data"));
    told.global.said_data = source == Some(ValueSource::CommandLine);
    told
}

async fn run(arguments: Arguments) -> Result<(), Failed> {
    match arguments.command {
        Command::Serve(ref serve) => serve::run(&arguments.global, serve).await,
        Command::Mint(mint) => commands::offline::mint(&mint),
        Command::Init(init) => commands::offline::init(&init),
        Command::Scan(scan) => scan::run(&scan),
        Command::Completions { shell } => {
            args::completions(shell);
            Ok(())
        }
        Command::Schema => commands::offline::schema(),
        Command::Openapi => commands::offline::openapi(),
        other => commands::run(&arguments.global, other).await,
    }
}
