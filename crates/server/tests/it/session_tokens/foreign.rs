//! Tokens of publishable keys that another system made.

use keystile_core::manifest::{System, starter};
use serde_json::json;

use super::everywhere;
use crate::house::text;
use crate::sessions::{Inn, PAGE};

const FORMAT: &str = r#"
[[foreign_formats]]
prefix = "inn_"
kind = "publishable"
mode = "live"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_key_that_another_system_made_is_good_at_every_door() {
    let mut inn = Inn::new().await;
    let manifest = starter(Some(System::Innkept)).to_owned() + FORMAT;
    inn.house.apply("innkept", &manifest).expect(200);
    let foreign = "inn_0123456789abcdef";
    let body = json!({
        "product": "innkept", "key": foreign, "organization": inn.customer.organization,
        "environment": "production", "allowed_origins": [PAGE],
    });
    let adopted = inn.house.post("/v1/keys/adopt", &body).expect(201).json();
    inn.id = text(&adopted["key"]["id"]);
    foreign.clone_into(&mut inn.key);

    let token = inn.token();
    everywhere(&inn.codes(&token), "ok", "ok");
    let verdict = inn.judge(&token, super::CONFIG, Some(PAGE));
    assert_eq!(verdict["key"]["id"], inn.id.as_str());
    let elsewhere = "https://evil.example";
    let verdict = inn.judge(&token, super::CONFIG, Some(elsewhere));
    assert_eq!(verdict["code"], "origin_not_allowed");

    // Rotated, its value is ours; what was made with the other one ends with that.
    let path = format!("/v1/keys/{}/rotate", inn.id);
    let rotated = inn.house.post(&path, &json!({ "grace_seconds": 600 }));
    inn.key = text(&rotated.expect(200).json()["key"]["value"]);
    everywhere(&inn.codes(&token), "ok", "ok");
    let newer = inn.token();
    let path = format!("/v1/keys/{}/retire", inn.id);
    inn.house.post(&path, &json!({})).expect(200);
    everywhere(&inn.codes(&token), "revoked_key", "revoked_key");
    everywhere(&inn.codes(&newer), "ok", "ok");

    // A product that does not take such keys any more does not take their sessions either.
    inn.house
        .apply("innkept", starter(Some(System::Innkept)))
        .expect(200);
    everywhere(&inn.codes(&token), "invalid_session", "unknown_key");
}
