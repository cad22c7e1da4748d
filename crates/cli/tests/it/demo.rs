//! `serve --demo`, and the lines that it prints.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::process::KEYSTILE;

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_printed_lines_tell_the_promised_story() {
    let child = Command::new(KEYSTILE)
        .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut demo = Demo(child);
    let stdout = BufReader::new(demo.0.stdout.take().unwrap());
    let mut lines = Vec::new();
    for line in stdout.lines().map(Result::unwrap) {
        let last = line.starts_with("Everything is thrown away");
        lines.push(line);
        if last {
            break;
        }
    }
    let pasted: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" --data "))
        .collect();
    let told: Vec<_> = pasted.iter().map(|line| paste(line)).collect();
    assert!(told[0].starts_with("allowed: pk_live_"), "{}", told[0]);
    assert!(told[1].contains("insufficient_scope") && told[1].contains("events:create"));
    assert!(told[2].starts_with("allowed: sk_live_"), "{}", told[2]);
    assert!(told[3].contains("in force on 1 of 1 nodes"), "{}", told[3]);
    assert!(told[3].contains("refused: revoked_key") && told[3].contains(" ms lay between"));
    assert!(told[4].contains("Riverside Concerts"), "{}", told[4]);
    assert!(told[5].contains("key.revoked"), "{}", told[5]);
}

fn paste(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_demo_listens_on_this_machine_only() {
    let output = Command::new(KEYSTILE)
        .args(["serve", "--demo", "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--demo"));
}

#[test]
fn the_demo_refuses_a_data_directory_that_it_would_not_use() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let data = data.to_str().unwrap();
    for arguments in [
        ["serve", "--demo", "--data", data],
        ["--data", data, "serve", "--demo"],
    ] {
        let output = Command::new(KEYSTILE).args(arguments).output().unwrap();
        assert!(!output.status.success());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("--demo") && told.contains("--data"), "{told}");
    }
}
