//! Where settings come from, and what is told of them.

use std::fs::File;

use serde_json::Value;

use crate::process::{Process, operator_key, serve};

#[test]
fn g07_flags_win_over_the_environment_over_the_file_and_what_is_in_force_is_told_masked() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = directory.path().join("settings.toml");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:1\"\npublic_url = \"https://file.example\"\n\
         trusted_proxies = [\"10.1.2.0/24\"]\n",
    )
    .unwrap();
    let log = directory.path().join("log");
    let (operator, master) = (
        operator_key(),
        "8d3f0a6c2b91e57f4460c8d7a1e93b52f60d7c1889b4e3a25c7f01d6e98a4b3c".to_owned(),
    );
    let mut command = serve(&data, &operator);
    command
        .arg("--config")
        .arg(&file)
        .env("KEYSTILE_LISTEN", "127.0.0.1:2")
        .env("KEYSTILE_PUBLIC_URL", "https://environment.example")
        .env("KEYSTILE_MASTER_KEY", &master)
        .stderr(File::create(&log).unwrap());
    assert!(Process::of(&mut command).terminate());
    let log = std::fs::read_to_string(&log).unwrap();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: Vec<_> = lines
        .filter(|line| line["message"] == "settings in force")
        .collect();
    let [told] = told.as_slice() else {
        panic!("{log}");
    };
    assert_eq!(told["listen"], "127.0.0.1:0", "the flag wins");
    assert_eq!(told["public_url"], "https://environment.example");
    assert_eq!(told["trusted_proxies"], "10.1.2.0/24", "the file is read");
    assert_eq!(told["behind_proxy"], false, "the default");
    for secret in ["master_key", "bootstrap_key"] {
        assert_eq!(told[secret], "from the environment, masked");
    }
    assert!(!log.contains(&master) && !log.contains(&operator), "{log}");
}
