//! The interface description: accepted by a linter, and kept by the running server whatever it is
//! sent.

use std::process::{Command, Stdio};

use super::{Count, announce, provision};
use crate::generate;
use crate::server::{Server, built};
use crate::tree;

/// How many requests are made up for each operation.
const EXAMPLES: &str = "20";

pub(super) fn checks() -> Count {
    let mut count = Count::default();
    announce("openapi/v1.json is what the binary prints");
    count.add(Count::one(generate::interface_is_current()));
    count.add(Count::one(lint()));
    count.add(Count::one(try_everything()));
    count
}

fn lint() -> bool {
    announce("redocly lint openapi/v1.json");
    let mut lint = Command::new(provision::redocly());
    lint.args([
        "lint",
        "--config",
        "openapi/redocly.yaml",
        "openapi/v1.json",
    ]);
    // It would otherwise ask home for a newer version.
    lint.env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .env("REDOCLY_TELEMETRY", "off");
    lint.current_dir(tree::root())
        .status()
        .is_ok_and(|status| status.success())
}

/// No 5xx, and no answer that is not described.
fn try_everything() -> bool {
    announce("schemathesis against a running server");
    let data = tree::root().join("target/tools/schemathesis-data");
    let _ = std::fs::remove_dir_all(&data);
    let Some(keystile) = built("dev", "keystile", &[]) else {
        return false;
    };
    let Some(operator) = minted(&keystile) else {
        return false;
    };
    let Some(server) = Server::start(Command::new(&keystile), &data, &operator) else {
        println!("the server did not start");
        return false;
    };
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_headers_conformance,response_schema_conformance";
    Command::new(provision::schemathesis())
        .args([
            "run",
            "--checks",
            checks,
            "--max-examples",
            EXAMPLES,
            "--seed",
            "1",
        ])
        .args([
            "--no-color",
            "--request-timeout",
            "20",
            "--suppress-health-check",
            "all",
        ])
        .args(["--header", &format!("Authorization: Bearer {operator}")])
        .arg(format!("{}/openapi.json", server.url))
        .status()
        .is_ok_and(|status| status.success())
}

fn minted(keystile: &std::path::Path) -> Option<String> {
    let mint = ["mint", "--brand", "keystile"];
    let minted = Command::new(keystile)
        .args(mint)
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    Some(String::from_utf8(minted.stdout).ok()?.trim().to_owned())
}
