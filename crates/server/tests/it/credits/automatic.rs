//! Grants that come by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use keystile_core::model::Timestamp;
use keystile_server::OsRandom;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::lab::{DAY, Lab, manifest};
use crate::hands::Hands;
use crate::house::{House, operator_key, text};

/// Two plans whose credits come every month.
const PLANS: &str = "
[[plans]]
name = \"free\"
credits = { live = 100, every = \"month\" }

[[plans]]
name = \"pro\"
credits = { live = 500, test = 50, every = \"month\" }

[[plans]]
name = \"bare\"
";

fn with_plans() -> String {
    manifest() + PLANS
}

fn granted(house: &House, organization: &str) -> (u64, u64) {
    let path = format!("/v1/organizations/{organization}/credits");
    let credits = house.get(&path).expect(200).json();
    let of = |mode: &str| credits[mode]["granted"].as_u64().unwrap();
    (of("live"), of("test"))
}

fn grants(house: &House, organization: &str) -> Vec<Value> {
    let path = format!("/v1/organizations/{organization}/grants?limit=100");
    let page = house.get(&path).expect(200).json();
    page["data"].as_array().unwrap().clone()
}

/// Waits until an account was granted so much, which happens beside the requests.
async fn until_granted(house: &House, organization: &str, live: u64) {
    for _ in 0..10_000 {
        if granted(house, organization).0 == live {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("{live} credits were not granted");
}

fn create(house: &House, body: &Value) -> String {
    let made = house.post("/v1/organizations", body).expect(201).json();
    text(&made["organization"]["id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_every_organization_receives_20_test_credits_once() {
    let lab = Lab::new().await;
    assert_eq!(lab.sums("test"), [20, 0, 0, 0, 20]);
    assert_eq!(lab.sums("live"), [0; 5]);
    let entries = lab.all("ledger?mode=test", 100);
    assert_eq!(entries.len(), 1);
    // In the very change that made the organization.
    let audit = format!("/v1/audit?organization={}", lab.organization);
    let rows = lab.house.get(&audit).expect(200).json();
    let rows = rows["data"].as_array().unwrap();
    let created = rows
        .iter()
        .find(|row| row["action"] == "organization.created");
    let subjects = created.unwrap()["subjects"].to_string();
    assert!(subjects.contains("grant_"), "{subjects}");
    assert!(rows.iter().all(|row| row["action"] != "credits.granted"));

    // Nothing brings them again.
    let path = format!("/v1/organizations/{}", lab.organization);
    let change = |body: Value| lab.house.patch(&path, &body).expect(200);
    change(json!({ "external_id": "northbank" }));
    change(json!({ "enabled": false }));
    change(json!({ "enabled": true }));
    let named = "/v1/organizations/by-external-id/datakeen/northbank";
    let headers = [("content-type", "application/json")];
    let body = json!({ "name": "Northbank" }).to_string();
    lab.house.send("PUT", named, &headers, &body).expect(200);
    let more = manifest().replace("test_grant = 20", "test_grant = 30");
    lab.house.apply("datakeen", &more).expect(200);
    let house = lab.house.restarted().await;
    assert_eq!(granted(&house, &lab.organization), (0, 20));
    let other = create(
        &house,
        &json!({ "product": "datakeen", "name": "Southbank" }),
    );
    assert_eq!(
        granted(&house, &other),
        (0, 30),
        "it is the manifest's number"
    );
    // A product without credits has none.
    let bare = create(&house, &json!({ "product": "bkend", "name": "Paperboat" }));
    assert_eq!(granted(&house, &bare), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a19_a_repeated_create_grants_once() {
    let lab = Lab::new().await;
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "signup-1"),
    ];
    let body = json!({ "product": "datakeen", "name": "Southbank" }).to_string();
    let send = || lab.house.send("POST", "/v1/organizations", &headers, &body);
    let first = text(&send().expect(201).json()["organization"]["id"]);
    assert_eq!(
        text(&send().expect(201).json()["organization"]["id"]),
        first
    );
    assert_eq!(granted(&lab.house, &first), (0, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_customers_that_an_import_creates_have_their_credits_too() {
    let house = House::furnished().await;
    let foreign = "\n[[foreign_formats]]\nprefix = \"dk_\"\nkind = \"secret\"\nmode = \"live\"\n";
    house
        .apply("datakeen", &(with_plans() + foreign))
        .expect(200);
    let row = json!({ "digest": "a".repeat(64), "organization": "northbank" });
    let body = json!({ "product": "datakeen", "create_organizations": true, "rows": [row] });
    house.post("/v1/keys/import", &body).expect(200);
    let found = house.get("/v1/organizations?external_id=northbank");
    let id = text(&found.expect(200).json()["data"][0]["id"]);
    assert_eq!(granted(&house, &id), (100, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_grants_its_credits_once_a_period_however_often_it_is_chosen() {
    let house = House::furnished().await;
    house.apply("datakeen", &with_plans()).expect(200);
    let free = create(
        &house,
        &json!({ "product": "datakeen", "name": "By default" }),
    );
    let pro = json!({ "product": "datakeen", "name": "Named", "plan": "pro" });
    let pro = create(&house, &pro);
    assert_eq!(granted(&house, &free), (100, 20));
    assert_eq!(granted(&house, &pro), (500, 70));

    let made = grants(&house, &free);
    let of_plan = |one: &&Value| one["occasion"]["type"] == "plan";
    let first = made.iter().find(of_plan).unwrap();
    let (plan, period) = (
        &first["occasion"]["plan"],
        text(&first["occasion"]["period"]),
    );
    assert_eq!(
        (&first["occasion"]["type"], plan),
        (&json!("plan"), &json!("free"))
    );
    let today = text(&first["created_at"]);
    assert_eq!(period, today[..7], "such as 2026-11");
    assert!(text(&first["expires_at"]).ends_with("-01T00:00:00.000Z"));

    let path = format!("/v1/organizations/{free}");
    let choose = |plan: Value| house.patch(&path, &json!({ "plan": plan }));
    for (plan, expected) in [
        (json!("pro"), (600, 70)),
        (json!("free"), (600, 70)),
        (json!(null), (600, 70)),
        (json!("pro"), (600, 70)),
        (json!("bare"), (600, 70)),
    ] {
        choose(plan.clone()).expect(200);
        assert_eq!(granted(&house, &free), expected, "{plan}");
    }
    // A grant that was declared void was made all the same.
    let made = grants(&house, &free);
    let of_pro = made.iter().find(|one| one["amount"] == 500).unwrap();
    let void = format!("/v1/grants/{}/void", text(&of_pro["id"]));
    house.post(&void, &json!({})).expect(200);
    choose(json!("pro")).expect(200);
    assert_eq!(granted(&house, &free), (600, 70));
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_many_who_choose_a_plan_at_once_are_granted_it_once() {
    let house = House::furnished().await;
    house.apply("datakeen", &with_plans()).expect(200);
    let bare = json!({ "product": "datakeen", "name": "Northbank", "plan": "bare" });
    let id = create(&house, &bare);
    let (house, path) = (&house, format!("/v1/organizations/{id}"));
    let path = &path;
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let plan = ["free", "pro"][number % 2];
                for _ in 0..3 {
                    let reply = house.patch(path, &json!({ "plan": plan }));
                    assert!([200, 409].contains(&reply.status), "{}", reply.text);
                }
            });
        }
    });
    house.patch(path, &json!({ "plan": "free" })).expect(200);
    house.patch(path, &json!({ "plan": "pro" })).expect(200);
    assert_eq!(granted(house, &id), (600, 70));
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_that_get_credits_reach_customers_that_are_there() {
    let house = House::furnished().await;
    let bare = manifest() + "\n[[plans]]\nname = \"free\"\n";
    house.apply("datakeen", &bare).expect(200);
    let ids: Vec<_> = (0..3)
        .map(|number| {
            let body = json!({ "product": "datakeen", "name": format!("Bank {number}") });
            create(&house, &body)
        })
        .collect();
    assert_eq!(granted(&house, &ids[0]), (0, 20));
    house.apply("datakeen", &with_plans()).expect(200);
    for id in &ids {
        until_granted(&house, id, 100).await;
    }
    let rows = house.get("/v1/audit?action=credits.granted").expect(200);
    let rows = rows.json();
    let rows = rows["data"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "in one change");
    assert_eq!(rows[0]["actor"]["type"], "system");
    assert_eq!(rows[0]["subjects"].as_array().unwrap().len(), 3);
}

/// A service that sleeps and wakes at other times.
struct Sleeper {
    directory: Arc<TempDir>,
    hands: Arc<Hands>,
    key: keystile_core::key::PlainKey,
}

impl Sleeper {
    async fn wake(&self) -> House {
        let (clock, random) = (Arc::clone(&self.hands), Arc::new(OsRandom));
        House::around(&self.directory, &self.key, clock, random).await
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_a_period_is_granted_once_however_long_the_service_slept() {
    let sleeper = Sleeper {
        directory: Arc::new(tempfile::tempdir().unwrap()),
        hands: Arc::new(Hands::at(at("2027-01-31T23:00:00Z").millis())),
        key: operator_key(),
    };
    let house = sleeper.wake().await;
    house.furnish();
    house.apply("datakeen", &with_plans()).expect(200);
    let ids: Vec<_> = (0..130)
        .map(|number| {
            let body = json!({ "product": "datakeen", "name": format!("Bank {number}") });
            create(&house, &body)
        })
        .collect();
    house.shut().await;

    // Three periods have begun meanwhile; what of them is over is over.
    sleeper.hands.set(at("2027-04-15T12:00:00Z"));
    let house = sleeper.wake().await;
    for id in &ids {
        until_granted(&house, id, 200).await;
    }
    let periods = |house: &House, id: &str| {
        let mut periods = BTreeMap::new();
        for grant in grants(house, id) {
            if let Some(period) = grant["occasion"]["period"].as_str() {
                *periods.entry(period.to_owned()).or_insert(0) += 1;
            }
        }
        periods
    };
    let expected = BTreeMap::from([("2027-01".to_owned(), 1), ("2027-04".to_owned(), 1)]);
    for id in &ids {
        assert_eq!(periods(&house, id), expected);
    }
    let path = format!("/v1/organizations/{}/credits", ids[0]);
    let live = house.get(&path).expect(200).json()["live"].clone();
    assert_eq!(
        (&live["expired"], &live["remaining"]),
        (&json!(100), &json!(100))
    );
    let rows = house.get("/v1/audit?action=credits.granted").expect(200);
    let rows = rows.json()["data"].as_array().unwrap().len();
    assert_eq!(rows, 2, "a hundred customers a change");
    house.shut().await;

    // Waking again in the same period makes nothing anew; in the next one it does.
    let house = sleeper.wake().await;
    house.shut().await;
    sleeper.hands.move_by(16 * DAY);
    let house = sleeper.wake().await;
    for id in &ids {
        until_granted(&house, id, 300).await;
    }
    let expected = [("2027-01", 1), ("2027-04", 1), ("2027-05", 1)];
    let expected = expected.map(|(period, count)| (period.to_owned(), count));
    assert_eq!(periods(&house, &ids[0]), BTreeMap::from(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_a_call_that_finds_last_periods_credits_makes_this_periods_once() {
    let sleeper = Sleeper {
        directory: Arc::new(tempfile::tempdir().unwrap()),
        hands: Arc::new(Hands::at(at("2027-01-31T23:59:00Z").millis())),
        key: operator_key(),
    };
    let house = sleeper.wake().await;
    house.furnish();
    let small = with_plans().replace("live = 100", "live = 40");
    house.apply("datakeen", &small).expect(200);
    let customer = house.customer("datakeen", "Northbank");
    let id = text(&customer.automatic("production", "secret")["id"]);
    let path = format!("/v1/keys/{id}/reveal");
    let key = text(&house.post(&path, &json!({})).expect(200).json()["secret"]);
    sleeper.hands.set(at("2027-02-01T00:00:00Z"));
    let (house, key) = (&house, &key);
    let ok: u32 = thread::scope(|scope| {
        let calling: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let verdict = house.verify("datakeen", key, "POST /v1/analyses");
                    u32::from(verdict["code"] == "ok")
                })
            })
            .collect();
        calling.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(ok, 16);
    let path = format!("/v1/organizations/{}/credits", customer.organization);
    let live = house.get(&path).expect(200).json()["live"].clone();
    let expected = json!({ "granted": 80, "spent": 16, "reserved": 0, "expired": 40,
                           "remaining": 24 });
    assert_eq!(live, expected);
}
