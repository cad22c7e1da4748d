//! Clients that spend, give back and top up, and write down what they were told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::checker::{Asked, Attempt, Shown, Told};
use crate::process::request;

/// An organization with a key that spends its live credits.
#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub(super) id: String,
    key: String,
}

/// One client.
pub(super) struct Customer {
    pub(super) address: SocketAddr,
    pub(super) operator: String,
    pub(super) organizations: Vec<Organization>,
    pub(super) history: Arc<Mutex<Vec<Attempt>>>,
    pub(super) made: Arc<AtomicUsize>,
    pub(super) stop: Arc<AtomicBool>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Makes the product and its customers, each with some credits.
pub(super) fn found(
    address: SocketAddr,
    operator: &str,
    customers: usize,
    history: &Mutex<Vec<Attempt>>,
) -> Vec<Organization> {
    let system = keystile_core::manifest::System::Datakeen;
    let manifest = keystile_core::manifest::starter(Some(system));
    let manifest = manifest.replace("cost = 1\n", "cost = 1\nmax_cost = 9\n");
    let call = |method: &str, path: &str, body: &str| {
        let reply = request(address, operator, method, path, body).unwrap();
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    };
    call("PUT", "/v1/products/datakeen", &manifest);
    let organization = |number: usize| {
        let name = json!({ "product": "datakeen", "name": format!("Lab {number}") });
        let made = call("POST", "/v1/organizations", &name.to_string());
        let id = text(&made["organization"]["id"]);
        let environments = made["projects"][0]["environments"].as_array().unwrap();
        let live = environments.iter().find(|one| one["name"] == "production");
        let keys = live.unwrap()["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kind"] == "secret").unwrap();
        let path = format!("/v1/keys/{}/reveal", text(&key["id"]));
        let key = text(&call("POST", &path, "{}")["secret"]);
        let path = format!("/v1/organizations/{id}/grants");
        let amount = 500;
        let grant = json!({ "mode": "live", "amount": amount, "reason": "first" });
        call("POST", &path, &grant.to_string());
        history.lock().unwrap().push(Attempt {
            organization: id.clone(),
            asked: Asked::Grant { amount },
            told: Told::Done(String::new()),
        });
        Organization { id, key }
    };
    (0..customers).map(organization).collect()
}

/// What an account shows, with its whole ledger.
pub(super) fn shown(address: SocketAddr, operator: &str, id: &str) -> Shown {
    let get = |path: &str| {
        let reply = request(address, operator, "GET", path, "").unwrap();
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    };
    let mut ledger = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/organizations/{id}/ledger?mode=live&limit=100{cursor}");
        let page = get(&path);
        ledger.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    ledger.reverse();
    let balances = get(&format!("/v1/organizations/{id}/credits"))["live"].clone();
    Shown { balances, ledger }
}

/// xorshift64: what is tried does not need to be unpredictable.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

impl Customer {
    pub(super) fn run(&self, seed: u64) {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut count = 0_u32;
        while !self.stop.load(Ordering::Relaxed) {
            count += 1;
            let at = usize::try_from(next(&mut random)).unwrap_or(0) % self.organizations.len();
            let organization = &self.organizations[at];
            let answered = match next(&mut random) % 8 {
                0 => self.top_up(organization, next(&mut random) % 3_000 + 1),
                1 => self.repeat(organization, &format!("{seed} {count}")),
                2 => self.reserve(organization, next(&mut random)),
                _ => self.spend_many(&mut random, &format!("{seed} {count}")),
            };
            if answered.is_none() {
                return;
            }
        }
    }

    fn note(&self, organization: &Organization, asked: Asked, told: Told) {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.history.lock().unwrap().push(Attempt {
            organization: organization.id.clone(),
            asked,
            told,
        });
    }

    /// One call; `None` when the server went away before it answered.
    fn send(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let body = body.to_string();
        let reply = request(self.address, &self.operator, "POST", path, &body).ok()?;
        Some((reply.status, reply.json()))
    }

    fn question(organization: &Organization, cost: u64, name: Option<&str>) -> Value {
        let mut question = json!({
            "key": organization.key, "product": "datakeen", "environment": "production",
            "operation": "POST /v1/analyses", "cost": cost,
        });
        if let Some(name) = name {
            question["idempotency_key"] = json!(name);
        }
        question
    }

    fn told(verdict: &Value) -> Told {
        match verdict["code"].as_str() {
            Some("ok") => Told::Done(text(&verdict["spend_id"])),
            Some("credits_exhausted") => Told::Refused,
            Some("spend_unknown" | "outcome_unknown") => Told::Nothing,
            _ => panic!("{verdict}"),
        }
    }

    fn top_up(&self, organization: &Organization, amount: u64) -> Option<()> {
        let path = format!("/v1/organizations/{}/grants", organization.id);
        let grant = json!({ "mode": "live", "amount": amount, "reason": "more" });
        let answered = self.send(&path, &grant);
        let told = match &answered {
            Some((201, _)) => Told::Done(String::new()),
            Some((status, body)) => panic!("{status} {body}"),
            None => Told::Nothing,
        };
        self.note(organization, Asked::Grant { amount }, told);
        answered.map(drop)
    }

    /// A call that is repeated under its name, as whoever got no answer does.
    fn repeat(&self, organization: &Organization, name: &str) -> Option<()> {
        for _ in 0..3 {
            let answered = self.send(
                "/v1/keys/verify",
                &Self::question(organization, 2, Some(name)),
            );
            let told = match &answered {
                Some((_, verdict)) => Self::told(verdict),
                None => Told::Nothing,
            };
            let asked = Asked::Spend {
                cost: 2,
                name: Some(name.to_owned()),
                reserve: false,
            };
            self.note(organization, asked, told);
            answered?;
        }
        Some(())
    }

    /// A reservation, which is settled, released, or settled and then refunded in part.
    fn reserve(&self, organization: &Organization, random: u64) -> Option<()> {
        let mut question = Self::question(organization, 5, None);
        question["reserve"] = json!(true);
        let answered = self.send("/v1/keys/verify", &question);
        let told = match &answered {
            Some((_, verdict)) => Self::told(verdict),
            None => Told::Nothing,
        };
        let asked = Asked::Spend {
            cost: 5,
            name: None,
            reserve: true,
        };
        self.note(organization, asked, told.clone());
        answered?;
        let Told::Done(spend) = told else {
            return Some(());
        };
        if random.is_multiple_of(3) {
            let asked = Asked::Release {
                spend: spend.clone(),
            };
            return self.change(organization, &spend, "release", &json!({}), asked);
        }
        let amount = random % 6;
        let asked = Asked::Settle {
            spend: spend.clone(),
            amount,
        };
        self.change(
            organization,
            &spend,
            "settle",
            &json!({ "amount": amount }),
            asked,
        )?;
        self.refund(organization, &spend, random % 3)
    }

    fn refund(&self, organization: &Organization, spend: &str, amount: u64) -> Option<()> {
        if amount == 0 {
            return Some(());
        }
        let asked = Asked::Refund {
            spend: spend.to_owned(),
            amount,
        };
        self.change(
            organization,
            spend,
            "refund",
            &json!({ "amount": amount }),
            asked,
        )
    }

    fn change(
        &self,
        organization: &Organization,
        spend: &str,
        what: &str,
        body: &Value,
        asked: Asked,
    ) -> Option<()> {
        let answered = self.send(&format!("/v1/spends/{spend}/{what}"), body);
        let told = match &answered {
            Some((200, _)) => Told::Done(String::new()),
            Some((409, _)) => Told::Refused,
            Some((status, body)) => panic!("{status} {body}"),
            None => Told::Nothing,
        };
        self.note(organization, asked, told);
        answered.map(drop)
    }

    /// A batch of calls of several organizations, some of them named, one of which is refunded.
    fn spend_many(&self, random: &mut u64, names: &str) -> Option<()> {
        let calls: Vec<_> = (0..100)
            .map(|number| {
                let chosen = usize::try_from(next(random)).unwrap_or(0);
                let organization = &self.organizations[chosen % self.organizations.len()];
                let name = (number % 10 == 0).then(|| format!("{names} {number}"));
                (organization, next(random) % 9 + 1, name)
            })
            .collect();
        let questions = calls
            .iter()
            .map(|(organization, cost, name)| Self::question(organization, *cost, name.as_deref()));
        let body = json!({ "requests": questions.collect::<Vec<_>>() });
        let answered = self.send("/v1/keys/verify_batch", &body);
        let results = answered.as_ref().map(|(status, body)| {
            assert_eq!(*status, 200, "{body}");
            body["results"].as_array().unwrap().clone()
        });
        let mut last = None;
        for (index, (organization, cost, name)) in calls.into_iter().enumerate() {
            let told = match &results {
                Some(results) => Self::told(&results[index]),
                None => Told::Nothing,
            };
            if let Told::Done(spend) = &told {
                last = Some((organization, spend.clone(), cost));
            }
            let asked = Asked::Spend {
                cost,
                name,
                reserve: false,
            };
            self.note(organization, asked, told);
        }
        results?;
        match last {
            Some((organization, spend, cost)) => self.refund(organization, &spend, cost / 2),
            None => Some(()),
        }
    }
}
