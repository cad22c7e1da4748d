//! Which room may depend on what. The same walls stand in `deny.toml`, for those who have
//! cargo-deny; these need only cargo.

use serde_json::Value;

use super::Faults;
use crate::tree::{self, File};

/// A dependency, and the only members of the workspace that may name it.
const WALLS: [(&str, &[&str]); 13] = [
    // Users of the SDK get nothing of the server.
    (
        "keystile-core",
        &["keystile-store", "keystile-server", "keystile", "xtask"],
    ),
    ("rusqlite", &["keystile-store"]),
    ("hyper", HTTP),
    ("hyper-util", HTTP),
    ("http", HTTP),
    ("http-body-util", HTTP),
    ("maud", &["keystile-server"]),
    ("matchit", &["keystile-server"]),
    ("tokio-rustls", &["keystile-server"]),
    (
        "tokio",
        &[
            "keystile-store",
            "keystile-server",
            "keystile",
            "keystile-sdk",
            "xtask",
        ],
    ),
    ("async-trait", &["keystile-store", "keystile-server"]),
    ("clap", &["keystile", "xtask"]),
    ("getrandom", &["keystile-server", "keystile"]),
];

/// Who speaks HTTP.
const HTTP: &[&str] = &["keystile-server", "keystile", "keystile-sdk", "xtask"];

/// From the ground up: each may depend on those before it.
const FLOORS: [&str; 5] = [
    "keystile-core",
    "keystile-store",
    "keystile-server",
    "keystile",
    "xtask",
];

/// The one file that may have it, and why stands there.
const UNSAFE: &str = "crates/core/src/near.rs";

/// The compiler denies it too, but would take an exception anywhere. In halves, so that this file
/// does not break its own rule.
pub(super) fn not_safe(files: &[File]) -> Faults {
    let forms = ["_code", " {", " fn", " impl", " trait", " extern"];
    let forms = forms.map(|form| ["uns", "afe", form].concat());
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    rust.filter(|file| file.path != UNSAFE)
        .flat_map(|file| {
            let lines = file.text.lines().enumerate();
            let broken = lines.filter(|(_, line)| forms.iter().any(|form| line.contains(form)));
            broken.map(|(at, _)| format!("{}:{}", file.path, at + 1))
        })
        .collect()
}

pub(super) fn misplaced(_: &[File]) -> Faults {
    let mut faults = Faults::new();
    for (member, dependency) in dependencies() {
        let wall = WALLS.iter().find(|(guarded, _)| *guarded == dependency);
        if wall.is_some_and(|(_, allowed)| !allowed.contains(&member.as_str())) {
            faults.push(format!("{member} must not depend on {dependency}"));
        }
    }
    faults
}

pub(super) fn backward(_: &[File]) -> Faults {
    let floor = |name: &str| FLOORS.iter().position(|known| *known == name);
    let mut faults = Faults::new();
    for (member, dependency) in dependencies() {
        if let (Some(from), Some(to)) = (floor(&member), floor(&dependency))
            && from < to
        {
            faults.push(format!(
                "{member} must not depend on {dependency}, which stands above it"
            ));
        }
    }
    faults
}

/// Every member of the workspace with each of its dependencies, those of tests left out.
fn dependencies() -> Vec<(String, String)> {
    let metadata = tree::cargo()
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .output()
        .expect("cargo describes the workspace");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"] != "dev" {
                all.push((text(&package["name"]), text(&dependency["name"])));
            }
        }
    }
    assert!(!all.is_empty(), "the workspace has dependencies");
    all
}
