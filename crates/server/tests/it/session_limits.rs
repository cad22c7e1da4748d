//! How long sessions may last, and how many may be made.

use serde_json::json;

use crate::house::request;
use crate::sessions::{Inn, PAGE, bare, lasts};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_ask_for_another_lifetime_within_a_quarter_of_an_hour() {
    let inn = Inn::new().await;
    let asked = |body: &str| inn.ask(&inn.key, Some(PAGE), body);
    for seconds in [1, 60, 900] {
        let body = json!({ "lifetime_seconds": seconds }).to_string();
        let made = asked(&body).expect(201).json();
        lasts(&made, seconds);
    }
    asked("{}").expect(201);
    for (body, status) in [
        (r#"{"lifetime_seconds":0}"#, 422),
        (r#"{"lifetime_seconds":901}"#, 422),
        (r#"{"lifetime_seconds":-1}"#, 422),
        (r#"{"lifetime_seconds":"60"}"#, 422),
        (r#"{"lifetime":60}"#, 422),
        ("[]", 422),
        ("{", 400),
        (r#"{"lifetime_seconds":1,"lifetime_seconds":2}"#, 400),
    ] {
        let refused = asked(body).expect(status);
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
        assert!(refused.json()["detail"].is_string(), "{}", refused.text);
    }
    let long = format!("{{\"lifetime_seconds\":60{}}}", " ".repeat(5_000));
    assert_eq!(asked(&long).expect(413).code(), "body_too_large");
    let bearer = format!("Bearer {}", inn.key);
    let headers = [
        ("authorization", bearer.as_str()),
        ("origin", PAGE),
        ("content-type", "text/plain"),
    ];
    let path = "/v1/sessions";
    request(inn.house.address, "POST", path, &headers, "{}").expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_one_address_makes_sixty_sessions_a_minute_with_one_key() {
    let inn = Inn::new().await;
    let (_, other) = inn.house.key(
        inn.customer.environment("production"),
        "publishable",
        "Other",
    );
    let from = |key: &str, address: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("origin", PAGE),
            ("x-forwarded-for", address),
        ];
        request(inn.house.address, "POST", "/v1/sessions", &headers, "")
    };
    for host in 0..60 {
        // Refused requests count for nothing.
        bare(
            &inn.ask(&inn.key, Some("https://evil.example"), ""),
            403,
            "origin_not_allowed",
        );
        from(&inn.key, &format!("2001:db8:1:2::{host:x}")).expect(201);
    }
    let mut refused = (0..3).map(|_| from(&inn.key, "2001:db8:1:2::ffff"));
    let refused = refused.find(|reply| reply.status != 201).unwrap();
    bare(&refused, 429, "rate_limited");
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=62).contains(&wait), "{wait}");
    assert!(
        refused
            .header("access-control-expose-headers")
            .unwrap()
            .contains("retry-after")
    );
    from(&inn.key, "2001:db8:1:3::1").expect(201);
    from(&other, "2001:db8:1:2::1").expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_has_the_rate_limit_of_its_key_to_itself() {
    let inn = Inn::new().await;
    let tokens = [inn.token(), inn.token()];
    let limit = json!({ "rate_limit": { "limit": 2, "period_seconds": 3600 } });
    inn.house
        .patch(&format!("/v1/keys/{}", inn.id), &limit)
        .expect(200);
    let code = |credential: &str| {
        let asked = json!({
            "key": credential, "product": "innkept", "environment": "production",
            "operation": "GET /v1/widget/config", "origin": PAGE, "ip": "192.0.2.7",
        });
        let verdict = inn.house.post("/v1/keys/verify", &asked).expect(200);
        verdict.code()
    };
    for credential in [&tokens[0], &tokens[1], &inn.key] {
        let codes = [code(credential), code(credential), code(credential)];
        assert_eq!(codes, ["ok", "ok", "rate_limited"]);
    }
}
