//! Session tokens through a real nginx, as a visitor's page sends them.

use serde_json::json;

use crate::house::{Reply, request, text};
use crate::street::{CHAT, CREATE, Street};

const PAGE: &str = "https://watch.example";

fn token(street: &Street) -> String {
    let bearer = format!("Bearer {}", street.publishable());
    let headers = [("authorization", bearer.as_str()), ("origin", PAGE)];
    let made = request(street.house.address, "POST", "/v1/sessions", &headers, "");
    text(&made.expect(201).json()["token"])
}

fn send(street: &Street, operation: &str, token: &str, origin: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("origin", origin)];
    street.send(operation, &headers)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn o09_f18_a_token_is_good_behind_nginx_on_its_page_and_goes_no_further() {
    let street = Street::keepem().await;
    let token = token(&street);
    let reply = send(&street, CHAT, &token, PAGE).expect(200);
    let reached = &reply.json()["headers"];
    assert_eq!(reached["authorization"], json!(null), "{reached}");
    assert_eq!(reached["x-keystile-kind"], json!(["publishable"]));
    assert!(!reply.text.contains(&token));
    let bare = [("x-api-key", token.as_str()), ("origin", PAGE)];
    let reply = street.send(CHAT, &bare).expect(200);
    assert_eq!(reply.json()["headers"]["x-api-key"], json!(null));

    let refused = send(&street, CREATE, &token, PAGE).expect(403);
    assert_eq!(refused.code(), "insufficient_scope");
    for other in [
        "https://evil.example",
        "https://watch.example.evil.net",
        "null",
    ] {
        let refused = send(&street, CHAT, &token, other).expect(403);
        assert_eq!(refused.code(), "origin_not_allowed", "{other}");
    }
    assert_eq!(
        street.with_key(CHAT, &token).expect(403).code(),
        "origin_not_allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn k05_bad_tokens_and_unknown_keys_get_the_same_answer_and_dead_keys_take_tokens_along() {
    let street = Street::keepem().await;
    let token = token(&street);
    send(&street, CHAT, &token, PAGE).expect(200);
    let strip = |reply: Reply| {
        let mut body = reply.json();
        body["request_id"] = json!(null);
        let challenge = reply.header("www-authenticate").map(str::to_owned);
        (reply.status, body, challenge)
    };
    let unknown = strip(send(&street, CHAT, "nonsense", PAGE));
    let (front, _) = token.rsplit_once('.').unwrap();
    for bad in [format!("{token}x"), format!("{front}.AAAA"), "st_x".into()] {
        assert_eq!(strip(send(&street, CHAT, &bad, PAGE)), unknown, "{bad}");
    }
    let key = street.customer.automatic("production", "publishable");
    let path = format!("/v1/keys/{}/revoke", text(&key["id"]));
    street.house.post(&path, &json!({})).expect(200);
    let refused = send(&street, CHAT, &token, PAGE).expect(401);
    assert_eq!(refused.code(), "revoked_key");
}
