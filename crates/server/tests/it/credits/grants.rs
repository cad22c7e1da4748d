//! Grants by hand.

use std::thread;

use serde_json::{Value, json};

use super::lab::{DAY, Lab};
use crate::house::{Reply, request, text};

fn new(amount: u64) -> Value {
    json!({ "mode": "live", "amount": amount, "reason": "top-up" })
}

/// A request with another operator key.
fn send_as(lab: &Lab, key: &str, method: &str, path: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    request(lab.house.address, method, path, &headers, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_shown_spent_and_declared_void_once() {
    let lab = Lab::new().await;
    let made = lab.grant(&new(30)).expect(201).json();
    let grant = &made["grant"];
    let id = text(&grant["id"]);
    assert!(id.starts_with("grant_"));
    assert_eq!(grant["organization"], lab.organization.as_str());
    assert_eq!(grant["mode"], "live");
    assert_eq!(
        (&grant["amount"], &grant["remaining"]),
        (&json!(30), &json!(30))
    );
    assert_eq!(grant["reason"], "top-up");
    for unset in ["occasion", "expires_at", "voided_at"] {
        assert_eq!(grant.get(unset), Some(&Value::Null), "{unset}");
    }
    assert!(text(&grant["created_by"]).starts_with("key_"));

    let spend = lab.spend("live", 12);
    let listed = lab.all("grants", 1);
    assert_eq!(listed.len(), 2, "and the test credits");
    assert_eq!(listed[0]["id"], id.as_str());
    assert_eq!(listed[0]["remaining"], 18);
    assert_eq!(listed[1]["occasion"], json!({ "type": "test" }));
    assert_eq!(listed[1]["remaining"], 20);

    for (mode, at) in [("live", 0), ("test", 1)] {
        let of_mode = lab.all(&format!("grants?mode={mode}"), 1);
        assert_eq!(of_mode, [listed[at].clone()], "{mode}");
    }

    let path = format!("/v1/grants/{id}/void");
    let voided = lab.house.post(&path, &json!({})).expect(200).json();
    assert_eq!(voided["grant"]["remaining"], 0);
    assert!(voided["grant"]["voided_at"].is_string());
    assert_eq!(lab.sums("live"), [30, 12, 0, 18, 0]);
    let rows = lab.journal();
    let again = lab.house.post(&path, &json!({})).expect(200).json();
    assert_eq!(again, voided, "the same again changes nothing");
    assert_eq!(lab.journal(), rows);
    // What returns to it ends with it.
    lab.change(&spend, "refund", &json!({})).expect(200);
    assert_eq!(lab.sums("live"), [30, 0, 0, 30, 0]);
    let audit = lab
        .house
        .get(&format!("/v1/audit?organization={}", lab.organization));
    let audit = audit.expect(200).json();
    let row = &audit["data"][0];
    assert_eq!(row["action"], "credits.voided");
    assert_eq!(audit["data"][1]["action"], "credits.granted");
    assert_eq!(audit["data"][1]["details"]["reason"], "top-up");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_first_is_spent_first_and_what_has_ended_is_not_spent() {
    let (lab, hands) = Lab::with_hands().await;
    let now = keystile_store::Clock::now(&*hands);
    lab.granted("live", 10);
    let soon = json!({ "mode": "live", "amount": 5, "reason": "a trial",
                       "expires_at": now.plus_millis(DAY) });
    let soon = text(&lab.grant(&soon).expect(201).json()["grant"]["id"]);
    let spend = lab.spend("live", 3);
    assert_eq!(
        lab.show(&spend)["grants"],
        json!([{ "id": soon, "amount": 3 }])
    );
    hands.move_by(DAY);
    // To the unit at its end, whether or not anybody has written that down.
    assert_eq!(lab.sums("live"), [15, 3, 0, 2, 10]);
    let listed = lab.all("grants", 100);
    let ended = listed.iter().find(|one| one["id"] == soon.as_str());
    assert_eq!(ended.unwrap()["remaining"], 0);
    // What returns to a grant that has ended counts as expired.
    lab.change(&spend, "refund", &json!({ "amount": 1 }))
        .expect(200);
    assert_eq!(lab.sums("live"), [15, 2, 0, 3, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_amounts_that_are_none_are_named_and_nothing_is_granted() {
    let lab = Lab::new().await;
    let before = (lab.credits(), lab.journal());
    for amount in [
        json!(0),
        json!(-1),
        json!(0.5),
        json!(1.0),
        json!("7"),
        json!(true),
        json!(null),
        json!([1]),
        json!(1_000_000_000_001_u64),
        json!(9_223_372_036_854_775_808_u64),
        json!(1e300),
    ] {
        let mut body = new(1);
        body["amount"] = amount.clone();
        let refused = lab.grant(&body).expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/amount", "{amount}");
        let message = text(&refused["errors"][0]["message"]);
        assert!(message.contains("whole number of credits"), "{message}");
    }
    let huge = r#"{"mode":"live","reason":"x","amount":340282366920938463463374607431768211456}"#;
    let sent = [("content-type", "application/json")];
    let path = lab.path("grants");
    lab.house.send("POST", &path, &sent, huge).expect(422);
    assert_eq!((lab.credits(), lab.journal()), before);
    lab.grant(&new(1_000_000_000_000)).expect(201);
    assert_eq!(lab.remaining("live"), 1_000_000_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a14_p05_reasons_ends_and_modes_that_cannot_be_are_named() {
    let lab = Lab::new().await;
    let secret = keystile_core::key::mint(
        keystile_core::model::Kind::Secret,
        None,
        keystile_core::model::Mode::Live,
        &keystile_server::OsRandom,
    )
    .unwrap();
    let long = "x".repeat(201);
    for (field, value) in [
        ("reason", json!("")),
        ("reason", json!("   ")),
        ("reason", json!(long)),
        ("reason", json!("a\u{0}b")),
        ("reason", json!("two\nlines")),
        ("reason", json!(format!("instead of {}", secret.reveal()))),
        ("reason", json!(7)),
        ("expires_at", json!("2020-01-01T00:00:00Z")),
        ("expires_at", json!("9999-12-31T23:59:59Z")),
        ("expires_at", json!(1_900_000_000)),
        ("expires_at", json!("tomorrow")),
        ("mode", json!("any")),
        ("mode", json!("Live")),
    ] {
        let mut body = new(1);
        body[field] = value.clone();
        let refused = lab.grant(&body).expect(422);
        let pointer = format!("/{field}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{value}");
        assert!(!refused.text.contains(&secret.reveal()[12..30]));
    }
    assert_eq!(lab.remaining("live"), 0);
    let mut body = new(1);
    body["reason"] = json!("\u{1f511}".repeat(200));
    lab.grant(&body).expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_repeated_grant_grants_once() {
    let lab = Lab::new().await;
    let path = lab.path("grants");
    let send = |body: &Value| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "invoice-17"),
        ];
        lab.house.send("POST", &path, &headers, &body.to_string())
    };
    let ids: Vec<_> = thread::scope(|scope| {
        let sending: Vec<_> = (0..8).map(|_| scope.spawn(|| send(&new(30)))).collect();
        let replies = sending.into_iter().map(|one| one.join().unwrap());
        let done = replies.filter(|reply| reply.status == 201);
        done.map(|reply| text(&reply.json()["grant"]["id"]))
            .collect()
    });
    assert!(
        !ids.is_empty() && ids.iter().all(|id| *id == ids[0]),
        "{ids:?}"
    );
    let again = send(&new(30)).expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(text(&again.json()["grant"]["id"]), ids[0]);
    assert_eq!(lab.sums("live"), [30, 0, 0, 0, 30]);
    let other = send(&new(31)).expect(422);
    assert_eq!(other.code(), "idempotency_key_reused");
    assert_eq!(lab.remaining("live"), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_keys_bound_elsewhere_grant_and_see_nothing() {
    let lab = Lab::new().await;
    let grant = lab.granted("live", 5);
    let bound = json!({ "name": "test pipeline", "product": "datakeen", "environment": "test" });
    let bound = lab.operator(&bound);
    let foreign = lab.operator(&json!({ "name": "keepem", "product": "keepem" }));
    let body = new(1).to_string();
    let void = format!("/v1/grants/{grant}/void");
    for (method, path, body) in [
        ("POST", lab.path("grants"), body.as_str()),
        ("POST", void, "{}"),
        ("GET", lab.path("grants"), ""),
        ("GET", lab.path("credits"), ""),
        ("GET", lab.path("ledger?mode=live"), ""),
    ] {
        let refused = send_as(&lab, &bound, method, &path, body).expect(403);
        assert_eq!(refused.code(), "outside_binding", "{method} {path}");
        let missing = send_as(&lab, &foreign, method, &path, body).expect(404);
        assert_eq!(missing.code(), "not_found");
    }
    // Its own account is its business.
    let own = send_as(&lab, &bound, "GET", &lab.path("ledger"), "").expect(200);
    let own = own.json();
    assert!(
        own["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["mode"] == "test")
    );
    assert_eq!(lab.sums("live"), [5, 0, 0, 0, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_customers_are_granted_nothing_and_their_accounts_stay_readable() {
    let lab = Lab::new().await;
    let grant = lab.granted("live", 5);
    let (spend, open) = (lab.spend("live", 2), lab.reserve("live", 3));
    let path = format!("/v1/organizations/{}", lab.organization);
    lab.house.delete(&path).expect(200);
    lab.grant(&new(1)).expect(404);
    let void = format!("/v1/grants/{grant}/void");
    lab.house.post(&void, &json!({})).expect(404);
    assert_eq!(lab.sums("live"), [5, 2, 3, 0, 0]);
    assert_eq!(lab.all("ledger?mode=live", 100).len(), 4);
    assert_eq!(lab.all("grants", 100).len(), 2);
    // Calls that were under way are settled, and refunded.
    lab.change(&open, "settle", &json!({ "amount": 1 }))
        .expect(200);
    lab.change(&spend, "refund", &json!({})).expect(200);
    assert_eq!(lab.sums("live"), [5, 1, 0, 0, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r03_granting_while_credits_move_loses_nothing() {
    let lab = Lab::new().await;
    lab.granted("test", 400);
    let lab = &lab;
    let adds_up = || {
        let [granted, spent, reserved, expired, remaining] = lab.sums("test");
        assert_eq!(granted, spent + reserved + expired + remaining);
    };
    thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|_| drop(lab.granted("test", 7))));
        scope.spawn(|| {
            for _ in 0..10 {
                let grant = lab.granted("test", 3);
                let void = format!("/v1/grants/{grant}/void");
                lab.house.post(&void, &json!({})).expect(200);
                adds_up();
            }
        });
        for cost in 1..4 {
            scope.spawn(move || {
                for _ in 0..15 {
                    let spend = lab.spend("test", cost);
                    lab.change(&spend, "refund", &json!({ "amount": 1 }))
                        .expect(200);
                    adds_up();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..15 {
                let open = lab.reserve("test", 4);
                lab.change(&open, "settle", &json!({ "amount": 1 }))
                    .expect(200);
            }
        });
    });
    let [granted, spent, reserved, expired, remaining] = lab.sums("test");
    assert_eq!(granted, 20 + 400 + 20 * 7 + 10 * 3);
    assert_eq!((spent, reserved), (15 * (1 + 2) + 15, 0));
    assert_eq!(spent + expired + remaining, granted);
    // Spending first takes what ends first, and of grants without an end the oldest: so what was
    // declared void was never spent from.
    assert_eq!(expired, 10 * 3);
}
