//! `POST /v1/sessions` as browsers call it, from pages of many origins.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::house::{Customer, House, Reply, request, text};

pub(crate) const PAGE: &str = "https://hotel.example";

/// An innkeeper whose publishable key is for one website and its subdomains.
pub(crate) struct Inn {
    pub(crate) house: House,
    pub(crate) customer: Customer,
    pub(crate) id: String,
    pub(crate) key: String,
}

impl Inn {
    pub(crate) async fn new() -> Self {
        Self::within(House::furnished().await)
    }

    pub(crate) fn within(house: House) -> Self {
        let customer = house.customer("innkept", "Hotel");
        let body = json!({ "kind": "publishable", "name": "Site",
                           "allowed_origins": [PAGE, "https://*.hotel.example"] });
        let (id, key) = house.key_with(customer.environment("production"), &body);
        Self {
            house,
            customer,
            id,
            key,
        }
    }

    pub(crate) fn ask(&self, key: &str, origin: Option<&str>, body: &str) -> Reply {
        ask(self.house.address, key, origin, body)
    }

    /// The token of a new session on the page.
    pub(crate) fn token(&self) -> String {
        text(&self.ask(&self.key, Some(PAGE), "").expect(201).json()["token"])
    }
}

pub(crate) fn ask(address: SocketAddr, key: &str, origin: Option<&str>, body: &str) -> Reply {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("sec-fetch-site", "cross-site"),
    ];
    if let Some(origin) = origin {
        headers.push(("origin", origin));
    }
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    request(address, "POST", "/v1/sessions", &headers, body)
}

/// A refusal that any page may read, and that says its code and nothing else.
#[track_caller]
pub(crate) fn bare(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    let body = reply.json();
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["code", "request_id"], "{body}");
    assert_eq!(body["code"], code);
    assert_eq!(body["request_id"].as_str(), reply.header("x-request-id"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    never_with_credentials(reply);
}

#[track_caller]
fn never_with_credentials(reply: &Reply) {
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let lower = reply.head.to_ascii_lowercase();
    assert_eq!(lower.matches("access-control-allow-origin").count(), 1);
    assert_eq!(reply.header("vary"), Some("origin"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// A session is made in whole seconds, and the one that has begun counts.
#[track_caller]
pub(crate) fn lasts(made: &Value, seconds: i64) {
    let left = made["expires_in"].as_i64().unwrap();
    assert!([seconds - 1, seconds].contains(&left), "{made}");
}

fn preflight(inn: &Inn, headers: &[(&str, &str)]) -> Reply {
    request(inn.house.address, "OPTIONS", "/v1/sessions", headers, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_an_allowed_page_gets_a_session_and_is_named_exactly() {
    let inn = Inn::new().await;
    for page in [PAGE, "https://www.hotel.example", "https://HOTEL.example"] {
        let reply = inn.ask(&inn.key, Some(page), "").expect(201);
        assert_eq!(reply.header("access-control-allow-origin"), Some(page));
        never_with_credentials(&reply);
        let made = reply.json();
        assert!(text(&made["token"]).starts_with("st_eyJ"), "{made}");
        assert!(text(&made["session"]["id"]).starts_with("ses_"), "{made}");
        lasts(&made, 300);
        assert_eq!(made["scopes"], json!(["read_config", "submit_quote"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c03_c09_every_refusal_is_readable_by_any_page_and_says_only_its_code() {
    let inn = Inn::new().await;
    let evil = Some("https://evil.example");
    bare(&inn.ask(&inn.key, evil, ""), 403, "origin_not_allowed");
    bare(&inn.ask(&inn.key, None, ""), 403, "origin_not_allowed");
    bare(
        &inn.ask(&inn.key, Some("null"), ""),
        403,
        "origin_not_allowed",
    );
    let unknown = inn.key.replace("pk_live", "pk_test");
    bare(&inn.ask(&unknown, evil, ""), 401, "malformed_key");
    let (kind, mode) = (
        keystile_core::model::Kind::Publishable,
        keystile_core::model::Mode::Live,
    );
    let unknown = keystile_core::key::mint(kind, None, mode, &keystile_server::OsRandom).unwrap();
    bare(&inn.ask(unknown.reveal(), evil, ""), 401, "unknown_key");
    let none = request(inn.house.address, "POST", "/v1/sessions", &[], "");
    bare(&none, 401, "missing_credential");
    let (_, secret) = inn
        .house
        .key(inn.customer.environment("production"), "secret", "Server");
    bare(
        &inn.ask(&secret, Some(PAGE), ""),
        403,
        "secret_key_in_browser",
    );
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str())];
    let server = request(inn.house.address, "POST", "/v1/sessions", &headers, "");
    bare(&server, 403, "publishable_key_needed");
    bare(
        &inn.ask(&inn.token(), Some(PAGE), ""),
        403,
        "publishable_key_needed",
    );
    inn.house
        .post(&format!("/v1/keys/{}/revoke", inn.id), &json!({}))
        .expect(200);
    bare(&inn.ask(&inn.key, Some(PAGE), ""), 401, "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_c07_c08_a_preflight_is_answered_alike_whatever_it_asks_for() {
    let inn = Inn::new().await;
    let long = "x-".repeat(5_000);
    let before = inn.house.get("/metrics").text;
    for asked in ["authorization", long.as_str(), "x-anything, authorization"] {
        let reply = preflight(
            &inn,
            &[
                ("origin", "https://evil.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", asked),
                ("access-control-request-private-network", "true"),
                ("access-control-request-local-network", "true"),
            ],
        )
        .expect(204);
        assert_eq!(reply.text, "");
        assert_eq!(
            reply.header("access-control-allow-origin"),
            Some("https://evil.example")
        );
        assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(
            reply.header("access-control-allow-headers"),
            Some("authorization, content-type, x-api-key")
        );
        assert!(!reply.head.to_ascii_lowercase().contains("network"));
        never_with_credentials(&reply);
    }
    let endless = format!("https://{}", "a".repeat(5_000));
    for odd in ["null", "https://\u{e9}.example", &endless] {
        let asked = [("origin", odd), ("access-control-request-method", "POST")];
        let reply = preflight(&inn, &asked).expect(204);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    // No key was decided about, and none of a key's sessions was counted.
    let decided = |metrics: &str| -> Vec<String> {
        let of_the_door = metrics
            .lines()
            .filter(|line| line.contains("door=\"session\""));
        of_the_door.map(str::to_owned).collect()
    };
    assert_eq!(decided(&inn.house.get("/metrics").text), decided(&before));
    for _ in 0..60 {
        inn.ask(&inn.key, Some(PAGE), "").expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c02_options_without_a_requested_method_is_a_request_without_a_key() {
    let inn = Inn::new().await;
    bare(
        &preflight(&inn, &[("origin", PAGE)]),
        401,
        "missing_credential",
    );
    let only = [("access-control-request-method", "POST")];
    bare(&preflight(&inn, &only), 401, "missing_credential");
    let bearer = format!("Bearer {}", inn.key);
    let with_key = [("origin", PAGE), ("authorization", bearer.as_str())];
    let refused = preflight(&inn, &with_key).expect(405);
    assert_eq!(refused.header("allow"), Some("OPTIONS, POST"));
    for method in ["GET", "PUT", "DELETE"] {
        request(inn.house.address, method, "/v1/sessions", &with_key, "").expect(405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_an_origin_that_is_taken_away_is_refused_at_once_and_preflights_are_short() {
    let inn = Inn::new().await;
    let asked = [("origin", PAGE), ("access-control-request-method", "POST")];
    let reply = preflight(&inn, &asked).expect(204);
    let age: u32 = reply
        .header("access-control-max-age")
        .unwrap()
        .parse()
        .unwrap();
    assert!(age <= 600, "{age}");
    inn.ask(&inn.key, Some(PAGE), "").expect(201);
    let other = json!({ "allowed_origins": ["https://other.example"] });
    inn.house
        .patch(&format!("/v1/keys/{}", inn.id), &other)
        .expect(200);
    bare(
        &inn.ask(&inn.key, Some(PAGE), ""),
        403,
        "origin_not_allowed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn o03_o05_o13_odd_origins_get_no_session() {
    let inn = Inn::new().await;
    let long = format!("https://{}.example", "a".repeat(300));
    for origin in [
        "https://hotel.example/",
        "https://hotel.example/page",
        "https://user@hotel.example",
        "https://hotel.example, https://hotel.example",
        "https://xn--a.hotel.example",
        &format!("https://{}.hotel.example", "a".repeat(64)),
        &long,
        "hotel.example",
        "",
    ] {
        bare(
            &inn.ask(&inn.key, Some(origin), ""),
            403,
            "origin_not_allowed",
        );
    }
    let bearer = format!("Bearer {}", inn.key);
    let twice = [
        ("authorization", bearer.as_str()),
        ("origin", PAGE),
        ("origin", "https://evil.example"),
    ];
    let reply = request(inn.house.address, "POST", "/v1/sessions", &twice, "");
    bare(&reply, 403, "origin_not_allowed");

    // A key without a list makes sessions anywhere, but not where there is no origin to bind to.
    let (_, open) = inn.house.key(
        inn.customer.environment("production"),
        "publishable",
        "Open",
    );
    bare(&inn.ask(&open, Some("null"), ""), 403, "origin_not_allowed");
    bare(&inn.ask(&open, Some(&long), ""), 403, "origin_not_allowed");
    inn.ask(&open, Some("capacitor://localhost"), "")
        .expect(201);
    let reply = inn.ask(&open, None, "").expect(201);
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_public_keys_are_on_both_listeners_and_name_the_public_address() {
    let house = House::with(|settings| {
        settings.public_listen = Some("127.0.0.1:0".parse().unwrap());
        settings.public_url = Some("https://keys.example.com".to_owned());
    })
    .await;
    house.furnish();
    let inn = Inn::within(house);
    let public = inn.house.public_address().unwrap();
    for address in [inn.house.address, public] {
        let made = ask(address, &inn.key, Some(PAGE), "").expect(201).json();
        let claims = crate::session_tokens::claims(&text(&made["token"]));
        assert_eq!(claims["iss"], "https://keys.example.com");
        let keys = request(address, "GET", "/.well-known/jwks.json", &[], "").expect(200);
        assert_eq!(keys.header("access-control-allow-origin"), Some("*"));
        let kept = keys.header("cache-control").unwrap();
        assert!(kept.starts_with("public, max-age="), "{kept}");
        assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_no_other_door_is_open_to_pages_elsewhere() {
    let inn = Inn::new().await;
    let bearer = format!("Bearer {}", inn.key);
    for (method, path) in [
        ("GET", "/v1/keys/self"),
        ("POST", "/v1/keys/self/revoke"),
        ("POST", "/v1/keys/verify"),
        ("OPTIONS", "/v1/keys/self"),
        ("OPTIONS", "/v1/keys"),
    ] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("origin", PAGE),
            ("access-control-request-method", "POST"),
        ];
        let reply = request(inn.house.address, method, path, &headers, "");
        let lower = reply.head.to_ascii_lowercase();
        assert!(!lower.contains("access-control"), "{path}: {}", reply.head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h15_whoever_waits_to_send_is_told_at_once_that_there_is_no_use_in_it() {
    let inn = Inn::new().await;
    let message = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
         origin: https://evil.example\r\nexpect: 100-continue\r\ncontent-length: 20\r\n\
         connection: close\r\n\r\n",
        inn.key
    );
    let reply = crate::house::raw(inn.house.address, message.as_bytes());
    assert_eq!(reply.status, 403, "{}", reply.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_a_session_is_what_its_token_says() {
    let inn = Inn::new().await;
    let made = inn.ask(&inn.key, Some(PAGE), "").expect(201).json();
    let claims = crate::session_tokens::claims(&text(&made["token"]));
    assert_eq!(claims["jti"], made["session"]["id"]);
    assert_eq!(claims["sub"], made["session"]["visitor"]);
    assert_eq!(claims["aud"], "innkept");
    assert_eq!(claims["key"], inn.id.as_str());
    assert_eq!(claims["origin"], PAGE);
    assert_eq!(claims["scope"], "read_config submit_quote");
    assert_eq!(claims["organization"], inn.customer.organization.as_str());
    assert_eq!(
        claims["environment"],
        inn.customer.environment("production")
    );
    let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lasts, 300);
    let other = inn.ask(&inn.key, Some(PAGE), "").expect(201).json();
    for name in ["id", "visitor"] {
        assert_ne!(made["session"][name], other["session"][name], "{name}");
    }
    assert_eq!(made["key"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_to_send_counts_once() {
    let inn = Inn::new().await;
    let message = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
         origin: {PAGE}\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\
         connection: close\r\n\r\n{{}}",
        inn.key
    );
    let reply = crate::house::raw(inn.house.address, message.as_bytes());
    assert_eq!(reply.status, 100, "{}", reply.head);
    assert!(reply.text.starts_with("HTTP/1.1 201"), "{}", reply.text);
    let usage = inn.house.get(&format!("/v1/keys/{}/usage", inn.id));
    assert_eq!(usage.expect(200).json()["total"], json!({ "ok": 1 }));
}
