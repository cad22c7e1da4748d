//! A customer of a product whose calls cost from 1 to 50 credits.

use std::sync::Arc;

use keystile_core::manifest::{System, starter};
use keystile_server::OsRandom;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{House, Reply, operator_key, text};

pub(super) const MINUTE: i64 = 60 * 1000;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// A customer with 20 test credits and a key for each mode.
pub(super) struct Lab {
    pub(super) house: House,
    pub(super) organization: String,
    /// A secret key of the test environment.
    test: String,
    /// A secret key of production.
    live: String,
}

/// The manifest of Datakeen with a range of costs and a plan without credits.
pub(super) fn manifest() -> String {
    let sample = starter(Some(System::Datakeen));
    let ranged = sample.replace("cost = 1\n", "cost = 1\nmax_cost = 50\n");
    ranged.replace("test_grant = 20", "test_grant = 20\nthresholds = [10]")
}

impl Lab {
    pub(super) async fn new() -> Self {
        Self::of(House::furnished().await)
    }

    /// One whose time is told by these hands.
    pub(super) async fn with_hands() -> (Self, Arc<Hands>) {
        let hands = Arc::new(Hands::now());
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let (clock, random) = (Arc::clone(&hands), Arc::new(OsRandom));
        let house = House::around(&directory, &operator_key(), clock, random).await;
        house.furnish();
        (Self::of(house), hands)
    }

    fn of(house: House) -> Self {
        house.apply("datakeen", &manifest()).expect(200);
        let customer = house.customer("datakeen", "Northbank");
        let reveal = |environment: &str| {
            let id = text(&customer.automatic(environment, "secret")["id"]);
            let path = format!("/v1/keys/{id}/reveal");
            let shown = house.post(&path, &json!({})).expect(200).json();
            text(&shown["secret"])
        };
        let (test, live) = (reveal("test"), reveal("production"));
        let organization = customer.organization.clone();
        Self {
            house,
            organization,
            test,
            live,
        }
    }

    /// An address of the organization.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}/{rest}", self.organization)
    }

    pub(super) fn grant(&self, body: &Value) -> Reply {
        self.house.post(&self.path("grants"), body)
    }

    /// Grants credits for ever; gives the grant's id.
    pub(super) fn granted(&self, mode: &str, amount: u64) -> String {
        let body = json!({ "mode": mode, "amount": amount, "reason": "top-up" });
        text(&self.grant(&body).expect(201).json()["grant"]["id"])
    }

    pub(super) fn credits(&self) -> Value {
        self.house.get(&self.path("credits")).expect(200).json()
    }

    pub(super) fn remaining(&self, mode: &str) -> u64 {
        self.credits()[mode]["remaining"].as_u64().unwrap()
    }

    /// What the five sums of an account are: granted, spent, reserved, expired, remaining.
    pub(super) fn sums(&self, mode: &str) -> [u64; 5] {
        let account = &self.credits()[mode];
        ["granted", "spent", "reserved", "expired", "remaining"]
            .map(|sum| account[sum].as_u64().unwrap())
    }

    fn call(&self, mode: &str, cost: u64, reserve: bool) -> String {
        let environment = match mode {
            "live" => "production",
            _ => "test",
        };
        let asked = json!({
            "key": self.key(mode), "product": "datakeen", "environment": environment,
            "operation": "POST /v1/analyses", "cost": cost, "reserve": reserve,
        });
        let verdict = self.house.post("/v1/keys/verify", &asked).expect(200);
        let verdict = verdict.json();
        assert_eq!(verdict["code"], "ok", "{verdict}");
        text(&verdict["spend_id"])
    }

    /// A key of that mode.
    pub(super) fn key(&self, mode: &str) -> &str {
        match mode {
            "live" => &self.live,
            _ => &self.test,
        }
    }

    /// Makes a call; gives the id of its spend.
    pub(super) fn spend(&self, mode: &str, cost: u64) -> String {
        self.call(mode, cost, false)
    }

    /// Reserves credits for a call; gives the id of its spend.
    pub(super) fn reserve(&self, mode: &str, cost: u64) -> String {
        self.call(mode, cost, true)
    }

    /// The spend as it stands now.
    pub(super) fn show(&self, spend: &str) -> Value {
        let path = format!("/v1/spends/{spend}");
        self.house.get(&path).expect(200).json()["spend"].clone()
    }

    /// Has something become of a spend.
    pub(super) fn change(&self, spend: &str, what: &str, body: &Value) -> Reply {
        self.house.post(&format!("/v1/spends/{spend}/{what}"), body)
    }

    /// All pages of a list, with so many entries a page.
    pub(super) fn all(&self, list: &str, limit: u32) -> Vec<Value> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let join = if list.contains('?') { '&' } else { '?' };
            let path = self.path(&format!("{list}{join}limit={limit}{cursor}"));
            let page = self.house.get(&path).expect(200).json();
            found.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// The number of the journal's last row.
    pub(super) fn journal(&self) -> u64 {
        let rows = self.house.get("/v1/audit?limit=1").expect(200).json();
        rows["data"][0]["seq"].as_u64().unwrap()
    }

    /// An operator key.
    pub(super) fn operator(&self, body: &Value) -> String {
        let made = self.house.post("/v1/operator-keys", body).expect(201);
        text(&made.json()["secret"])
    }
}
