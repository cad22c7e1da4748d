//! Tokens in place of publishable keys, at every door that takes one.

mod foreign;

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use keystile_server::OsRandom;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{House, Reply, operator_key, request, text};
use crate::sessions::{Inn, PAGE};

const CONFIG: &str = "GET /v1/widget/config";
const LEADS: &str = "GET /v1/leads";

/// What a token says, read without checking anything.
pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
}

impl Inn {
    /// The JSON door's verdict on a token, from a page.
    fn judge(&self, token: &str, operation: &str, origin: Option<&str>) -> Value {
        let body = json!({ "key": token, "product": "innkept", "environment": "production",
                           "operation": operation, "origin": origin });
        self.house.post("/v1/keys/verify", &body).expect(200).json()
    }

    /// The code of every door for a token from the page: JSON, batch, nginx and self.
    fn codes(&self, token: &str) -> [String; 4] {
        let question = json!({ "key": token, "product": "innkept", "environment": "production",
                               "operation": CONFIG, "origin": PAGE });
        let json = self.house.post("/v1/keys/verify", &question);
        let batch = json!({ "requests": [question] });
        let batch = self.house.post("/v1/keys/verify_batch", &batch).expect(200);
        let gateway = self.gateway(token, CONFIG, Some(PAGE));
        let own = self.own(token);
        let own = match own.status {
            200 => "ok".to_owned(),
            _ => own.code(),
        };
        [
            text(&json.expect(200).json()["code"]),
            text(&batch.json()["results"][0]["code"]),
            gateway.header("x-keystile-code").unwrap().to_owned(),
            own,
        ]
    }

    fn gateway(&self, token: &str, operation: &str, origin: Option<&str>) -> Reply {
        let (method, path) = operation.split_once(' ').unwrap();
        let bearer = format!("Bearer {token}");
        let mut headers = vec![
            ("authorization", bearer.as_str()),
            ("x-keystile-method", method),
            ("x-keystile-uri", path),
            ("x-keystile-host", "inn.internal"),
            ("x-keystile-client-ip", "192.0.2.7"),
        ];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let door = "/gateway/nginx/innkept?environment=production";
        request(self.house.address, "GET", door, &headers, "")
    }

    fn own(&self, token: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("origin", PAGE)];
        request(self.house.address, "GET", "/v1/keys/self", &headers, "")
    }

    fn change(&self, change: &Value) {
        let path = format!("/v1/keys/{}", self.id);
        self.house.patch(&path, change).expect(200);
    }

    fn signatures_checked(&self) -> u64 {
        let metrics = self.house.get("/metrics").text;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("keystile_session_signatures_checked "));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    }
}

#[track_caller]
fn everywhere(codes: &[String; 4], json: &str, gateways: &str) {
    let [one, many, gateway, own] = codes;
    assert_eq!([one, many, own], [json; 3], "{codes:?}");
    assert_eq!(gateway, gateways, "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_takes_a_token_in_place_of_its_key() {
    let inn = Inn::new().await;
    let token = inn.token();
    everywhere(&inn.codes(&token), "ok", "ok");
    let verdict = inn.judge(&token, CONFIG, Some(PAGE));
    let said = claims(&token);
    assert_eq!(verdict["session"]["id"], said["jti"]);
    let end: keystile_core::model::Timestamp =
        text(&verdict["session"]["expires_at"]).parse().unwrap();
    assert_eq!(end.millis(), said["exp"].as_i64().unwrap() * 1000);
    let of_the_key = inn.judge(&inn.key, CONFIG, Some(PAGE));
    for field in ["key", "organization", "project", "environment"] {
        assert_eq!(verdict[field], of_the_key[field], "{field}");
    }
    assert_eq!(of_the_key["session"], Value::Null);
    let allowed = inn.gateway(&token, CONFIG, Some(PAGE)).expect(200);
    assert_eq!(allowed.header("x-keystile-key-id"), Some(inn.id.as_str()));
    assert_eq!(
        allowed.header("x-keystile-scopes"),
        Some("read_config submit_quote")
    );
    let own = inn.own(&token).expect(200).json();
    assert_eq!(own["session"]["id"], said["jti"]);
    assert_eq!(own["kind"], "publishable");
    assert_eq!(own["id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn k07_a_token_does_no_more_than_its_key() {
    let inn = Inn::new().await;
    let token = inn.token();
    let verdict = inn.judge(&token, LEADS, Some(PAGE));
    assert_eq!(verdict["code"], "insufficient_scope");
    assert_eq!(verdict["missing_scope"], "read_leads");
    let refused = inn.gateway(&token, LEADS, Some(PAGE)).expect(403);
    assert_eq!(
        refused.header("x-keystile-code"),
        Some("insufficient_scope")
    );
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let operator = request(inn.house.address, "GET", "/v1/keys", &headers, "");
    assert_eq!(operator.expect(401).code(), "invalid_session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_with_its_key_at_once_at_every_door() {
    let inn = Inn::new().await;
    let token = inn.token();
    everywhere(&inn.codes(&token), "ok", "ok");
    inn.change(&json!({ "enabled": false }));
    everywhere(&inn.codes(&token), "disabled_key", "disabled_key");
    inn.change(&json!({ "enabled": true }));
    everywhere(&inn.codes(&token), "ok", "ok");

    let organization = format!("/v1/organizations/{}", inn.customer.organization);
    let suspend = |enabled: bool| {
        let body = json!({ "enabled": enabled });
        inn.house.patch(&organization, &body).expect(200);
    };
    suspend(false);
    let suspended = "organization_suspended";
    everywhere(&inn.codes(&token), suspended, suspended);
    suspend(true);

    let environment = format!(
        "/v1/environments/{}",
        inn.customer.environment("production")
    );
    let body = json!({ "enabled": false });
    inn.house.patch(&environment, &body).expect(200);
    everywhere(&inn.codes(&token), "disabled_key", "disabled_key");
    let body = json!({ "enabled": true });
    inn.house.patch(&environment, &body).expect(200);

    let path = format!("/v1/keys/{}/revoke", inn.id);
    inn.house.post(&path, &json!({})).expect(200);
    everywhere(&inn.codes(&token), "revoked_key", "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_with_the_value_that_it_was_made_with() {
    let inn = Inn::new().await;
    let token = inn.token();
    let path = format!("/v1/keys/{}/rotate", inn.id);
    let grace = json!({ "grace_seconds": 600 });
    inn.house.post(&path, &grace).expect(200);
    everywhere(&inn.codes(&token), "ok", "ok");
    inn.house.post(&path, &json!({})).expect(200);
    everywhere(&inn.codes(&token), "revoked_key", "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn narrowing_the_key_narrows_tokens_and_widening_it_does_not_widen_them() {
    let inn = Inn::new().await;
    let scopes = |names: Value| inn.change(&json!({ "scopes": names }));
    scopes(json!(["read_config"]));
    let narrow = inn.token();
    let code =
        |token: &str, operation: &str| text(&inn.judge(token, operation, Some(PAGE))["code"]);
    let submit = "POST /v1/leads";
    assert_eq!(code(&narrow, submit), "insufficient_scope");
    scopes(json!(["read_config", "submit_quote"]));
    assert_eq!(code(&inn.key, submit), "ok");
    assert_eq!(
        code(&narrow, submit),
        "insufficient_scope",
        "as it was made"
    );
    assert_eq!(code(&narrow, CONFIG), "ok");
    let wide = inn.token();
    assert_eq!(code(&wide, submit), "ok");
    scopes(json!(["submit_quote"]));
    assert_eq!(code(&wide, CONFIG), "insufficient_scope");
    assert_eq!(
        inn.judge(&wide, submit, Some(PAGE))["key"]["scopes"],
        json!(["submit_quote"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn o02_o04_o07_o08_o09_a_token_is_good_on_the_page_it_was_made_for() {
    let inn = Inn::new().await;
    let token = inn.token();
    let code = |origin: Option<&str>| {
        let json = text(&inn.judge(&token, CONFIG, origin)["code"]);
        let gateway = inn.gateway(&token, CONFIG, origin);
        assert_eq!(gateway.header("x-keystile-code"), Some(json.as_str()));
        json
    };
    assert_eq!(code(Some(PAGE)), "ok");
    assert_eq!(code(Some("HTTPS://HOTEL.EXAMPLE:443")), "ok");
    for other in [
        "https://www.hotel.example",
        "https://hotel.example:8443",
        "http://hotel.example",
        "https://hotel.example.evil.net",
        "https://evil.example",
        "https://hotel.example/",
        "null",
    ] {
        assert_eq!(code(Some(other)), "origin_not_allowed", "{other}");
    }
    assert_eq!(code(None), "origin_not_allowed");

    // The list of the key holds besides, as it is now.
    inn.change(&json!({ "allowed_origins": ["https://other.example"] }));
    assert_eq!(code(Some(PAGE)), "origin_not_allowed");
    assert_eq!(code(Some("https://other.example")), "origin_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn o20_a_token_is_bound_to_its_page_also_where_the_key_has_no_list() {
    let inn = Inn::new().await;
    let (_, open) = inn.house.key(
        inn.customer.environment("production"),
        "publishable",
        "Open",
    );
    let made = inn.ask(&open, Some(PAGE), "").expect(201).json();
    let token = text(&made["token"]);
    let code = |origin| text(&inn.judge(&token, CONFIG, origin)["code"]);
    assert_eq!(code(Some(PAGE)), "ok");
    assert_eq!(code(Some("https://evil.example")), "origin_not_allowed");
    assert_eq!(code(None), "origin_not_allowed");
    let bearer = format!("Bearer {token}");
    let with_referer = |referer: &str| {
        let headers = [("authorization", bearer.as_str()), ("referer", referer)];
        request(inn.house.address, "GET", "/v1/keys/self", &headers, "").status
    };
    assert_eq!(with_referer("https://hotel.example/rooms?x=1"), 200);
    assert_eq!(with_referer("https://evil.example/"), 403);
    // One that was made without a page is bound to none.
    let made = inn.ask(&open, None, "").expect(201).json();
    let token = text(&made["token"]);
    assert_eq!(inn.judge(&token, CONFIG, None)["code"], "ok");
    assert_eq!(inn.judge(&token, CONFIG, Some(PAGE))["code"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn k04_k05_what_is_no_good_token_is_an_invalid_session_and_gateways_say_no_more() {
    let inn = Inn::new().await;
    let good = inn.token();
    let last = if good.ends_with('A') { "Q" } else { "A" };
    let (front, signature) = good.rsplit_once('.').unwrap();
    let (header, body) = front.split_once('.').unwrap();
    let mut wider = claims(&good);
    wider["scope"] = json!("read_config submit_quote read_leads");
    let wider = Base64UrlUnpadded::encode_string(wider.to_string().as_bytes());
    let none = Base64UrlUnpadded::encode_string(br#"{"alg":"none","typ":"JWT"}"#);
    let foreign = Inn::new().await.token();
    for bad in [
        format!("{}{last}", &good[..good.len() - 1]),
        format!("{header}.{wider}.{signature}"),
        format!("st_{none}.{body}."),
        format!("st_{none}.{body}.{signature}"),
        front.to_owned(),
        format!("{good}x"),
        format!("{good}="),
        "st_".to_owned(),
        "st_x".to_owned(),
        format!("st_{}", "a".repeat(3_000)),
        foreign,
    ] {
        let codes = inn.codes(&bad);
        everywhere(&codes, "invalid_session", "unknown_key");
    }
    let unknown = inn.gateway("sk_live_x", CONFIG, Some(PAGE));
    let bad = inn.gateway("st_x", CONFIG, Some(PAGE));
    assert_eq!(bad.status, 401);
    assert_eq!(
        bad.header("www-authenticate"),
        unknown.header("www-authenticate")
    );
    let spaced = inn.judge(&format!("{good} "), CONFIG, Some(PAGE));
    assert_eq!(spaced["code"], "invalid_session");
    let verdict = inn.judge("st_x", CONFIG, Some(PAGE));
    assert!(
        text(&verdict["message"]).contains("three parts"),
        "{verdict}"
    );
    assert_eq!(verdict["key"], Value::Null);
    let body = json!({ "key": good, "product": "bkend", "mode": "any",
                       "authenticate_only": true, "origin": PAGE });
    let elsewhere = inn.house.post("/v1/keys/verify", &body).expect(200);
    assert_eq!(elsewhere.code(), "invalid_session");
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_token_beside_a_key_is_a_conflict() {
    let inn = Inn::new().await;
    let bearer = format!("Bearer {}", inn.token());
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-api-key", inn.key.as_str()),
        ("origin", PAGE),
    ];
    let refused = request(inn.house.address, "GET", "/v1/keys/self", &headers, "");
    assert_eq!(refused.expect(400).code(), "conflicting_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_t19_a_session_ends_on_time_and_stays_ended() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let hands = Arc::new(Hands::now());
    let clock = Arc::clone(&hands) as Arc<_>;
    let house = House::around(&directory, &operator_key(), clock, Arc::new(OsRandom)).await;
    house.furnish();
    let inn = Inn::within(house);
    let made = inn.ask(&inn.key, Some(PAGE), "").expect(201).json();
    let token = text(&made["token"]);
    everywhere(&inn.codes(&token), "ok", "ok");
    let now = keystile_store::Clock::now(&*hands).millis();
    let end = claims(&token)["exp"].as_i64().unwrap() * 1000;
    hands.move_by(end - now - 1);
    everywhere(&inn.codes(&token), "ok", "ok");
    hands.move_by(1);
    everywhere(&inn.codes(&token), "invalid_session", "unknown_key");
    let verdict = inn.judge(&token, CONFIG, Some(PAGE));
    assert_eq!(verdict["since"], made["session"]["expires_at"]);
    hands.move_by(-3_600_000);
    everywhere(&inn.codes(&token), "invalid_session", "unknown_key");
    everywhere(&inn.codes(&inn.token()), "ok", "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_checked_once() {
    let inn = Inn::new().await;
    let tokens = [inn.token(), inn.token()];
    let before = inn.signatures_checked();
    for _ in 0..5 {
        for token in &tokens {
            everywhere(&inn.codes(token), "ok", "ok");
        }
    }
    assert_eq!(inn.signatures_checked(), before + 2);
    inn.change(&json!({ "enabled": false }));
    everywhere(&inn.codes(&tokens[0]), "disabled_key", "disabled_key");
    assert_eq!(inn.signatures_checked(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_explained_check_by_check() {
    let inn = Inn::new().await;
    let body = json!({ "key": inn.token(), "product": "innkept", "environment": "production",
                       "operation": CONFIG, "origin": "https://evil.example", "explain": true });
    let verdict = inn.house.post("/v1/keys/verify", &body).expect(200).json();
    let checks = verdict["checks"].as_array().unwrap();
    let failed: Vec<_> = checks.iter().filter(|one| one["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{verdict}");
    assert_eq!(failed[0]["check"], "origin");
    assert!(verdict["session"]["id"].is_string());
    let mut body = body;
    body["key"] = json!("st_x");
    let verdict = inn.house.post("/v1/keys/verify", &body).expect(200).json();
    assert_eq!(verdict["checks"][0]["check"], "parse");
    assert_eq!(verdict["checks"][0]["code"], "invalid_session");
}
