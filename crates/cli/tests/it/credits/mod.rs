//! Credits under kill -9: whatever happens, every credit is somewhere, and nowhere twice.

mod checker;
mod customers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use checker::{Attempt, Shown, check};
use customers::{Customer, found, shown};
use serde_json::{Value, json};

use crate::process::{Process, keystile, operator_key};

const CLIENTS: usize = 6;

/// How many calls are attempted, unless the soak says more.
const ATTEMPTS: usize = 200_000;

/// Kills come after so many attempts, give or take.
const BETWEEN_KILLS: usize = 12_000;

/// What happened, and what was seen in the end.
struct Seen {
    history: Vec<Attempt>,
    accounts: BTreeMap<String, Shown>,
    kills: usize,
}

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Under load, by kill -9.
    Killed,
    /// When every client has its answer.
    Quiet,
}

/// Lets clients spend, give back and top up on few and many accounts, while the server ends and
/// begins again and again.
fn live_through(attempts: usize, customers: usize, end: End) -> Seen {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let operator = operator_key();
    let history = Arc::new(Mutex::new(Vec::new()));
    let server = Process::start(&data, &operator);
    let organizations = found(server.address, &operator, customers, &history);
    server.kill();
    let made = Arc::new(AtomicUsize::new(0));
    let mut kills = 0;
    while made.load(Ordering::Relaxed) < attempts {
        let server = Process::start(&data, &operator);
        let stop = Arc::new(AtomicBool::new(false));
        let begun = made.load(Ordering::Relaxed);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let customer = Customer {
                    address: server.address,
                    operator: operator.clone(),
                    organizations: organizations.clone(),
                    history: Arc::clone(&history),
                    made: Arc::clone(&made),
                    stop: Arc::clone(&stop),
                };
                let seed = (kills * CLIENTS + number + 1) as u64;
                thread::spawn(move || customer.run(seed))
            })
            .collect();
        let enough = begun + BETWEEN_KILLS.min(attempts / 4);
        while made.load(Ordering::Relaxed) < enough.min(attempts) {
            // The moment of the kill is what is random here; nothing is waited for.
            thread::sleep(Duration::from_millis(3));
        }
        kills += 1;
        let mut server = Some(server);
        if end == End::Killed {
            server.take().into_iter().for_each(Process::kill);
        }
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
        server.into_iter().for_each(Process::kill);
    }
    let server = Process::start(&data, &operator);
    let accounts = organizations
        .iter()
        .map(|one| (one.id.clone(), shown(server.address, &operator, &one.id)))
        .collect();
    assert!(server.terminate());
    let verified = keystile(&data, &["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let history = history.lock().unwrap().clone();
    Seen {
        history,
        accounts,
        kills,
    }
}

#[test]
fn d5_r03_r07_x10_every_credit_is_somewhere_and_nowhere_twice_whatever_is_killed() {
    let attempts = std::env::var("SOAK_SPENDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ATTEMPTS);
    // In lives of so many that what is known of each has room in memory.
    let lives = attempts.div_ceil(ATTEMPTS).max(1) * 2;
    let attempts = attempts / lives;
    for life in 0..lives {
        let customers = if life.is_multiple_of(2) { 2 } else { 60 };
        let seen = live_through(attempts, customers, End::Killed);
        let wrong = check(&seen.history, &seen.accounts);
        assert!(
            wrong.is_empty(),
            "{} wrong: {:#?}",
            wrong.len(),
            &wrong[..wrong.len().min(5)]
        );
        let charged = |account: &Shown| {
            account
                .ledger
                .iter()
                .filter(|row| row["type"] == "spent")
                .count()
        };
        let charges: usize = seen.accounts.values().map(charged).sum();
        assert!(
            seen.kills > 3 && charges > attempts / 10,
            "{} kills, {charges} charges",
            seen.kills
        );
    }
}

/// What is wrong once a history is changed behind the ledger's back.
fn planted(seen: &Seen, change: impl FnOnce(&mut Shown)) -> String {
    let mut accounts = seen.accounts.clone();
    change(accounts.values_mut().next().unwrap());
    check(&seen.history, &accounts).join("; ")
}

/// Moves a balance along with a row that was planted or taken away.
fn move_sums(account: &mut Shown, row: &Value, times: i64) {
    let by = times * row["amount"].as_i64().unwrap();
    for (sum, by) in [("spent", by), ("remaining", -by)] {
        let before = account.balances[sum].as_i64().unwrap();
        account.balances[sum] = json!(before + by);
    }
}

#[test]
fn the_checker_finds_a_planted_double_spend_and_a_planted_loss() {
    // Everybody has an answer, so nothing may be there that nobody was told.
    let seen = live_through(6_000, 2, End::Quiet);
    assert_eq!(check(&seen.history, &seen.accounts), Vec::<String>::new());
    let account = seen.accounts.values().next().unwrap();
    let spent = |row: &&Value| row["type"] == "spent";
    let row = account.ledger.iter().find(spent).unwrap().clone();
    let spend = row["spend_id"].as_str().unwrap();
    // The same charge once more, under its own id and under another.
    let twice = planted(&seen, |account| {
        account.ledger.push(row.clone());
        move_sums(account, &row, 1);
    });
    assert!(
        twice.contains(&format!("{spend} was charged twice")),
        "{twice}"
    );
    let other = planted(&seen, |account| {
        let mut row = row.clone();
        row["spend_id"] = json!("spend_01m7stv3ghe008000000018002");
        move_sums(account, &row, 1);
        account.ledger.push(row);
    });
    assert!(other.contains("told to nobody"), "{other}");
    // A charge that was answered and is gone, and one that is smaller than it was.
    let lost = planted(&seen, |account| {
        account.ledger.retain(|one| one["spend_id"] != spend);
        move_sums(account, &row, -1);
    });
    let gone = format!("{spend} was allowed, and is not in the ledger");
    assert!(lost.contains(&gone), "{lost}");
    let smaller = planted(&seen, |account| {
        let of = |one: &&mut Value| one["spend_id"] == spend && one["type"] == "spent";
        let one = account.ledger.iter_mut().find(of).unwrap();
        one["amount"] = json!(0);
        move_sums(account, &row, -1);
    });
    assert!(smaller.contains("0 was charged"), "{smaller}");
    // Credits from nowhere.
    let from_nowhere = planted(&seen, |account| {
        let remaining = account.balances["remaining"].as_i64().unwrap();
        account.balances["remaining"] = json!(remaining + 1);
    });
    assert!(from_nowhere.contains("the rows come to"), "{from_nowhere}");
}
