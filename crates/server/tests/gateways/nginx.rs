//! A real nginx with the shipped configuration: the stories of Keepem, Innkept and bkend, and
//! what a client tries that wants more than its key allows.

use std::process::Command;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::house::{Reply, raw, text};
use crate::street::{CHAT, CREATE, Street};

/// What reached the application under a header's name.
fn reached(reply: &Reply, name: &str) -> Option<String> {
    let body = reply.json();
    let all = body["headers"][name].as_array()?;
    assert_eq!(all.len(), 1, "{name} came more than once: {body}");
    Some(text(&all[0]))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn k1_k3_k4_k6_k10_keepems_story() {
    let street = Street::keepem().await;
    let publishable = street.publishable();
    let (_, secret) = street.secret();
    assert!(publishable.starts_with("pk_live_") && secret.starts_with("sk_live_"));

    let chat = street.with_key(CHAT, &publishable).expect(200);
    assert_eq!(chat.json()["body"], "hi");
    assert_eq!(chat.json()["line"], format!("{CHAT} HTTP/1.1"));
    street
        .with_key("POST /v1/viewer-sessions", &publishable)
        .expect(200);
    street
        .with_key("GET /v1/events/evt_1/public?full=1", &publishable)
        .expect(200);

    let served = street.application.served.load(Ordering::SeqCst);
    let refused = street.with_key(CREATE, &publishable).expect(403);
    assert_eq!(refused.code(), "insufficient_scope");
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("scope=\"events:create\"")
    );
    assert_eq!(
        street.application.served.load(Ordering::SeqCst),
        served,
        "it must not arrive"
    );

    for operation in [CREATE, "GET /v1/events", CHAT, "GET /v1/events/e/analytics"] {
        street.with_key(operation, &secret).expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn k9_regenerating_kills_the_old_secret_at_once_behind_nginx() {
    let street = Street::keepem().await;
    let (id, old) = street.secret();
    street.with_key(CREATE, &old).expect(200);
    let path = format!("/v1/keys/{id}/rotate");
    let rotated = street.house.post(&path, &json!({})).expect(200).json();
    let refused = street.with_key(CREATE, &old).expect(401);
    assert_eq!(refused.code(), "revoked_key");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains("since "));
    street
        .with_key(CREATE, &text(&rotated["secret"]))
        .expect(200);
    street
        .house
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .expect(200);
    street
        .with_key(CREATE, &text(&rotated["secret"]))
        .expect(401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f12_too_many_calls_get_429_with_the_time_to_wait() {
    let street = Street::keepem().await;
    let (id, key) = street.secret();
    let limit = json!({ "rate_limit": { "limit": 2, "period_seconds": 3600 } });
    let set = street.house.patch(&format!("/v1/keys/{id}"), &limit);
    set.expect(200);
    (0..2).for_each(|_| drop(street.with_key(CREATE, &key).expect(200)));
    let served = street.application.served.load(Ordering::SeqCst);
    let refused = street.with_key(CREATE, &key).expect(429);
    assert_eq!(refused.code(), "rate_limited");
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_590..=3_717).contains(&wait), "{wait}");
    let policy = refused.header("ratelimit-policy").unwrap();
    assert_eq!(policy, "\"keystile\";q=2;w=3600");
    let left = refused.header("ratelimit").unwrap();
    assert_eq!(left, format!("\"keystile\";r=0;t={wait}"));
    assert_eq!(street.application.served.load(Ordering::SeqCst), served);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn i1_i2_production_refuses_test_keys() {
    let street = Street::of("innkept", |text| {
        text.replace(
            "keystile_product \"keepem\"",
            "keystile_product \"innkept\"",
        )
        .replace(
            "keystile_query   \"\"",
            "keystile_query   \"?environment=production\"",
        )
    })
    .await;
    let (_, live) = street
        .house
        .key(street.customer.environment("production"), "secret", "Live");
    let (_, test) = street
        .house
        .key(street.customer.environment("staging"), "secret", "Test");
    assert!(live.starts_with("sk_live_") && test.starts_with("sk_test_"));
    let ask = |key: &str| {
        let bearer = format!("Bearer {key}");
        street.send_to(
            "hotel.internal",
            "GET /v1/leads",
            &[("authorization", &bearer)],
        )
    };
    ask(&live).expect(200);
    assert_eq!(ask(&test).expect(403).code(), "wrong_environment");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx and node"]
async fn i10_nodes_own_fetch_with_a_secret_key_is_allowed() {
    let street = Street::of("innkept", |text| {
        text.replace(
            "keystile_product \"keepem\"",
            "keystile_product \"innkept\"",
        )
        .replace(
            "keystile_query   \"\"",
            "keystile_query   \"?environment=production\"",
        )
    })
    .await;
    let (_, key) = street.house.key(
        street.customer.environment("production"),
        "secret",
        "Server",
    );
    let script = format!(
        "const reply = await fetch('http://{}/v1/leads', \
         {{ headers: {{ authorization: 'Bearer {key}' }} }}); \
         console.log(reply.status, await reply.text());",
        street.nginx.address
    );
    let output = Command::new("node")
        .args(["--input-type=module", "-e", &script])
        .output()
        .expect("node is on the machine; `cargo xtask test --provision` installs it");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.starts_with("200 "), "{told} {errors}");
    assert!(
        told.contains("sec-fetch-mode"),
        "Node sends it, and it proves nothing: {told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn a_secret_key_from_a_browser_is_refused() {
    let street = Street::keepem().await;
    let (_, secret) = street.secret();
    let bearer = format!("Bearer {secret}");
    let marks = [
        ("origin", "https://shop.example"),
        ("origin", "null"),
        ("sec-fetch-site", "same-origin"),
    ];
    for mark in marks {
        let refused = street
            .send(CREATE, &[("authorization", &bearer), mark])
            .expect(403);
        assert_eq!(refused.code(), "secret_key_in_browser", "{mark:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn b6_f18_the_apps_own_token_passes_untouched_and_the_key_goes_no_further() {
    let street = Street::of("bkend", |text| {
        text.replace("keystile_product \"keepem\"", "keystile_product \"bkend\"")
            .replace(
                "keystile_query   \"\"",
                "keystile_query   \"?environment=production\"",
            )
    })
    .await;
    let (_, key) = street
        .house
        .key(street.customer.environment("production"), "secret", "API");
    let token = "Bearer eyJhbGciOiJIUzI1NiJ9.e30.user";
    let headers = [("x-api-key", key.as_str()), ("authorization", token)];
    let reply = street
        .send_to("bkend.internal", "GET /v1/data/users", &headers)
        .expect(200);
    assert_eq!(reached(&reply, "authorization").as_deref(), Some(token));
    assert_eq!(reached(&reply, "x-api-key"), None);
    assert!(!reply.text.contains(&key));

    let street = Street::keepem().await;
    let (_, key) = street.secret();
    let reply = street.with_key(CREATE, &key).expect(200);
    assert_eq!(reached(&reply, "authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f18_a_preflight_is_the_applications_own_and_brings_it_no_key() {
    let street = Street::keepem().await;
    let (_, key) = street.secret();
    let bearer = format!("Bearer {key}");
    let headers = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("authorization", bearer.as_str()),
        ("x-api-key", key.as_str()),
        ("cookie", "session=1"),
        ("x-keystile-key-id", "forged"),
    ];
    let reply = street.send("OPTIONS /v1/events", &headers).expect(200);
    assert_eq!(reached(&reply, "origin").unwrap(), "https://shop.example");
    for kept_back in ["authorization", "x-api-key", "cookie", "x-keystile-key-id"] {
        assert_eq!(reached(&reply, kept_back), None, "{kept_back}");
    }
    let guarded = street.send("OPTIONS /v1/events", &headers[2..]);
    guarded.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f10_the_application_is_told_who_calls_and_a_clients_own_words_never_survive() {
    let street = Street::keepem().await;
    let (id, secret) = street.secret();
    let bearer = format!("Bearer {secret}");
    let forged = [
        "X-Keystile-Key-Id",
        "X-Keystile-Kind",
        "X-Keystile-Mode",
        "X-Keystile-Organization",
        "X-Keystile-Organization-External-Id",
        "X-Keystile-Project",
        "X-Keystile-Environment",
        "X-Keystile-Scopes",
        "X-Keystile-Credits-Remaining",
        "X-Keystile-Spend-Id",
        "X-Keystile-Request-Id",
        "X-Keystile-Status",
        "X-Keystile-Code",
        "x_keystile_key_id",
    ];
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(forged.map(|name| (name, "forged")));
    let reply = street.send(CREATE, &headers).expect(200);
    assert!(!reply.text.contains("forged"), "{}", reply.text);
    let told = |name: &str| reached(&reply, name).unwrap_or_default();
    assert_eq!(told("x-keystile-key-id"), id);
    assert_eq!(told("x-keystile-kind"), "secret");
    assert_eq!(told("x-keystile-mode"), "live");
    assert_eq!(
        told("x-keystile-organization"),
        street.customer.organization
    );
    assert_eq!(told("x-keystile-project"), street.customer.project);
    assert_eq!(told("x-keystile-environment"), "production");
    assert!(
        told("x-keystile-scopes")
            .split(' ')
            .any(|scope| scope == "events:create")
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn f14_nothing_is_let_in_while_keystile_is_away() {
    let street = Street::keepem().await;
    let (_, key) = street.secret();
    street.with_key(CREATE, &key).expect(200);
    let Street {
        house,
        application,
        nginx,
        customer,
    } = street;
    assert!(house.stop().await);
    let served = application.served.load(Ordering::SeqCst);
    let bearer = format!("Bearer {key}");
    let message = format!(
        "{CREATE} HTTP/1.1\r\nhost: api.keepem.example\r\nauthorization: {bearer}\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    raw(nginx.address, message.as_bytes()).expect(503);
    assert_eq!(application.served.load(Ordering::SeqCst), served);
    drop(customer);
}
