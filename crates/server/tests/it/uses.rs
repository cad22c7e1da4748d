//! When keys were last used, how often, how their calls ended, and which nobody needs any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use keystile_core::model::Timestamp;
use keystile_server::OsRandom;
use keystile_store::Clock;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{House, operator_key, text};

const POST_EVENT: &str = "POST /v1/events";

/// 2027-01-15, 10:40: late enough in an hour that the next one is near.
const BEGIN: Timestamp = Timestamp::from_millis(1_800_009_600_000);
const HOUR: i64 = 3_600_000;

fn key_id(house: &House, customer: &crate::house::Customer, name: &str) -> (String, String) {
    house.key(customer.environment("production"), "secret", name)
}

fn shown(house: &House, id: &str) -> Value {
    house.get(&format!("/v1/keys/{id}")).expect(200).json()
}

fn verify_from(house: &House, key: &str, operation: &str, ip: &str) -> Value {
    let asked = json!({
        "key": key, "product": "keepem", "environment": "production", "operation": operation, "ip": ip,
    });
    house.post("/v1/keys/verify", &asked).expect(200).json()
}

async fn house_at(clock: &Arc<Hands>) -> House {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let clock: Arc<dyn Clock> = Arc::<Hands>::clone(clock);
    let house = House::around(&directory, &operator_key(), clock, Arc::new(OsRandom)).await;
    house.furnish();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_a_key_of_either_kind_shows_when_it_was_last_used() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Acme");
    let (id, secret) = key_id(&house, &customer, "Server");
    assert_eq!(shown(&house, &id)["last_used"], Value::Null);
    assert_eq!(
        verify_from(&house, &secret, POST_EVENT, "203.0.113.77")["valid"],
        true
    );
    let key = shown(&house, &id);
    let last = &key["last_used"];
    assert_eq!(last["operation"], POST_EVENT);
    assert_eq!(
        last["address"], "203.0.113.0/24",
        "an address is kept roughly"
    );
    assert!(text(&last["at"]) >= text(&key["created_at"]), "{key}");

    let public = customer.automatic("production", "publishable");
    let operation = "POST /v1/viewer-sessions";
    let verdict = verify_from(&house, &text(&public["value"]), operation, "203.0.113.77");
    assert_eq!(verdict["valid"], true, "{verdict}");
    let last = &shown(&house, &text(&public["id"]))["last_used"];
    assert_eq!(last["operation"], operation);
    assert_eq!(
        last["address"],
        Value::Null,
        "visitors' addresses are not kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_counted_and_is_no_use() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Acme");
    let (id, secret) = key_id(&house, &customer, "Server");
    for _ in 0..3 {
        verify_from(&house, &secret, POST_EVENT, "192.0.2.1");
    }
    verify_from(&house, &secret, "POST /v1/nothing", "192.0.2.1");
    house
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .expect(200);
    for _ in 0..2 {
        verify_from(&house, &secret, POST_EVENT, "192.0.2.1");
    }
    let usage = house
        .get(&format!("/v1/keys/{id}/usage"))
        .expect(200)
        .json();
    let expected = json!({ "ok": 3, "unknown_operation": 1, "revoked_key": 2 });
    assert_eq!(usage["total"], expected);
    let environment = customer.environment("production");
    for of in [
        format!("environment={environment}"),
        format!("organization={}", customer.organization),
    ] {
        let usage = house
            .get(&format!("/v1/usage?{of}&by=day"))
            .expect(200)
            .json();
        assert_eq!(usage["total"], expected, "{of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_told_by_hour_and_by_day() {
    let clock = Arc::new(Hands::at(BEGIN.millis()));
    let house = house_at(&clock).await;
    let customer = house.customer("keepem", "Acme");
    let (id, secret) = key_id(&house, &customer, "Server");
    // At 10:40 twice, at 11:40 once, and at 10:40 of the next day three times.
    for (hours, calls) in [(0, 2), (1, 1), (24, 3)] {
        clock.set(BEGIN.plus_millis(hours * HOUR));
        (0..calls).for_each(|_| drop(verify_from(&house, &secret, POST_EVENT, "192.0.2.1")));
    }
    let steps = |query: &str| {
        let usage = house
            .get(&format!("/v1/keys/{id}/usage?{query}"))
            .expect(200)
            .json();
        let steps = usage["data"].as_array().unwrap().clone();
        let step = |step: &Value| (text(&step["at"]), step["outcomes"]["ok"].as_u64().unwrap());
        steps.iter().map(step).collect::<Vec<_>>()
    };
    let at = |text: &str, calls| (text.to_owned(), calls);
    let by_hour = [
        at("2027-01-15T10:00:00.000Z", 2),
        at("2027-01-15T11:00:00.000Z", 1),
        at("2027-01-16T10:00:00.000Z", 3),
    ];
    assert_eq!(steps("since=2027-01-15T10:59:59Z"), by_hour);
    assert_eq!(steps(""), by_hour[1..], "the last 24 hours");
    assert_eq!(
        steps("since=2027-01-15T00:00:00Z&until=2027-01-15T11:00:00Z"),
        by_hour[..1]
    );
    let by_day = [
        at("2027-01-15T00:00:00.000Z", 3),
        at("2027-01-16T00:00:00.000Z", 3),
    ];
    assert_eq!(steps("by=day"), by_day);
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_of_no_sense_is_refused_by_name() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Acme");
    let (id, _) = key_id(&house, &customer, "Server");
    let cases = [
        (format!("/v1/keys/{id}/usage?by=week"), 422),
        (
            format!("/v1/keys/{id}/usage?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"),
            422,
        ),
        (
            format!("/v1/keys/{id}/usage?since=2020-01-01T00:00:00Z"),
            422,
        ),
        (format!("/v1/keys/{id}/usage?since=1"), 422),
        (
            format!("/v1/keys/{id}/usage?since=0001-01-01T00:00:00Z&by=day"),
            422,
        ),
        (
            "/v1/keys/key_01h2xcejqtf2nbrexx3vqjhp41/usage".to_owned(),
            404,
        ),
        ("/v1/usage".to_owned(), 422),
        (
            format!(
                "/v1/usage?organization=org_01h2xcejqtf2nbrexx3vqjhp41&environment={}",
                customer.environment("production")
            ),
            404,
        ),
        (
            "/v1/usage?organization=org_01h2xcejqtf2nbrexx3vqjhp41".to_owned(),
            404,
        ),
    ];
    for (path, status) in cases {
        let reply = house.get(&path);
        assert!(
            reply.status == status || (status == 422 && reply.status == 400),
            "{path}: {} {}",
            reply.status,
            reply.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_idle_keys_stand_out_and_are_found() {
    let clock = Arc::new(Hands::at(BEGIN.millis()));
    let house = house_at(&clock).await;
    let customer = house.customer("innkept", "Hotel");
    let environment = customer.environment("production");
    let (idle, _) = house.key(environment, "secret", "Forgotten");
    let (used, secret) = house.key(environment, "secret", "Used");
    let (dead, _) = house.key(environment, "secret", "Dead");
    house
        .post(&format!("/v1/keys/{dead}/revoke"), &json!({}))
        .expect(200);
    let day = 24 * HOUR;
    clock.set(BEGIN.plus_millis(89 * day));
    assert_eq!(
        house.verify("innkept", &secret, "GET /v1/leads")["valid"],
        true
    );
    let listed = || {
        let found = house
            .get("/v1/keys?product=innkept&kind=secret&idle=true")
            .expect(200)
            .json();
        let keys = found["data"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| text(&key["id"]))
            .collect::<BTreeSet<_>>()
    };
    assert!(listed().is_empty());
    clock.set(BEGIN.plus_millis(91 * day));
    assert_eq!(listed(), BTreeSet::from([idle.clone()]));
    assert_eq!(shown(&house, &idle)["idle"], true);
    assert_eq!(shown(&house, &used)["idle"], false);
    assert_eq!(
        shown(&house, &dead)["idle"],
        false,
        "a dead key is not idle"
    );
    clock.set(BEGIN.plus_millis((89 + 91) * day));
    assert_eq!(listed(), BTreeSet::from([used, idle]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retiring_value_shows_whether_it_is_still_used_until_its_grace_is_ended() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Acme");
    let (id, old) = key_id(&house, &customer, "Server");
    verify_from(&house, &old, POST_EVENT, "192.0.2.1");
    let grace = json!({ "grace_seconds": 3600 });
    let rotated = house
        .post(&format!("/v1/keys/{id}/rotate"), &grace)
        .expect(200)
        .json();
    let new = text(&rotated["secret"]);
    let key = shown(&house, &id);
    assert!(
        text(&key["retiring"]["preview"]).starts_with(&old[..12]),
        "{key}"
    );
    let before = text(&key["retiring"]["last_used"]["at"]);
    verify_from(&house, &new, POST_EVENT, "192.0.2.1");
    verify_from(&house, &old, "GET /v1/events", "192.0.2.1");
    let key = shown(&house, &id);
    assert_eq!(key["retiring"]["last_used"]["operation"], "GET /v1/events");
    assert!(text(&key["retiring"]["last_used"]["at"]) >= before);

    // It can be shortened, never made longer.
    let retire = format!("/v1/keys/{id}/retire");
    let longer = house
        .post(&retire, &json!({ "grace_seconds": 7200 }))
        .expect(422);
    assert_eq!(longer.json()["errors"][0]["pointer"], "/grace_seconds");
    let shorter = house
        .post(&retire, &json!({ "grace_seconds": 60 }))
        .expect(200)
        .json();
    let (was, is) = (&key["retiring"]["ends_at"], &shorter["retiring"]["ends_at"]);
    assert!(text(is) < text(was), "{was} {is}");
    assert_eq!(
        verify_from(&house, &old, POST_EVENT, "192.0.2.1")["valid"],
        true
    );

    // It ends when that is answered.
    let ended = house.post(&retire, &json!({})).expect(200).json();
    assert_eq!(ended["effective"]["confirmed"], 1);
    assert_eq!(ended["retiring"], Value::Null);
    assert_eq!(
        verify_from(&house, &old, POST_EVENT, "192.0.2.1")["code"],
        "revoked_key"
    );
    assert_eq!(
        verify_from(&house, &new, POST_EVENT, "192.0.2.1")["valid"],
        true
    );
    let again = house.post(&retire, &json!({})).expect(200).json();
    let beyond = json!({ "grace_seconds": 604_801 });
    house.post(&retire, &beyond).expect(422);
    assert_eq!(again["effective"]["seq"], ended["effective"]["seq"]);
    let (fresh, _) = key_id(&house, &house.customer("keepem", "Other"), "Server");
    let never = house.post(&format!("/v1/keys/{fresh}/retire"), &json!({}));
    assert_eq!(never.expect(409).code(), "nothing_retiring");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_a_key_that_was_just_used_says_so() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Acme");
    let (used, secret) = key_id(&house, &customer, "Used");
    let (unused, _) = key_id(&house, &customer, "Unused");
    assert_eq!(
        house.verify("bkend", &secret, "GET /v1/data/pets")["valid"],
        true
    );
    let revoked = house
        .post(&format!("/v1/keys/{used}/revoke"), &json!({}))
        .expect(200);
    assert_eq!(revoked.json()["used_lately"], true);
    let deleted = house.delete(&format!("/v1/keys/{unused}")).expect(200);
    assert_eq!(deleted.json()["used_lately"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missing_after_a_stop_in_good_order() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Acme");
    let (id, secret) = key_id(&house, &customer, "Server");
    (0..5).for_each(|_| drop(verify_from(&house, &secret, POST_EVENT, "192.0.2.1")));
    let house = house.restarted().await;
    let usage = house
        .get(&format!("/v1/keys/{id}/usage"))
        .expect(200)
        .json();
    assert_eq!(usage["total"], json!({ "ok": 5 }));
    assert_eq!(shown(&house, &id)["last_used"]["operation"], POST_EVENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_keys_show_their_use_too() {
    let house = House::furnished().await;
    let listed = house.get("/v1/keys?product=keystile").expect(200).json();
    let key = &listed["data"][0];
    let shown = shown(&house, &text(&key["id"]));
    assert!(shown["last_used"]["at"].is_string(), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_an_operator_counts_once() {
    let house = House::furnished().await;
    let asked = json!({ "name": "Counted", "scopes": ["organizations:write"] });
    let made = house.post("/v1/operator-keys", &asked).expect(201).json();
    let bearer = format!("Bearer {}", text(&made["secret"]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = json!({ "product": "keepem", "name": "Acme" }).to_string();
    let path = "/v1/organizations";
    crate::house::request(house.address, "POST", path, &headers, &body).expect(201);
    crate::house::request(house.address, "GET", path, &headers, "").expect(403);
    let usage = house.get(&format!("/v1/keys/{}/usage", text(&made["key"]["id"])));
    assert_eq!(
        usage.expect(200).json()["total"],
        json!({ "ok": 1, "insufficient_scope": 1 })
    );
}
