//! A foreign key lives, rotates and dies like any other, at every door.

use serde_json::json;

use super::{Moving, hex, row};
use crate::house::{request, text};

const OLD: &str = "kp_0f9e8d7c6b5a4938";

impl Moving {
    fn adopted(&self, key: &str) -> String {
        text(&self.adopt(key).expect(201).json()["key"]["id"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_b8_a_foreign_key_dies_like_any_other_and_is_never_revived() {
    let moving = Moving::new().await;
    let id = moving.adopted(OLD);
    let path = format!("/v1/keys/{id}");
    moving
        .house
        .patch(&path, &json!({ "enabled": false }))
        .expect(200);
    assert_eq!(moving.code(OLD), "disabled_key");
    moving
        .house
        .patch(&path, &json!({ "enabled": true }))
        .expect(200);
    let ended = moving
        .house
        .post(&format!("{path}/revoke"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(ended["effective"]["confirmed"], 1);
    assert_eq!(moving.code(OLD), "revoked_key");
    let again = moving.adopt(OLD).expect(200).json();
    assert_eq!(
        again["key"]["status"], "revoked",
        "adopting revives nothing"
    );
    let answer = moving.import(&[row(OLD)]);
    assert_eq!(answer["already_there"], 1);
    assert_eq!(moving.code(OLD), "revoked_key", "nor does importing");
    moving.house.delete(&path).expect(200);
    moving.adopt(OLD).expect(409);
    assert_eq!(moving.code(OLD), "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_a_foreign_key_gives_it_our_format_with_or_without_grace() {
    let moving = Moving::new().await;
    for (key, grace, after) in [
        (OLD, 0, "revoked_key"),
        ("kp_with-a-week-of-grace", 604_800, "ok"),
    ] {
        let id = moving.adopted(key);
        let path = format!("/v1/keys/{id}/rotate");
        let rotated = moving
            .house
            .post(&path, &json!({ "grace_seconds": grace }))
            .expect(200)
            .json();
        let secret = text(&rotated["secret"]);
        assert!(secret.starts_with("sk_live_"), "{rotated}");
        assert_eq!(rotated["key"]["foreign"], false);
        assert_eq!(moving.code(&secret), "ok");
        assert_eq!(moving.code(key), after, "the old value ends with its grace");
        moving
            .house
            .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
            .expect(200);
        for value in [key, &secret] {
            assert_eq!(moving.code(value), "revoked_key");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k19_a_new_pepper_takes_foreign_keys_over_at_their_next_use() {
    let moving = Moving::new().await;
    let id = moving.adopted(OLD);
    let app = std::sync::Arc::clone(&moving.house.app);
    let client = keystile_server::client::Client::InProcess(app);
    let sent = keystile_server::client::Sent::Json(json!({}));
    let method = keystile_server::client::Method::POST;
    let rotated = client.call(method, "/control/pepper/rotate", sent).await;
    assert!(rotated.unwrap().status.is_success());
    drop(client);
    assert_eq!(moving.adopt(OLD).expect(200).json()["key"]["id"], *id);
    assert_eq!(moving.import(&[row(OLD)])["already_there"], 1);
    let rehashed = || {
        let path = format!("/v1/audit?action=key.rehashed&key={id}");
        let rows = moving.house.get(&path).json();
        !rows["data"].as_array().unwrap().is_empty()
    };
    assert!(!rehashed(), "only a use takes a key over");
    assert_eq!(moving.code(OLD), "ok");
    while !rehashed() {
        tokio::task::yield_now().await;
    }
    assert_eq!(moving.code(OLD), "ok");
    let moving = Moving {
        house: moving.house.restarted().await,
        customer: moving.customer,
    };
    assert_eq!(moving.code(OLD), "ok", "also after a restart");
    let revoke = format!("/v1/keys/{id}/revoke");
    moving.house.post(&revoke, &json!({})).expect(200);
    assert_eq!(moving.code(OLD), "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_every_door_finds_a_foreign_key() {
    let moving = Moving::new().await;
    moving.adopted(OLD);
    let address = moving.house.address;
    let bearer = format!("Bearer {OLD}");
    let alone = |name, value: &str| request(address, "GET", "/v1/keys/self", &[(name, value)], "");
    let told = alone("authorization", &bearer).expect(200).json();
    assert_eq!(told["preview"].as_str().unwrap().chars().count(), 15);
    alone("x-api-key", OLD).expect(200);
    let both = [("authorization", bearer.as_str()), ("x-api-key", OLD)];
    request(address, "GET", "/v1/keys/self", &both, "").expect(400);
    let other = [
        ("authorization", "Bearer eyJhbGciOi.x.y"),
        ("x-api-key", OLD),
    ];
    request(address, "GET", "/v1/keys/self", &other, "").expect(200);
    let unknown = alone("authorization", "Bearer kp_nobody-has-this-one").expect(401);
    assert_eq!(unknown.code(), "unknown_key");
    assert!(!unknown.head.contains("bkend"), "{}", unknown.head);

    let question = |key: &str| {
        json!({ "key": key, "product": "bkend", "mode": "any",
                                       "authenticate_only": true })
    };
    let mut elsewhere = question(OLD);
    elsewhere["product"] = json!("keepem");
    let batch = json!({ "requests": [
        question(OLD), question("kp_unknown"), elsewhere, question("zz_unknown"),
    ] });
    let answer = moving
        .house
        .post("/v1/keys/verify_batch", &batch)
        .expect(200)
        .json();
    let codes: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| text(&result["code"]))
        .collect();
    assert_eq!(
        codes,
        ["ok", "unknown_key", "malformed_key", "malformed_key"],
        "only products with such a format look"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nginx_door_finds_a_foreign_key() {
    let moving = Moving::new().await;
    moving.adopted(OLD);
    let ask = |name: &str, value: &str| {
        let headers = [
            ("x-keystile-method", "GET"),
            ("x-keystile-uri", "/v1/data/users"),
            ("x-keystile-host", "api.bkend.example"),
            (name, value),
        ];
        let path = "/gateway/nginx/bkend?environment=production";
        request(moving.house.address, "GET", path, &headers, "")
    };
    ask("x-api-key", OLD).expect(200);
    ask("x-api-key", "kp_unknown").expect(401);
    ask("x-api-key", &hex(OLD)).expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_is_removed_switches_its_keys_off() {
    let moving = Moving::new().await;
    moving.adopted(OLD);
    let plain = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Bkend));
    let applied = moving.house.apply("bkend", plain).expect(200).json();
    assert_eq!(applied["effective"]["confirmed"], 1, "{applied}");
    assert_eq!(moving.code(OLD), "malformed_key");
    let again = plain.to_owned() + super::FORMATS;
    moving.house.apply("bkend", &again).expect(200);
    assert_eq!(moving.code(OLD), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_may_begin_like_ours() {
    let formats = "\n[[foreign_formats]]\nprefix = \"sk_live_\"\nkind = \"secret\"\nmode = \"live\"\n\
                   \n[[foreign_formats]]\nprefix = \"pk_live_\"\nkind = \"publishable\"\nmode = \"live\"\n";
    let moving = Moving::with(formats).await;
    let (_, ours) = moving
        .house
        .key(moving.customer.environment("production"), "secret", "Ours");
    let old = concat!("sk_live_", "0f9e8d7c6b5a4938");
    moving.adopted(old);
    let shown = moving
        .adopt(concat!("pk_live_", "0f9e8d7c6b5a4938"))
        .expect(201)
        .json();
    assert_eq!(
        shown["key"]["value"],
        concat!("pk_live_", "0f9e8d7c6b5a4938"),
        "a publishable key is public"
    );
    assert_eq!(moving.code(old), "ok");
    assert_eq!(moving.code(&ours), "ok");
    let masked = format!("{}\u{2022}\u{2022}\u{2022}", &ours[..12]);
    assert_eq!(moving.code(&masked), "malformed_key");
}
