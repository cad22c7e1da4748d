//! Everything that must hold before a change is taken, ending in one line that says how much ran.
//!
//! `fast` needs only Rust. The whole needs nginx, Node, Chromium, Python, Go and a few packages; `--provision`
//! installs them. What is missing counts as failed: nothing is skipped in silence.

mod browser;
mod cargo;
mod examples;
mod openapi;
pub(crate) mod provision;
mod sdks;

use std::process::ExitCode;

use crate::{docs, tidy};

/// What `test` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How much to run.
    #[arg(value_enum, default_value_t = Extent::All)]
    extent: Extent,
    /// Install what the tests need first.
    #[arg(long)]
    provision: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Extent {
    /// Everything.
    All,
    /// What needs only Rust.
    Fast,
}

/// How many checks and tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn one(passed: bool) -> Self {
        Self {
            passed: u64::from(passed),
            failed: u64::from(!passed),
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let whole = arguments.extent == Extent::All;
    let mut count = Count::default();
    if whole {
        count.add(provision::check(arguments.provision));
    }
    let (passed, failed) = tidy::check();
    count.add(Count { passed, failed });
    count.add(cargo::checks());
    count.add(cargo::tests(whole));
    if whole {
        count.add(openapi::checks());
        announce("the site of the documents");
        count.add(Count::one(docs::build()));
        count.add(browser::tests());
        count.add(sdks::tests());
        count.add(examples::tests());
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    ExitCode::from(u8::from(count.failed > 0))
}

/// Whether everything that the tests need is there; first installs what is missing if told to.
pub(crate) fn is_provided(install: bool) -> bool {
    provision::check(install).failed == 0
}

/// Says what comes next, so that whoever watches knows what takes its time.
fn announce(what: &str) {
    println!("\n== {what}");
}
