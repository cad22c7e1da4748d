//! The interface description as others read it: a linter, and a tester that makes up requests
//! from it for a running server. `cargo xtask test --provision` installs both.

#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the other test binary uses all of it")]
mod process;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use world::World;

/// How many requests are made up for each operation in each phase.
const EXAMPLES: &str = "30";

/// Everything that a description can be held to, but two things: what it calls valid may still be
/// refused here, because names are taken, ids name nothing and manifests contradict themselves; and
/// what was just created is not always what the next request names, because ids are given.
const NOT_CHECKED: &str = "positive_data_acceptance,ensure_resource_availability";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A tool that is installed beside the build.
fn tool(place: &str) -> Command {
    let path = root().join("target/tools").join(place);
    assert!(
        path.exists(),
        "{place} is missing: `cargo xtask test --provision` installs it"
    );
    Command::new(path.canonicalize().unwrap())
}

#[test]
#[ignore = "needs redocly: `cargo xtask test --provision`"]
fn the_interface_description_pleases_a_linter() {
    let linted = tool("node/node_modules/.bin/redocly")
        .args(["lint", "--config", "openapi/lint.yaml", "openapi/v1.json"])
        .current_dir(root())
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .output()
        .unwrap();
    let told = [linted.stdout, linted.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    // Its warnings about the description count; those about the machine it runs on do not.
    assert!(
        linted.status.success() && told.contains("Your API description is valid"),
        "{told}"
    );
}

#[test]
#[ignore = "needs schemathesis: `cargo xtask test --provision`"]
fn the_server_keeps_what_the_interface_description_says_whatever_it_is_sent() {
    let world = World::new();
    let bearer = format!("Authorization: Bearer {}", world.operator);
    let tried = tool("python/bin/schemathesis")
        // It leaves notes of its own where it runs.
        .current_dir(world.directory.path())
        .arg("--config-file")
        .arg(world.known())
        .args(["run", "--checks", "all", "--exclude-checks", NOT_CHECKED])
        .args(["--max-examples", EXAMPLES, "--seed", "1", "--no-color"])
        .args(["--continue-on-failure", "--request-timeout", "20"])
        .args(["--suppress-health-check", "all", "--header", &bearer])
        .arg(format!("http://{}/openapi.json", world.server.address))
        .output()
        .unwrap();
    let told = [tried.stdout, tried.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(tried.status.success(), "{told}");
    let idle = world.never_done();
    assert!(
        idle.is_empty(),
        "nothing that was tried got through: {idle:?}\n{told}"
    );
}
