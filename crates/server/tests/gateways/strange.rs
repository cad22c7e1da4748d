//! What a client sends that wants more than its key allows: two keys, paths with two meanings,
//! other hosts, and copies of what only nginx may say.

use serde_json::Value;

use crate::house::{Reply, raw, text};
use crate::street::{CHAT, CREATE, Street};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f02_f03_f24_a_clients_copies_of_what_nginx_says_change_nothing() {
    let street = Street::keepem().await;
    let publishable = street.publishable();
    let bearer = format!("Bearer {publishable}");
    let chat = [
        ("x-keystile-method", "POST"),
        ("x-keystile-uri", "/v1/events/evt_1/messages"),
        ("x-keystile-host", "api.keepem.example"),
        ("x-original-uri", "/v1/events/evt_1/messages"),
        ("x-forwarded-uri", "/v1/events/evt_1/messages"),
        ("x-forwarded-method", "POST"),
        ("x-forwarded-prefix", "/v1/events/evt_1/messages"),
        ("x-rewrite-url", "/v1/events/evt_1/messages"),
        ("x-http-method-override", "GET"),
        ("forwarded", "host=api.keepem.example"),
    ];
    for copy in chat {
        let reply = street.send(CREATE, &[("authorization", &bearer), copy]);
        assert_eq!(reply.status, 403, "{copy:?}");
        let reply = street.send(CHAT, &[("authorization", &bearer), copy]);
        assert_eq!(reply.status, 200, "{copy:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn k05_malformed_and_unknown_keys_get_the_same_answer() {
    let street = Street::keepem().await;
    let mode = keystile_core::model::Mode::Live;
    let kind = keystile_core::model::Kind::Secret;
    let unknown = keystile_core::key::mint(kind, None, mode, &keystile_server::OsRandom).unwrap();
    let strip = |reply: Reply| {
        let mut body = reply.json();
        body["request_id"] = Value::Null;
        (
            reply.status,
            body,
            reply.header("www-authenticate").map(str::to_owned),
        )
    };
    let unknown = strip(street.with_key(CREATE, unknown.reveal()));
    assert_eq!(unknown.0, 401);
    for malformed in ["sk_live_x", "nonsense", &"x".repeat(300)] {
        assert_eq!(
            strip(street.with_key(CREATE, malformed)),
            unknown,
            "{malformed}"
        );
    }
    let bare = street.send(CREATE, &[]).expect(401);
    assert_eq!(bare.code(), "missing_credential");
    assert_eq!(
        bare.header("www-authenticate"),
        Some("Bearer realm=\"keepem\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn k14_k15_two_keys_are_a_conflict() {
    let street = Street::keepem().await;
    let (_, key) = street.secret();
    let bearer = format!("Bearer {key}");
    let two = [
        ("authorization", bearer.as_str()),
        ("x-api-key", key.as_str()),
    ];
    let refused = street.send(CREATE, &two).expect(400);
    assert_eq!(refused.code(), "conflicting_credentials");
    let joined = format!("{bearer}, {bearer}");
    street
        .send(CREATE, &[("authorization", &joined)])
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f07_f25_a_path_has_one_meaning_or_is_refused() {
    let street = Street::keepem().await;
    let publishable = street.publishable();
    let secret = street.secret().1;
    // Each would be the viewer's path to somebody who reads it otherwise.
    let paths = [
        "/v1/events/x/../evt_1/messages",
        "/v1/events//messages",
        "//v1/events/evt_1/messages",
        "/v1/events/evt_1%2Fmessages",
        "/v1/events/evt_1/messages/",
        "/v1/events/evt_1/messages;x",
        "/v1/events/%2e%2e/messages",
        "/v1/events?x=/messages",
        "/v1/events/evt_1\\messages",
        "/V1/events/evt_1/messages",
    ];
    for path in paths {
        let reply = street.with_key(&format!("POST {path}"), &publishable);
        assert!(
            [400, 403].contains(&reply.status),
            "{path}: {}",
            reply.status
        );
    }
    street.with_key("POST /v1/events?x=1", &secret).expect(200);
    let unknown = street.with_key("DELETE /v1/events", &secret).expect(403);
    assert_eq!(unknown.code(), "unknown_operation");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f22_a_host_that_no_base_url_claims_is_refused() {
    let street = Street::keepem().await;
    let (_, key) = street.secret();
    let bearer = format!("Bearer {key}");
    let ask = |host: &str| street.send_to(host, CREATE, &[("authorization", &bearer)]);
    ask("API.Keepem.Example").expect(200);
    ask("api.keepem.example:443").expect(200);
    for other in [
        "other.example",
        "api.keepem.example.",
        "api.keepem.example:8443",
    ] {
        let reply = ask(other);
        assert_eq!(reply.status, 403, "{other}");
        assert_eq!(reply.code(), "unknown_host", "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f20_a_body_is_for_the_application_alone() {
    let street = Street::keepem().await;
    let (_, key) = street.secret();
    let body = "x".repeat(200 << 10);
    let message = format!(
        "{CREATE} HTTP/1.1\r\nhost: api.keepem.example\r\nauthorization: Bearer {key}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let reply = raw(street.nginx.address, message.as_bytes()).expect(200);
    assert_eq!(text(&reply.json()["body"]).len(), body.len());
}
