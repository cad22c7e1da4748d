//! Does the sums of a history of credits again. It knows nothing of the ledger but what a customer
//! sees: its listing, the balances, and what every call was answered.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

/// What a client asked for, and what it was told.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Whose credits.
    pub(crate) organization: String,
    pub(crate) asked: Asked,
    pub(crate) told: Told,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Grant {
        amount: u64,
    },
    Spend {
        cost: u64,
        /// By what a repetition is known.
        name: Option<String>,
        reserve: bool,
    },
    Settle {
        spend: String,
        amount: u64,
    },
    Release {
        spend: String,
    },
    Refund {
        spend: String,
        amount: u64,
    },
}

/// What became of it, as far as the client knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// It happened; of a spend, its id.
    Done(String),
    /// It did not happen.
    Refused,
    /// No answer came, or one that says that it is not known.
    Nothing,
}

/// What an account shows in the end.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// `GET …/credits` of the mode.
    pub(crate) balances: Value,
    /// `GET …/ledger` of the mode, the oldest first.
    pub(crate) ledger: Vec<Value>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    granted: i128,
    spent: i128,
    reserved: i128,
    expired: i128,
    remaining: i128,
}

/// A charge as the ledger's rows tell it.
#[derive(Debug, Default)]
struct Charge {
    cost: i128,
    reserved: bool,
    settled: Option<i128>,
    returned: i128,
}

/// Everything that is wrong with a history.
pub(crate) fn check(history: &[Attempt], shown: &BTreeMap<String, Shown>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (organization, account) in shown {
        let of: Vec<_> = history
            .iter()
            .filter(|one| one.organization == *organization)
            .collect();
        let mut problems = Vec::new();
        let charges = sum_up(account, &mut problems);
        compare_spends(&of, &charges, &mut problems);
        compare_changes(&of, &charges, &mut problems);
        compare_grants(&of, account, &mut problems);
        let named = problems.into_iter();
        wrong.extend(named.map(|problem| format!("{organization}: {problem}")));
    }
    wrong
}

fn number(value: &Value) -> i128 {
    value.as_u64().map_or(-1, i128::from)
}

/// Adds up the rows one after the other; no sum is ever below zero, and in the end they are what is
/// shown.
fn sum_up(account: &Shown, wrong: &mut Vec<String>) -> HashMap<String, Charge> {
    let mut sums = Sums::default();
    let mut charges: HashMap<String, Charge> = HashMap::new();
    for row in &account.ledger {
        let (kind, amount) = (
            row["type"].as_str().unwrap_or_default(),
            number(&row["amount"]),
        );
        let spend = row["spend_id"].as_str().unwrap_or_default().to_owned();
        match kind {
            "granted" => {
                sums.granted += amount;
                sums.remaining += amount;
            }
            "expired" | "voided" => {
                sums.remaining -= amount;
                sums.expired += amount;
            }
            "spent" | "reserved" => {
                sums.remaining -= amount;
                let is_reserved = kind == "reserved";
                *(if is_reserved {
                    &mut sums.reserved
                } else {
                    &mut sums.spent
                }) += amount;
                let charge = Charge {
                    cost: amount,
                    reserved: is_reserved,
                    ..Charge::default()
                };
                if charges.insert(spend.clone(), charge).is_some() {
                    wrong.push(format!("{spend} was charged twice"));
                }
            }
            "settled" | "refunded" | "reversed" | "released" | "ran_out" => {
                let Some(charge) = charges.get_mut(&spend) else {
                    wrong.push(format!("{kind} of {spend}, which was never charged"));
                    continue;
                };
                change(&mut sums, charge, kind, amount);
                if charge.returned > charge.settled.unwrap_or(charge.cost) {
                    wrong.push(format!("more of {spend} was given back than it cost"));
                }
            }
            "credits.low" | "credits.exhausted" => {}
            other => wrong.push(format!("an entry of the kind {other:?}")),
        }
        let all = [sums.spent, sums.reserved, sums.expired, sums.remaining];
        if all.iter().any(|sum| *sum < 0) || all.iter().sum::<i128>() != sums.granted {
            wrong.push(format!("after {row}: {sums:?}"));
        }
    }
    let found = Sums {
        granted: number(&account.balances["granted"]),
        spent: number(&account.balances["spent"]),
        reserved: number(&account.balances["reserved"]),
        expired: number(&account.balances["expired"]),
        remaining: number(&account.balances["remaining"]),
    };
    if found != sums {
        wrong.push(format!("shown are {found:?}, the rows come to {sums:?}"));
    }
    charges
}

fn change(sums: &mut Sums, charge: &mut Charge, kind: &str, amount: i128) {
    if kind == "settled" {
        sums.reserved -= charge.cost;
        sums.spent += amount;
        sums.remaining += charge.cost - amount;
        charge.settled = Some(amount);
        return;
    }
    let is_open = charge.reserved && charge.settled.is_none();
    *(if is_open {
        &mut sums.reserved
    } else {
        &mut sums.spent
    }) -= amount;
    sums.remaining += amount;
    charge.returned += amount;
}

/// Every spend that was allowed is charged, with its cost; nothing else is but what nobody knows.
fn compare_spends(
    history: &[&Attempt],
    charges: &HashMap<String, Charge>,
    wrong: &mut Vec<String>,
) {
    let mut allowed: HashMap<&str, i128> = HashMap::new();
    let mut by_name: HashMap<&str, &str> = HashMap::new();
    let mut unknown: HashSet<&str> = HashSet::new();
    let mut nameless = 0_usize;
    for attempt in history {
        let Asked::Spend { cost, name, .. } = &attempt.asked else {
            continue;
        };
        match (&attempt.told, name) {
            (Told::Done(spend), name) => {
                let first = allowed.insert(spend, i128::from(*cost)).is_none();
                if let Some(name) = name {
                    let known = *by_name.entry(name).or_insert(spend);
                    if known != spend {
                        wrong.push(format!("{name} was charged as {known} and as {spend}"));
                    }
                } else if !first {
                    wrong.push(format!("{spend} was told to two calls"));
                }
            }
            (Told::Nothing, Some(name)) => drop(unknown.insert(name)),
            (Told::Nothing, None) => nameless += 1,
            (Told::Refused, _) => {}
        }
    }
    for (spend, cost) in &allowed {
        match charges.get(*spend) {
            None => wrong.push(format!("{spend} was allowed, and is not in the ledger")),
            Some(charge) if charge.cost != *cost => {
                wrong.push(format!(
                    "{spend} costs {cost}, and {} was charged",
                    charge.cost
                ));
            }
            Some(_) => {}
        }
    }
    let unnamed = unknown.iter().filter(|name| !by_name.contains_key(**name));
    let possible = nameless + unnamed.count();
    let untold = charges
        .keys()
        .filter(|spend| !allowed.contains_key(spend.as_str()));
    let untold = untold.count();
    if untold > possible {
        wrong.push(format!(
            "{untold} charges were told to nobody, of {possible} calls that were told nothing"
        ));
    }
}

/// What was given back or settled is what clients were told, give or take what nobody knows.
fn compare_changes(
    history: &[&Attempt],
    charges: &HashMap<String, Charge>,
    wrong: &mut Vec<String>,
) {
    let mut returned: HashMap<&str, (i128, i128)> = HashMap::new();
    for attempt in history {
        let (spend, amount) = match &attempt.asked {
            Asked::Refund { spend, amount } => (spend, i128::from(*amount)),
            Asked::Release { spend } => (spend, charges.get(spend).map_or(0, |one| one.cost)),
            Asked::Settle { spend, amount } => {
                let settled = charges.get(spend).and_then(|one| one.settled);
                if matches!(attempt.told, Told::Done(_)) && settled != Some(i128::from(*amount)) {
                    wrong.push(format!("{spend} was settled for {amount}, not {settled:?}"));
                }
                continue;
            }
            _ => continue,
        };
        let (least, most) = returned.entry(spend).or_default();
        match attempt.told {
            Told::Done(_) => {
                *least += amount;
                *most += amount;
            }
            Told::Nothing => *most += amount,
            Told::Refused => {}
        }
    }
    for (spend, charge) in charges {
        let (least, most) = returned.get(spend.as_str()).copied().unwrap_or_default();
        if !(least..=most).contains(&charge.returned) {
            let back = charge.returned;
            wrong.push(format!(
                "{back} of {spend} came back, told were {least} to {most}"
            ));
        }
    }
}

/// Every grant that was told is there, and no other but what nobody knows.
fn compare_grants(history: &[&Attempt], account: &Shown, wrong: &mut Vec<String>) {
    let (mut least, mut most) = (0, 0);
    for attempt in history {
        let Asked::Grant { amount } = attempt.asked else {
            continue;
        };
        match attempt.told {
            Told::Done(_) => {
                least += i128::from(amount);
                most += i128::from(amount);
            }
            Told::Nothing => most += i128::from(amount),
            Told::Refused => {}
        }
    }
    let granted = number(&account.balances["granted"]);
    if !(least..=most).contains(&granted) {
        wrong.push(format!(
            "{granted} were granted, told were {least} to {most}"
        ));
    }
}
