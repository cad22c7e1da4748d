//! More rows of the four systems: labels, lists, scopes and sections, as the API shows them.

use serde_json::{Value, json};

use crate::house::{Customer, House, text};

fn listed(house: &House, customer: &Customer, environment: &str, query: &str) -> Vec<Value> {
    let environment = customer.environment(environment);
    let path = format!("/v1/environments/{environment}/keys?{query}");
    let page = house.get(&path).expect(200).json();
    page["data"].as_array().unwrap().clone()
}

fn verify_from(house: &House, product: &str, key: &str, operation: &str, origin: &str) -> String {
    let asked = json!({
        "key": key, "product": product, "environment": "production", "operation": operation,
        "origin": origin,
    });
    house.post("/v1/keys/verify", &asked).expect(200).code()
}

fn masked(value: &str) -> String {
    format!("{}{}", &value[..12], "\u{2022}".repeat(8))
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_k5_k8_both_kinds_are_listed_and_a_project_begins_without_a_secret_key() {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Riverside");
    let keys = listed(&house, &customer, "production", "");
    let [publishable] = keys.as_slice() else {
        panic!("{keys:?}");
    };
    assert_eq!(publishable["kind"], "publishable");
    let value = text(&publishable["value"]);
    assert!(
        value.len() == 46 && value.starts_with("pk_live_"),
        "always whole: {value}"
    );
    let (id, secret) = house.key(customer.environment("production"), "secret", "Backend");
    let secrets = listed(&house, &customer, "production", "kind=secret");
    assert_eq!((secrets.len(), &secrets[0]["id"]), (1, &json!(id)));
    assert_eq!(secrets[0]["preview"], masked(&secret));
    assert_eq!(secrets[0]["value"], Value::Null);
    // The manifest allows one.
    let path = format!(
        "/v1/environments/{}/keys",
        customer.environment("production")
    );
    house
        .post(&path, &json!({ "kind": "secret", "name": "Second" }))
        .expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_a_new_key_takes_a_label_and_origins_and_a_publishable_one_is_shown_at_once() {
    let house = House::furnished().await;
    let customer = house.customer("innkept", "Hotel");
    let path = format!(
        "/v1/environments/{}/keys",
        customer.environment("production")
    );
    let body = json!({
        "kind": "publishable", "name": "Hotel site", "allowed_origins": ["https://hotel.example"],
    });
    let made = house.post(&path, &body).expect(201).json();
    let value = text(&made["key"]["value"]);
    assert_eq!(made["key"]["name"], "Hotel site");
    assert_eq!(made["secret"], Value::Null, "it is no secret");
    let config = |origin| verify_from(&house, "innkept", &value, "GET /v1/widget/config", origin);
    assert_eq!(config("https://hotel.example"), "ok");
    assert_eq!(config("https://other.example"), "origin_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn i6_scopes_follow_the_kind_and_are_tuned_by_key() {
    let house = House::furnished().await;
    let customer = house.customer("innkept", "Hotel");
    let environment = customer.environment("production");
    let (public, _) = house.key(environment, "publishable", "Site");
    let (id, secret) = house.key(environment, "secret", "Server");
    let scopes =
        |id: &str| house.get(&format!("/v1/keys/{id}")).expect(200).json()["scopes"].clone();
    let of_page = ["read_config", "submit_quote"];
    let all = [
        "read_config",
        "submit_quote",
        "read_leads",
        "read_quotes",
        "manage_destinations",
    ];
    assert_eq!(scopes(&public), json!(of_page));
    assert_eq!(scopes(&id), json!(all));
    let path = format!("/v1/keys/{id}");
    assert_eq!(
        house.verify("innkept", &secret, "GET /v1/quotes")["code"],
        "ok"
    );
    let narrow = house
        .patch(&path, &json!({ "scopes": ["read_leads"] }))
        .expect(200)
        .json();
    assert_eq!(narrow["effective"]["confirmed"], 1, "it is a narrowing");
    let refused = house.verify("innkept", &secret, "GET /v1/quotes");
    assert_eq!(
        (&refused["code"], &refused["missing_scope"]),
        (&json!("insufficient_scope"), &json!("read_quotes"))
    );
    assert_eq!(
        house.verify("innkept", &secret, "GET /v1/leads")["code"],
        "ok"
    );
    let wide = house
        .patch(&path, &json!({ "scopes": null }))
        .expect(200)
        .json();
    assert_eq!(wide["scopes"], json!(all));
    assert_eq!(
        house.verify("innkept", &secret, "GET /v1/quotes")["code"],
        "ok"
    );

    // A publishable key may have fewer, never others.
    let path = format!("/v1/keys/{public}");
    house
        .patch(&path, &json!({ "scopes": ["read_config"] }))
        .expect(200);
    assert_eq!(scopes(&public), json!(["read_config"]));
    let refused = house.patch(&path, &json!({ "scopes": ["read_config", "read_leads"] }));
    let refused = refused.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/scopes/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_each_kind_does_what_innkept_promises_of_it() {
    let house = House::furnished().await;
    let customer = house.customer("innkept", "Hotel");
    let environment = customer.environment("production");
    let (_, public) = house.key(environment, "publishable", "Site");
    let (_, secret) = house.key(environment, "secret", "Server");
    let of_page = ["GET /v1/widget/config", "POST /v1/leads"];
    let of_server = [
        "GET /v1/leads",
        "GET /v1/quotes",
        "PUT /v1/destinations/mail",
    ];
    for operation in of_page {
        assert_eq!(
            house.verify("innkept", &public, operation)["code"],
            "ok",
            "{operation}"
        );
    }
    for operation in of_server {
        let verdict = house.verify("innkept", &public, operation);
        assert_eq!(verdict["code"], "insufficient_scope", "{operation}");
        assert_eq!(
            house.verify("innkept", &secret, operation)["code"],
            "ok",
            "{operation}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_publishable_key_is_limited_and_a_secret_one_is_not() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "App");
    let environment = customer.environment("production");
    let (_, public) = house.key(environment, "publishable", "App");
    let (_, secret) = house.key(environment, "secret", "Server");
    assert!(public.starts_with("pk_live_") && secret.starts_with("sk_live_"));
    for operation in ["DELETE /v1/data/pets/7", "PUT /v1/schema/pets"] {
        assert_eq!(
            house.verify("bkend", &public, operation)["code"],
            "insufficient_scope"
        );
        assert_eq!(house.verify("bkend", &secret, operation)["code"], "ok");
    }
    for operation in [
        "POST /v1/auth/signin",
        "GET /v1/data/pets",
        "POST /v1/data/pets",
    ] {
        assert_eq!(house.verify("bkend", &public, operation)["code"], "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_b4_b5_b7_many_keys_a_section_listed_by_name_with_what_may_be_shown() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "App");
    let environment = customer.environment("staging");
    let mut made = Vec::new();
    for name in ["Web", "Phone", "Watch"] {
        made.push((name, house.key(environment, "publishable", name).1));
    }
    let publishable = listed(&house, &customer, "staging", "kind=publishable");
    for (name, value) in &made {
        let key = publishable
            .iter()
            .find(|key| key["name"] == **name)
            .unwrap();
        assert_eq!(text(&key["value"]), *value, "always visible");
    }
    let secrets: Vec<_> = ["Cron", "Mail"]
        .map(|name| (name, house.key(environment, "secret", name).1))
        .into();
    let shown = listed(&house, &customer, "staging", "kind=secret");
    assert_eq!(shown.len(), 2);
    for (name, value) in &secrets {
        let key = shown.iter().find(|key| key["name"] == **name).unwrap();
        assert_eq!(text(&key["preview"]), masked(value));
        assert!(!key.to_string().contains(&value[13..20]), "{key}");
    }
    // Another environment has none of them.
    let kinds = |environment| listed(&house, &customer, environment, "kind=secret").len();
    assert_eq!((kinds("dev"), kinds("staging")), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_the_public_key_names_the_workspace_and_the_secret_key_calls() {
    let house = House::furnished().await;
    let customer = house.customer("datakeen", "Bank");
    let public = customer.automatic("production", "publishable");
    let verdict = house.verify("datakeen", &text(&public["value"]), "GET /v1/workspace");
    assert_eq!(verdict["code"], "ok");
    assert_eq!(verdict["organization"]["id"], *customer.organization);
    let secret = text(&customer.automatic("production", "secret")["secret"]);
    for operation in ["POST /v1/journeys", "GET /v1/analyses/1"] {
        let refused = house.verify("datakeen", &text(&public["value"]), operation);
        assert_eq!(refused["code"], "insufficient_scope", "{operation}");
        assert_eq!(
            house.verify("datakeen", &secret, operation)["code"],
            "ok",
            "{operation}"
        );
    }
}
