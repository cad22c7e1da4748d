//! `POST /v1/keys/adopt`

use serde_json::json;

use super::{Moving, hex};
use crate::house::text;

const OLD: &str = "kp_0f9e8d7c6b5a4938";

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_key_works_at_once_and_is_adopted_once() {
    let moving = Moving::new().await;
    assert_eq!(moving.code(OLD), "unknown_key");
    let adopted = moving.adopt(OLD).expect(201).json();
    let key = &adopted["key"];
    assert_eq!(moving.code(OLD), "ok");
    assert_eq!(key["foreign"], true);
    assert_eq!(key["kind"], "secret");
    assert_eq!(key["mode"], "live");
    assert_eq!(key["name"], "Adopted key");
    assert_eq!(
        key["preview"],
        "kp_0f9e\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}"
    );
    let again = moving.adopt(OLD).expect(200).json();
    assert_eq!(again["key"], *key, "adopting again changes nothing");
    let rows = moving
        .house
        .get("/v1/audit?action=key.adopted")
        .expect(200)
        .json();
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    let other = moving.adopt("kp_another-key-of-acme").expect(201).json();
    assert_eq!(
        other["key"]["name"], "Adopted key (2)",
        "names are numbered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_adopted_with_all_that_the_other_system_knows() {
    let moving = Moving::new().await;
    let body = json!({
        "product": "bkend", "key": OLD,
        "environment": moving.customer.environment("production"),
        "name": "Nightly job", "scopes": ["data:read"], "allowed_ips": ["192.0.2.0/24"],
        "rate_limit": { "limit": 7, "period_seconds": 60 },
        "spend_caps": { "day": 5, "month": null, "total": 90 },
        "expires_at": "2031-01-01T00:00:00Z", "metadata": { "row": 7 }, "note": "from the old API",
    });
    let adopted = moving
        .house
        .post("/v1/keys/adopt", &body)
        .expect(201)
        .json();
    let key = &adopted["key"];
    assert_eq!(key["name"], "Nightly job");
    assert_eq!(key["own_scopes"], json!(["data:read"]));
    assert_eq!(key["metadata"], json!({ "row": 7 }));
    assert_eq!(key["rate_limit"], body["rate_limit"]);
    assert_eq!(key["spend_caps"], body["spend_caps"]);
    assert_eq!(key["note"], "from the old API");
    assert_eq!(moving.code(OLD), "ip_not_allowed", "the lists are in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn k02_k09_k10_what_cannot_be_adopted_is_told_why() {
    let moving = Moving::new().await;
    let environment = moving.customer.environment("production");
    let (_, ours) = moving.house.key(environment, "secret", "Server");
    let too_long = format!("kp_{}", "a".repeat(253));
    for (key, word) in [
        (ours.as_str(), "Keystile's own form"),
        ("xy_0f9e8d7c6b5a4938", "[[foreign_formats]]"),
        ("", "[[foreign_formats]]"),
        (" kp_0f9e8d7c6b5a4938", "[[foreign_formats]]"),
        ("kp_0f9e8d7c 6b5a4938", "visible ASCII"),
        ("kp_0f9e8d7c\u{200b}6b5a4938", "visible ASCII"),
        ("kp_0f9e8d7c\u{0}6b5a4938", "visible ASCII"),
        (&too_long, "255"),
        ("kp_short", "guessed"),
        ("a-prefix-of-19-char.0f9e8d7c6b5", "guessed"),
    ] {
        let reply = moving.adopt(key).expect(422);
        let error = &reply.json()["errors"][0];
        assert_eq!(error["pointer"], "/key");
        assert!(text(&error["message"]).contains(word), "{}", reply.text);
        assert!(
            key.is_empty() || !reply.text.contains(key),
            "{}",
            reply.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_does_not_exist_is_named() {
    let moving = Moving::new().await;
    let cases = [
        (json!({}), "/organization"),
        (json!({ "organization": "nobody" }), "/organization"),
        (
            json!({ "organization": "acme", "environment": "moon" }),
            "/environment",
        ),
        (
            json!({ "organization": "acme", "environment": "staging" }),
            "/environment",
        ),
        (
            json!({ "environment": moving.customer.environment("staging") }),
            "/environment",
        ),
        (
            json!({ "environment": "env_01h2xcejqtf2nbrexx3vqjhp41" }),
            "/environment",
        ),
        (
            json!({ "organization": "acme", "project": "x" }),
            "/project",
        ),
        (
            json!({ "organization": "acme", "scopes": ["nothing"] }),
            "/scopes/0",
        ),
        (
            json!({ "organization": "acme", "rate_limit": { "limit": 0, "period_seconds": 1 } }),
            "/rate_limit/limit",
        ),
        (
            json!({ "organization": "acme", "spend_caps": { "month": -1 } }),
            "/spend_caps/month",
        ),
        (
            json!({ "organization": "acme", "spend_caps": {} }),
            "/spend_caps",
        ),
        (
            json!({ "organization": "acme", "name": format!("the key {OLD}") }),
            "/name",
        ),
        (
            json!({ "organization": "acme", "metadata": { "key": OLD } }),
            "/metadata",
        ),
    ];
    for (more, pointer) in cases {
        let mut body = json!({ "product": "bkend", "key": OLD });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let reply = moving.house.post("/v1/keys/adopt", &body).expect(422);
        let error = &reply.json()["errors"][0];
        assert_eq!(error["pointer"], pointer, "{}", reply.text);
        assert!(!reply.text.contains(OLD), "{}", reply.text);
    }
    for product in ["nothing", "keystile"] {
        let body = json!({ "product": product, "key": OLD, "organization": "acme" });
        let reply = moving.house.post("/v1/keys/adopt", &body).expect(422);
        assert_eq!(reply.json()["errors"][0]["pointer"], "/product");
    }
    assert_eq!(moving.code(OLD), "unknown_key", "nothing was adopted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_contradicts_the_environment_is_refused_by_name() {
    let moving = Moving::new().await;
    let other = moving.house.customer("bkend", "Other");
    let environment = moving.customer.environment("production");
    let adopt = |more: &serde_json::Value| {
        let mut body = json!({ "product": "bkend", "key": OLD, "environment": environment });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        moving.house.post("/v1/keys/adopt", &body)
    };
    let cases = [
        (
            json!({ "organization": other.organization }),
            "/organization",
        ),
        (json!({ "organization": "nobody" }), "/organization"),
        (
            json!({ "organization": "acme", "project": other.project }),
            "/project",
        ),
        (json!({ "project": "x" }), "/project"),
    ];
    for (more, pointer) in cases {
        let reply = adopt(&more).expect(422);
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{more}");
        let mut row = super::row(OLD);
        row["environment"] = json!(environment);
        for name in ["organization", "project"] {
            row[name] = more[name].clone();
        }
        let imported = moving.import_with(&[row], &json!({ "create_organizations": true }));
        let pointer = format!("/rows/0{pointer}");
        assert_eq!(super::wrong(&imported, 0).0, pointer, "{more}");
    }
    let unmade = moving.house.get("/v1/organizations?external_id=nobody");
    assert_eq!(unmade.expect(200).json()["data"], json!([]));
    assert_eq!(moving.code(OLD), "unknown_key");

    let right = json!({ "organization": "acme", "project": moving.customer.project });
    adopt(&right).expect(201);
    adopt(&right).expect(200);
    adopt(&json!({ "organization": other.organization })).expect(422);
    let elsewhere = json!({ "environment": other.environment("production") });
    assert_eq!(adopt(&elsewhere).expect(409).code(), "already_exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_with_two_projects_must_say_which() {
    let moving = Moving::new().await;
    let path = format!(
        "/v1/organizations/{}/projects",
        moving.customer.organization
    );
    moving
        .house
        .post(&path, &json!({ "name": "Second" }))
        .expect(201);
    let reply = moving.adopt(OLD).expect(422);
    assert_eq!(reply.json()["errors"][0]["pointer"], "/project");
    let body = json!({
        "product": "bkend", "key": OLD, "organization": moving.customer.organization,
        "project": moving.customer.project,
    });
    let adopted = moving.house.post("/v1/keys/adopt", &body).expect(201);
    assert_eq!(
        adopted.json()["key"]["environment"]["id"],
        moving.customer.environment("production")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_a_bound_operator_adopts_within_its_reach_only() {
    let moving = Moving::new().await;
    let operator = |body| {
        let made = moving.house.post("/v1/operator-keys", &body).expect(201);
        format!("Bearer {}", text(&made.json()["secret"]))
    };
    let send = |bearer: &str, body: &serde_json::Value| {
        let headers = [
            ("authorization", bearer),
            ("content-type", "application/json"),
        ];
        let (address, body) = (moving.house.address, body.to_string());
        crate::house::request(address, "POST", "/v1/keys/adopt", &headers, &body)
    };
    let staging = operator(json!({
        "name": "staging", "product": "bkend", "environment": "staging", "scopes": ["keys:write"],
    }));
    let elsewhere = operator(json!({
        "name": "keepem", "product": "keepem", "scopes": ["keys:write"],
    }));
    let asked = json!({ "key": OLD, "organization": "acme", "environment": "production" });
    send(&staging, &asked).expect(422);
    send(&elsewhere, &asked).expect(422);
    let mut named = asked.clone();
    named["product"] = json!("bkend");
    let refused = send(&elsewhere, &named).expect(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/product");
    moving.adopt(OLD).expect(201);
    let refused = send(&staging, &asked).expect(409);
    assert!(!refused.text.contains("key_"), "{}", refused.text);
    let test = json!({ "key": "kpt_0f9e8d7c6b5a4938", "organization": "acme",
                       "environment": "staging" });
    send(&staging, &test).expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_adopt_the_same_key_at_once_get_one_key() {
    let moving = Moving::new().await;
    let replies: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| moving.adopt(OLD))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let created = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(created, 1);
    let ids: std::collections::HashSet<_> = replies
        .iter()
        .map(|reply| text(&reply.json()["key"]["id"]))
        .collect();
    assert_eq!(ids.len(), 1, "{replies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p05_the_text_of_an_adopted_key_is_kept_nowhere() {
    let moving = Moving::new().await;
    let secret = "0f9e8d7c6b5a4938271605f4e3d2c1b0";
    let key = format!("kp_{secret}");
    let mut told = vec![moving.adopt(&key).expect(201).text];
    told.push(moving.adopt(&key).expect(200).text);
    told.push(
        moving
            .house
            .verify("bkend", &key, "GET /v1/data/x")
            .to_string(),
    );
    for path in ["/v1/keys?product=bkend", "/v1/audit", "/metrics"] {
        told.push(moving.house.get(path).expect(200).text);
    }
    let hidden = &secret[4..12];
    for text in told {
        assert!(!text.contains(hidden), "{text}");
    }
    let mut stored = Vec::new();
    for file in std::fs::read_dir(moving.house.data()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap_or_default());
    }
    let found = |word: &str| {
        stored
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    assert!(found("Adopted key"), "the search finds what is there");
    assert!(!found(hidden));
    assert!(!found(&hex(&key)[..16]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_with_one_key_at_most_adopts_one_key() {
    let formats = "\n[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";
    let moving = Moving::new().await;
    let keepem = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Keepem));
    let manifest = keepem.to_owned() + formats;
    moving.house.apply("keepem", &manifest).expect(200);
    let customer = moving.house.customer("keepem", "Riverside");
    let adopt = |key: &str| {
        let body = json!({
            "product": "keepem", "key": key, "environment": customer.environment("production"),
        });
        moving.house.post("/v1/keys/adopt", &body)
    };
    adopt(OLD).expect(201);
    let reply = adopt("kp_another-key-of-theirs").expect(409);
    assert_eq!(reply.code(), "too_many_keys");
    let reply = moving.adopt(OLD).expect(409);
    assert_eq!(reply.code(), "already_exists", "a value belongs to one key");
}
