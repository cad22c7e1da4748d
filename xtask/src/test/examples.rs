//! The four systems as they run on Keystile: each is started by its one command and tried through
//! its own doors, its pages in a real browser.

use super::{Count, announce, browser};

/// Where the tests stand.
const TESTS: &str = "examples/tests";

/// Runs all of them.
pub(super) fn tests() -> Count {
    announce("the examples");
    browser::driven(TESTS)
}
