//! Lists page by page, repeated requests, and versions that are over.

use serde_json::{Value, json};

use crate::coverage::Calls;
use crate::house::{House, request, text};

#[tokio::test(flavor = "multi_thread")]
async fn a16_a17_lists_refuse_foreign_cursors_bad_limits_and_unknown_filters() {
    let calls = Calls::new().await;
    let lists = ["/v1/keys", "/v1/organizations", "/v1/audit"];
    for list in lists {
        for bad in [
            "limit=0",
            "limit=-1",
            "limit=1000000000",
            "sort=name",
            "limit=1&limit=2",
        ] {
            let reply = calls.house.get(&format!("{list}?{bad}"));
            assert!(
                [400, 422].contains(&reply.status),
                "{list}?{bad}: {}",
                reply.status
            );
        }
        for cursor in ["x", "prj_01h2xcejqtf2nbrexx3vqjhp41", "'; drop table keys"] {
            let cursor = cursor.replace(' ', "%20");
            let reply = calls.house.get(&format!("{list}?cursor={cursor}"));
            assert_eq!(reply.status, 400, "{list} {cursor}: {}", reply.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_page_through_everything_once() {
    let calls = Calls::new().await;
    let environment = calls.customer.environment("production");
    for number in 0..7 {
        calls
            .house
            .key(environment, "publishable", &format!("Site {number}"));
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/environments/{environment}/keys?limit=3{cursor}");
        let page = calls.house.get(&path).expect(200).json();
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| text(&key["name"])),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let wanted: Vec<_> = (0..7)
        .rev()
        .map(|number| format!("Site {number}"))
        .collect();
    assert_eq!(seen, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a20_a_repeated_create_makes_nothing_anew_and_shows_no_secret() {
    let calls = Calls::new().await;
    let path = format!(
        "/v1/environments/{}/keys",
        calls.customer.environment("dev")
    );
    let send = |key: &str, name: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let body = json!({ "kind": "secret", "name": name }).to_string();
        calls.house.send("POST", &path, &headers, &body)
    };
    let first = send("a", "One").expect(201).json();
    assert!(first["secret"].is_string());
    let again = send("a", "One").expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json()["key"]["id"], first["key"]["id"]);
    assert!(again.json()["secret"].is_null());
    assert_eq!(
        send("a", "Two").expect(422).code(),
        "idempotency_key_reused"
    );
    send("", "Three").expect(400);
    send("two words", "Three").expect(400);
    send(&"k".repeat(300), "Three").expect(400);
    let other = calls.operator(&json!({ "name": "other" }));
    let bearer = format!("Bearer {other}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "a"),
    ];
    let body = json!({ "kind": "secret", "name": "One of another caller" }).to_string();
    request(calls.house.address, "POST", &path, &headers, &body).expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_change_to_a_version_that_is_over_is_refused() {
    let calls = Calls::new().await;
    let path = format!("/v1/keys/{}", calls.key);
    let tag = calls.house.get(&path).header("etag").unwrap().to_owned();
    let change = |tag: &str, name: &str| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        calls.house.send(
            "PATCH",
            &path,
            &headers,
            &json!({ "name": name }).to_string(),
        )
    };
    change(&tag, "First").expect(200);
    change(&tag, "Second").expect(412);
    assert_eq!(calls.house.get(&path).json()["name"], "First");
    change("nonsense", "Third").expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_repeated_create_shows_what_came_with_it_without_secrets() {
    let house = House::furnished().await;
    let customer = house.customer("datakeen", "Northbank");
    let path = format!("/v1/organizations/{}/projects", customer.organization);
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "a"),
    ];
    let body = json!({ "name": "Second" }).to_string();
    let send = || {
        house
            .send("POST", &path, &headers, &body)
            .expect(201)
            .json()
    };
    let (first, again) = (send(), send());
    let secrets = |made: &Value| made.to_string().matches("\"secret\":\"sk_").count();
    assert_eq!((secrets(&first), secrets(&again)), (2, 0));
    let ids = |made: &Value| {
        let environments = made["environments"].as_array().unwrap().iter();
        let all = environments.flat_map(|one| one["keys"].as_array().unwrap());
        let mut ids: Vec<_> = all.map(|key| text(&key["id"])).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&again), ids(&first));
}
