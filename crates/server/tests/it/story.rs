//! The rows of the four systems that this much of Keystile keeps, through the HTTP doors.

use serde_json::json;

use crate::house::{House, request, text};

const CHAT: &str = "POST /v1/events/evt_1/messages";
const CREATE: &str = "POST /v1/events";

#[tokio::test(flavor = "multi_thread")]
async fn k1_k3_a_project_comes_with_its_publishable_key() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let key = customer.automatic("production", "publishable");
    let value = text(&key["value"]);
    assert!(value.starts_with("pk_live_"), "{key}");
    assert_eq!(house.verify("keepem", &value, CHAT)["code"], "ok");
    let (_, secret) = house.key(customer.environment("production"), "secret", "Backend");
    assert!(secret.starts_with("sk_live_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_k6_a_publishable_key_does_viewer_things_only_and_a_secret_key_everything() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let publishable = text(&customer.automatic("production", "publishable")["value"]);
    let (_, secret) = house.key(customer.environment("production"), "secret", "Backend");
    let viewer = [
        "POST /v1/viewer-sessions",
        CHAT,
        "GET /v1/events/evt_1/public",
    ];
    let server = [
        CREATE,
        "GET /v1/events",
        "POST /v1/events/evt_1/registrations",
        "GET /v1/events/evt_1/analytics",
    ];
    for operation in viewer {
        assert_eq!(
            house.verify("keepem", &publishable, operation)["code"],
            "ok",
            "{operation}"
        );
        assert_eq!(
            house.verify("keepem", &secret, operation)["code"],
            "ok",
            "{operation}"
        );
    }
    for operation in server {
        let verdict = house.verify("keepem", &publishable, operation);
        assert_eq!(verdict["code"], "insufficient_scope", "{operation}");
        assert!(verdict["missing_scope"].is_string());
        assert_eq!(
            house.verify("keepem", &secret, operation)["code"],
            "ok",
            "{operation}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_i4_a_secret_is_in_one_answer_only() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let (id, secret) = house.key(customer.environment("production"), "secret", "Backend");
    let random = &secret["sk_live_".len()..];
    let pages = [
        format!("/v1/keys/{id}"),
        "/v1/keys".to_owned(),
        format!(
            "/v1/environments/{}/keys",
            customer.environment("production")
        ),
        "/v1/audit".to_owned(),
        "/metrics".to_owned(),
    ];
    for page in pages {
        let shown = house.get(&page).expect(200).text;
        assert!(!shown.contains(&random[4..12]), "{page}");
    }
    let key = house.get(&format!("/v1/keys/{id}")).json();
    let bullets = "\u{2022}".repeat(8);
    assert_eq!(key["preview"], format!("{}{bullets}", &secret[..12]));
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_d6_regenerating_kills_the_old_value_at_once() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let (id, old) = house.key(customer.environment("production"), "secret", "Backend");
    let rotated = house
        .post(&format!("/v1/keys/{id}/rotate"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(rotated["effective"]["nodes"], 1);
    assert_eq!(rotated["effective"]["confirmed"], 1);
    let verdict = house.verify("keepem", &old, CREATE);
    assert_eq!(verdict["code"], "revoked_key");
    assert!(verdict["since"].is_string());
    assert_eq!(verdict["key"]["id"], id);
    let new = text(&rotated["secret"]);
    assert_eq!(house.verify("keepem", &new, CREATE)["code"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_i2_the_environment_decides_the_mode_and_production_refuses_test_keys() {
    let house = House::furnished().await;
    let customer = house.customer("innkept", "Hotel");
    let config = "GET /v1/widget/config";
    let (_, live) = house.key(customer.environment("production"), "publishable", "Site");
    let (_, test) = house.key(customer.environment("staging"), "publishable", "Site");
    let (_, secret) = house.key(customer.environment("staging"), "secret", "Server");
    assert!(live.starts_with("pk_live_") && test.starts_with("pk_test_"));
    assert!(secret.starts_with("sk_test_"));
    assert_eq!(house.verify("innkept", &live, config)["code"], "ok");
    assert_eq!(
        house.verify("innkept", &test, config)["code"],
        "wrong_environment"
    );

    let hosted = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Innkept));
    let mut hosted: toml_value::Table = toml_value::parse(hosted);
    hosted.keep_only_production();
    house.apply("innkept", &hosted.to_string()).expect(200);
    let hosted = house.customer("innkept", "Hosted");
    assert_eq!(hosted.environments.len(), 1);
    let path = format!("/v1/projects/{}/environments", hosted.project);
    house.post(&path, &json!({ "name": "staging" })).expect(422);
}

/// Just enough of a manifest to take an environment out.
mod toml_value {
    use keystile_core::manifest::Manifest;

    pub(super) struct Table(Manifest);

    pub(super) fn parse(text: &str) -> Table {
        Table(Manifest::from_toml(text).unwrap())
    }

    impl Table {
        pub(super) fn keep_only_production(&mut self) {
            self.0
                .environments
                .retain(|environment| environment.name == "production");
        }
    }

    impl std::fmt::Display for Table {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0.to_toml())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_b8_keys_live_per_environment_and_deleting_one_kills_it() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Paperboat");
    let (id, key) = house.key(customer.environment("dev"), "secret", "Worker");
    let path = format!("/v1/environments/{}/keys", customer.environment("staging"));
    assert_eq!(house.get(&path).json()["data"], json!([]));
    let ask = json!({ "key": key, "product": "bkend", "environment": "dev",
                      "operation": "GET /v1/data/users" });
    assert_eq!(house.post("/v1/keys/verify", &ask).code(), "ok");
    house.delete(&format!("/v1/keys/{id}")).expect(200);
    assert_eq!(house.post("/v1/keys/verify", &ask).code(), "revoked_key");
    house.get(&format!("/v1/keys/{id}")).expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_d7_all_four_keys_exist_from_the_start_and_test_keys_are_refused_by_production() {
    let house = House::furnished().await;
    let customer = house.customer("datakeen", "Northbank");
    for (environment, mode) in [("production", "live"), ("test", "test")] {
        let public = text(&customer.automatic(environment, "publishable")["value"]);
        let secret = text(&customer.automatic(environment, "secret")["secret"]);
        assert!(public.starts_with(&format!("pk_{mode}_")));
        assert!(secret.starts_with(&format!("sk_{mode}_")));
        let ask = json!({ "key": secret, "product": "datakeen", "environment": environment,
                          "operation": "POST /v1/journeys" });
        assert_eq!(house.post("/v1/keys/verify", &ask).code(), "ok");
    }
    let test = text(&customer.automatic("test", "secret")["secret"]);
    let verdict = house.verify("datakeen", &test, "POST /v1/journeys");
    assert_eq!(verdict["code"], "wrong_environment");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_of_a_key_is_told_what_it_may_do() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let publishable = text(&customer.automatic("production", "publishable")["value"]);
    let bearer = format!("Bearer {publishable}");
    let told = request(
        house.address,
        "GET",
        "/v1/keys/self",
        &[("authorization", &bearer)],
        "",
    );
    let told = told.expect(200).json();
    let fields: Vec<_> = told.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["kind", "mode", "scopes"]);
    let nobody = request(house.address, "GET", "/v1/keys/self", &[], "").expect(401);
    assert_eq!(nobody.code(), "missing_credential");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_is_there_after_a_restart() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let production = customer.environment("production");
    let publishable = text(&customer.automatic("production", "publishable")["value"]);
    let (id, old) = house.key(production, "secret", "Backend");
    let rotated = house
        .post(&format!("/v1/keys/{id}/rotate"), &json!({}))
        .expect(200)
        .json();
    let new = text(&rotated["secret"]);
    let suspended = house.customer("keepem", "Suspended");
    let (_, silent) = house.key(suspended.environment("production"), "secret", "Backend");
    let path = format!("/v1/organizations/{}", suspended.organization);
    house.patch(&path, &json!({ "enabled": false })).expect(200);

    let house = house.restarted().await;
    let code = |key: &str, operation: &str| text(&house.verify("keepem", key, operation)["code"]);
    assert_eq!(code(&publishable, CHAT), "ok");
    assert_eq!(code(&new, CREATE), "ok");
    assert_eq!(code(&old, CREATE), "revoked_key");
    assert_eq!(code(&silent, CREATE), "organization_suspended");
    let shown = house.get(&format!("/v1/keys/{id}")).expect(200).json();
    assert_eq!(shown["effective"], rotated["effective"]);
}
