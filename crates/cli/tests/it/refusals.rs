//! What the binary refuses to start with, and what it says.

use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::process::{KEYSTILE, Process, keystile, operator_key};

fn serve(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(KEYSTILE);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(arguments);
    command.envs(variables.iter().copied());
    command.output().unwrap()
}

/// What it says on its way out; that it goes is part of it.
#[track_caller]
fn refused(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it started: {told}");
    told
}

fn installation() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let made = keystile(&directory.path().join("data"), &["organizations", "list"]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    directory
}

#[test]
fn a_second_start_on_one_data_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let first = Process::start(&data, &operator_key());
    let told = refused(&serve(&data, &[], &[]));
    assert!(
        told.contains("in use by another keystile process"),
        "{told}"
    );
    assert!(first.terminate());
}

#[test]
fn g01_an_unknown_setting_is_refused_by_its_name() {
    let directory = installation();
    let data = directory.path().join("data");
    let told = refused(&serve(&data, &[("KEYSTILE_LISTNE", "x")], &[]));
    assert!(told.contains("KEYSTILE_LISTNE"), "{told}");
    let file = data.join("keystile.toml");
    std::fs::write(&file, "listne = \"127.0.0.1:1\"\n").unwrap();
    let told = refused(&serve(&data, &[], &[]));
    assert!(
        told.contains("listne") && told.contains("keystile.toml"),
        "{told}"
    );
}

#[test]
fn g02_a_sample_master_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = refused(&serve(
        &data,
        &[("KEYSTILE_MASTER_KEY", &"00".repeat(32))],
        &[],
    ));
    assert!(told.contains("sample"), "{told}");
    let told = refused(&serve(&data, &[("KEYSTILE_MASTER_KEY", "short")], &[]));
    assert!(told.contains("64 hexadecimal digits"), "{told}");
}

#[test]
fn g03_another_or_a_missing_master_key_is_refused_and_changes_nothing() {
    let directory = installation();
    let data = directory.path().join("data");
    let key = data.join("master.key");
    let kept = std::fs::read(&key).unwrap();
    let other = "3f9a1c5e7b2d4860f1e2d3c4b5a69788796a5b4c3d2e1f00a1b2c3d4e5f60718";
    let told = refused(&serve(&data, &[("KEYSTILE_MASTER_KEY", other)], &[]));
    assert!(told.contains("master key does not open"), "{told}");
    std::fs::remove_file(&key).unwrap();
    let told = refused(&serve(&data, &[], &[]));
    assert!(told.contains("master key is missing"), "{told}");
    assert!(
        !key.exists(),
        "a new master key must not be made for old data"
    );
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(keystile(&data, &["audit", "verify"]).status.success());
}

#[test]
fn g06_t09_files_that_others_can_read_are_refused_with_the_remedy() {
    let directory = installation();
    let data = directory.path().join("data");
    let loosen = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    loosen(&data.join("master.key"), 0o644);
    let told = refused(&serve(&data, &[], &[]));
    assert!(told.contains("chmod 600"), "{told}");
    loosen(&data.join("master.key"), 0o600);
    loosen(&data.join("keystile.sqlite"), 0o640);
    let told = refused(&serve(&data, &[], &[]));
    assert!(told.contains("chmod"), "{told}");
}

#[test]
fn g04_trusting_every_machine_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = refused(&serve(&data, &[], &["--trusted-proxies", "0.0.0.0/0"]));
    assert!(told.contains("--trusted-proxies"), "{told}");
}

#[test]
fn plain_http_off_loopback_is_refused_with_both_remedies() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = refused(&serve(&data, &[], &["--public-listen", "0.0.0.0:0"]));
    assert!(
        told.contains("--tls-cert") && told.contains("--behind-proxy"),
        "{told}"
    );
}

#[test]
fn t06_a_damaged_database_is_refused_and_left_as_it_is() {
    let directory = installation();
    let data = directory.path().join("data");
    let path = data.join("keystile.sqlite");
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(b"this is not a database").unwrap();
    drop(file);
    let before = std::fs::read(&path).unwrap();
    let told = refused(&serve(&data, &[], &[]));
    assert!(told.contains("damaged"), "{told}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_bootstrap_key_that_is_none_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = refused(&serve(&data, &[("KEYSTILE_BOOTSTRAP_KEY", "secret")], &[]));
    assert!(told.contains("keystile mint --brand keystile"), "{told}");
}

#[test]
fn t10_a_data_directory_behind_a_link_is_refused() {
    let directory = installation();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(directory.path().join("data"), &link).unwrap();
    let told = refused(&serve(&link, &[], &[]));
    assert!(told.contains("link"), "{told}");
}
