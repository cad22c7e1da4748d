//! When a narrowing call has returned, nothing that begins afterwards is allowed.

use serde_json::{Value, json};

use crate::house::{House, text};

const CREATE: &str = "POST /v1/events";

/// Each way to take rights away, and the code that the key meets afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn every_narrowing_is_in_force_when_it_returns() {
    let house = House::furnished().await;
    type Narrow = fn(&House, &str, &crate::house::Customer) -> Value;
    let ways: [(&str, Narrow); 8] = [
        ("revoked_key", |house, key, _| {
            house
                .post(&format!("/v1/keys/{key}/revoke"), &json!({}))
                .expect(200)
                .json()
        }),
        ("revoked_key", |house, key, _| {
            house
                .post(&format!("/v1/keys/{key}/rotate"), &json!({}))
                .expect(200)
                .json()
        }),
        ("revoked_key", |house, key, _| {
            house.delete(&format!("/v1/keys/{key}")).expect(200).json()
        }),
        ("disabled_key", |house, key, _| {
            house
                .patch(&format!("/v1/keys/{key}"), &json!({ "enabled": false }))
                .expect(200)
                .json()
        }),
        ("insufficient_scope", |house, key, _| {
            let body = json!({ "scopes": ["chat:send"] });
            house
                .patch(&format!("/v1/keys/{key}"), &body)
                .expect(200)
                .json()
        }),
        ("organization_suspended", |house, _, customer| {
            let path = format!("/v1/organizations/{}", customer.organization);
            house
                .patch(&path, &json!({ "enabled": false }))
                .expect(200)
                .json()
        }),
        ("disabled_key", |house, _, customer| {
            let path = format!("/v1/environments/{}", customer.environment("production"));
            house
                .patch(&path, &json!({ "enabled": false }))
                .expect(200)
                .json()
        }),
        ("revoked_key", |house, _, customer| {
            house
                .delete(&format!("/v1/organizations/{}", customer.organization))
                .expect(200)
                .json()
        }),
    ];
    for (number, (code, narrow)) in ways.into_iter().enumerate() {
        let customer = house.customer("keepem", "Riverside");
        let (id, key) = house.key(customer.environment("production"), "secret", "Backend");
        assert_eq!(house.verify("keepem", &key, CREATE)["code"], "ok");
        let answer = narrow(&house, &id, &customer);
        assert_eq!(
            house.verify("keepem", &key, CREATE)["code"],
            code,
            "way {number}"
        );
        let effective = &answer["effective"];
        assert_eq!(effective["nodes"], 1, "way {number}: {answer}");
        assert_eq!(effective["confirmed"], 1, "way {number}");
        assert_eq!(effective["lapsed"], 0, "way {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_takes_a_scope_away_is_in_force_when_it_is_applied() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let key = text(&customer.automatic("production", "publishable")["value"]);
    let chat = "POST /v1/events/evt_1/messages";
    assert_eq!(house.verify("keepem", &key, chat)["code"], "ok");
    let system = keystile_core::manifest::System::Keepem;
    let mut manifest = keystile_core::manifest::Manifest::from_toml(
        keystile_core::manifest::starter(Some(system)),
    )
    .unwrap();
    for scope in &mut manifest.scopes {
        if scope.name == "chat:send" {
            scope.publishable = false;
        }
    }
    if let Some(publishable) = &mut manifest.keys.publishable {
        publishable.scopes = Some(vec![
            "viewer_sessions:create".into(),
            "events:read_public".into(),
        ]);
    }
    let answer = house
        .apply("keepem", &manifest.to_toml())
        .expect(200)
        .json();
    assert_eq!(answer["effective"]["confirmed"], 1, "{answer}");
    assert_eq!(
        house.verify("keepem", &key, chat)["code"],
        "insufficient_scope"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_changes_nothing_and_proves_the_same() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let (id, _) = house.key(customer.environment("production"), "secret", "Backend");
    let path = format!("/v1/keys/{id}/revoke");
    let first = house.post(&path, &json!({})).expect(200).json();
    let again = house.post(&path, &json!({})).expect(200).json();
    assert_eq!(first["effective"], again["effective"]);
    let shown = house.get(&format!("/v1/keys/{id}")).expect(200).json();
    assert_eq!(shown["effective"], first["effective"]);
    let audit = house.get(&format!("/v1/audit?key={id}")).json();
    assert_eq!(
        audit["data"].as_array().unwrap().len(),
        2,
        "created and revoked once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_r14_a_grace_ends_with_the_next_rotation_and_with_a_revoke() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let (id, first) = house.key(customer.environment("production"), "secret", "Backend");
    let rotate = |grace: u32| {
        let body = json!({ "grace_seconds": grace });
        let answer = house
            .post(&format!("/v1/keys/{id}/rotate"), &body)
            .expect(200)
            .json();
        text(&answer["secret"])
    };
    let code = |key: &str| text(&house.verify("keepem", key, CREATE)["code"]);
    let second = rotate(3600);
    assert_eq!(
        (code(&first).as_str(), code(&second).as_str()),
        ("ok", "ok")
    );
    let third = rotate(3600);
    assert_eq!(code(&first), "revoked_key");
    assert_eq!(
        (code(&second).as_str(), code(&third).as_str()),
        ("ok", "ok")
    );
    house
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .expect(200);
    assert_eq!(
        (code(&second).as_str(), code(&third).as_str()),
        ("revoked_key", "revoked_key")
    );
}
