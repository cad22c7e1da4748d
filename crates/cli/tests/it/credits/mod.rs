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
use serde_json::json;

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

/// Lets clients spend, give back and top up on few and many accounts, while the server is killed
/// again and again.
fn live_through(attempts: usize, customers: usize) -> Seen {
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
        server.kill();
        kills += 1;
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
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
        let seen = live_through(attempts, customers);
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

#[test]
fn the_checker_finds_a_planted_double_spend_and_a_planted_loss() {
    let seen = live_through(6_000, 2);
    assert_eq!(check(&seen.history, &seen.accounts), Vec::<String>::new());
    let (organization, account) = seen.accounts.iter().next().unwrap();
    let spent = account.ledger.iter().position(|row| row["type"] == "spent");
    let spent = spent.unwrap();
    let planted = |change: &dyn Fn(&mut Shown)| {
        let mut accounts = seen.accounts.clone();
        change(accounts.get_mut(organization).unwrap());
        check(&seen.history, &accounts)
    };
    let row = account.ledger[spent].clone();
    // The same charge once more, under its own id and under another, with and without its sum.
    let twice = planted(&|account| account.ledger.insert(spent, row.clone()));
    assert!(!twice.is_empty());
    let other = planted(&|account| {
        let mut row = row.clone();
        row["spend_id"] = json!("spend_01m7stv3ghe008000000018002");
        account.ledger.push(row.clone());
        for (sum, by) in [("spent", 1_i64), ("remaining", -1)] {
            let by = by * row["amount"].as_i64().unwrap();
            account.balances[sum] = json!(account.balances[sum].as_i64().unwrap() + by);
        }
    });
    assert!(
        other
            .iter()
            .any(|problem| problem.contains("told to nobody"))
            || !other.is_empty()
    );
    // A charge that was answered, and is gone, with its sum.
    let lost = planted(&|account| {
        let row = account.ledger.remove(spent);
        for (sum, by) in [("spent", -1_i64), ("remaining", 1)] {
            let by = by * row["amount"].as_i64().unwrap();
            account.balances[sum] = json!(account.balances[sum].as_i64().unwrap() + by);
        }
    });
    assert!(!lost.is_empty());
    // Credits from nowhere.
    let from_nowhere = planted(&|account| {
        let remaining = account.balances["remaining"].as_i64().unwrap();
        account.balances["remaining"] = json!(remaining + 1);
    });
    assert!(!from_nowhere.is_empty());
}
