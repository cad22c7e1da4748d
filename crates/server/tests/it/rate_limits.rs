//! How often keys may be used: by key, by visitor, by operation, by environment, by customer.

use serde_json::{Value, json};

use crate::house::{Customer, House, text};

const MANIFEST: &str = r#"
[product]
slug = "shop"
name = "Shop"

[organizations]
auto_project = "Main"

[[environments]]
name = "production"

[[environments]]
name = "staging"

[keys.publishable]

[keys.secret]

[[scopes]]
name = "read"
publishable = true

[[operations]]
match = "GET /v1/things"
scope = "read"

[[operations]]
match = "GET /v1/dear"
scope = "read"
"#;

/// The sample manifest with a limit in one of its sections.
fn with_limit(section: &str, limit: &str) -> String {
    MANIFEST.replacen(section, &format!("{section}\n{limit}"), 1)
}

async fn shop(manifest: &str) -> (House, Customer) {
    let house = House::new().await;
    house.apply("shop", manifest).expect(201);
    let customer = house.customer("shop", "Acme");
    (house, customer)
}

fn ask(house: &House, key: &str, environment: &str, operation: &str, ip: &str) -> Value {
    let asked = json!({
        "key": key, "product": "shop", "environment": environment, "operation": operation,
        "ip": ip,
    });
    house.post("/v1/keys/verify", &asked).expect(200).json()
}

/// How calls end that a server makes with a key.
fn codes(house: &House, key: &str, environment: &str, calls: usize) -> Vec<String> {
    let call = |_| ask(house, key, environment, "GET /v1/things", "192.0.2.1");
    (0..calls)
        .map(call)
        .map(|verdict| text(&verdict["code"]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_let_through_as_often_as_the_manifest_says() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 3, period = "1h" }"#,
    );
    let (house, customer) = shop(&manifest).await;
    let environment = customer.environment("production");
    let (id, key) = house.key(environment, "secret", "Server");
    let (_, other) = house.key(environment, "secret", "Other");
    for remaining in [2, 1, 0] {
        let verdict = ask(&house, &key, "production", "GET /v1/things", "192.0.2.1");
        assert_eq!(verdict["code"], "ok");
        let left = &verdict["rate_limit"];
        assert_eq!(
            (&left["limit"], &left["remaining"]),
            (&json!(3), &json!(remaining))
        );
        // The earliest of them is let go after an hour, and at most a piece of it more.
        let reset = left["reset_seconds"].as_u64().unwrap();
        assert!((3_590..=3_717).contains(&reset), "{verdict}");
    }
    let verdict = ask(&house, &key, "production", "GET /v1/things", "192.0.2.1");
    assert_eq!(
        (&verdict["valid"], &verdict["code"]),
        (&json!(false), &json!("rate_limited"))
    );
    assert_eq!(verdict["rate_limit"]["remaining"], 0);
    assert_eq!(verdict["key"]["id"], *id, "who it is is told");
    assert_eq!(
        codes(&house, &other, "production", 1),
        ["ok"],
        "another key has its own"
    );

    // Whatever else refuses a call, it is not counted.
    house
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .expect(200);
    let usage = house
        .get(&format!("/v1/keys/{id}/usage"))
        .expect(200)
        .json();
    assert_eq!(usage["total"], json!({ "ok": 3, "rate_limited": 1 }));
    assert_eq!(codes(&house, &key, "production", 1), ["revoked_key"]);
}

/// One that stands alone must not be passed over because nothing else is limited.
#[tokio::test(flavor = "multi_thread")]
async fn every_limit_of_a_manifest_holds_where_it_is_the_only_one() {
    let (limit, total) = ("rate_limit", "total_rate_limit");
    let places = [
        ("[keys.secret]", limit, "secret"),
        ("[keys.publishable]", limit, "publishable"),
        ("[keys.publishable]", total, "publishable"),
        ("name = \"production\"", limit, "secret"),
        ("match = \"GET /v1/things\"", limit, "secret"),
        ("[[plans]]\nname = \"free\"", limit, "secret"),
    ];
    let manifest = format!("{MANIFEST}\n[[plans]]\nname = \"free\"\n");
    for (section, name, kind) in places {
        let limited = format!("{section}\n{name} = {{ limit = 1, period = \"1h\" }}");
        let (house, customer) = shop(&manifest.replacen(section, &limited, 1)).await;
        let (_, key) = house.key(customer.environment("production"), kind, "Only");
        let ended = codes(&house, &key, "production", 2);
        assert_eq!(ended, ["ok", "rate_limited"], "{name} of {section}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_not_counted() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 1, period = "1h" }"#,
    );
    let (house, customer) = shop(&manifest).await;
    let (_, key) = house.key(customer.environment("production"), "secret", "Server");
    for _ in 0..3 {
        let verdict = ask(&house, &key, "production", "GET /v1/nothing", "192.0.2.1");
        assert_eq!(verdict["code"], "unknown_operation");
        assert_eq!(verdict["rate_limit"], Value::Null);
    }
    assert_eq!(codes(&house, &key, "staging", 2), ["wrong_environment"; 2]);
    assert_eq!(codes(&house, &key, "production", 2), ["ok", "rate_limited"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_own_limit_holds_as_soon_as_it_is_set() {
    let (house, customer) = shop(MANIFEST).await;
    let (id, key) = house.key(customer.environment("production"), "secret", "Server");
    let path = format!("/v1/keys/{id}");
    assert_eq!(
        codes(&house, &key, "production", 3),
        ["ok"; 3],
        "no limit at all"
    );
    let limit = json!({ "limit": 2, "period_seconds": 3600 });
    let set = house
        .patch(&path, &json!({ "rate_limit": limit }))
        .expect(200)
        .json();
    assert_eq!(set["rate_limit"], limit);
    assert_eq!(set["effective"]["confirmed"], 1, "it takes something away");
    assert_eq!(
        codes(&house, &key, "production", 3),
        ["ok", "ok", "rate_limited"]
    );
    let more = json!({ "rate_limit": { "limit": 3, "period_seconds": 3600 } });
    house.patch(&path, &more).expect(200);
    assert_eq!(
        codes(&house, &key, "production", 2),
        ["ok", "rate_limited"],
        "those before count"
    );
    house
        .patch(&path, &json!({ "rate_limit": null }))
        .expect(200);
    assert_eq!(codes(&house, &key, "production", 3), ["ok"; 3]);

    let body = json!({
        "kind": "secret", "name": "Slow", "rate_limit": { "limit": 1, "period_seconds": 60 },
    });
    let (_, slow) = house.key_with(customer.environment("production"), &body);
    assert_eq!(
        codes(&house, &slow, "production", 2),
        ["ok", "rate_limited"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_no_sense_are_refused_by_name() {
    let (house, customer) = shop(MANIFEST).await;
    let environment = customer.environment("production");
    let path = format!("/v1/environments/{environment}/keys");
    let cases = [
        (
            json!({ "limit": 0, "period_seconds": 60 }),
            "/rate_limit/limit",
        ),
        (
            json!({ "limit": 1, "period_seconds": 0 }),
            "/rate_limit/period_seconds",
        ),
        (
            json!({ "limit": 1, "period_seconds": 2_678_401 }),
            "/rate_limit/period_seconds",
        ),
        (
            json!({ "limit": -1, "period_seconds": 60 }),
            "/rate_limit/limit",
        ),
        (json!({ "limit": 1 }), "/rate_limit"),
        (
            json!({ "limit": 1, "period_seconds": 60, "burst": 9 }),
            "/rate_limit",
        ),
        (json!(7), "/rate_limit"),
    ];
    for (limit, pointer) in cases {
        let body = json!({ "kind": "secret", "name": "X", "rate_limit": limit });
        let refused = house.post(&path, &body).expect(422).json();
        let named = text(&refused["errors"][0]["pointer"]);
        assert!(named.starts_with(pointer), "{limit}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_visitor_cannot_use_up_a_publishable_key_for_all() {
    let limits = "rate_limit = { limit = 2, period = \"1h\" }\n\
                  total_rate_limit = { limit = 5, period = \"1h\" }";
    let (house, customer) = shop(&with_limit("[keys.publishable]", limits)).await;
    let (_, key) = house.key(customer.environment("production"), "publishable", "Site");
    let from = |ip: &str| {
        let verdict = ask(&house, &key, "production", "GET /v1/things", ip);
        text(&verdict["code"])
    };
    let one = ["2001:db8:1:2::1", "2001:db8:1:2:3::9", "2001:db8:1:2::1"];
    assert_eq!(
        one.map(from),
        ["ok", "ok", "rate_limited"],
        "a /64 is one visitor"
    );
    assert_eq!(
        ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"].map(from),
        ["ok", "ok", "rate_limited"]
    );
    assert_eq!(
        ["192.0.2.2", "192.0.2.3"].map(from),
        ["ok", "rate_limited"],
        "five in all"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_has_its_own_limit_in_place_of_the_keys_default() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 3, period = "1h" }"#,
    );
    let manifest = manifest.replacen(
        "match = \"GET /v1/dear\"",
        "match = \"GET /v1/dear\"\nrate_limit = { limit = 1, period = \"1h\" }",
        1,
    );
    let (house, customer) = shop(&manifest).await;
    let (_, key) = house.key(customer.environment("production"), "secret", "Server");
    let dear = || text(&ask(&house, &key, "production", "GET /v1/dear", "192.0.2.1")["code"]);
    assert_eq!([dear(), dear()], ["ok", "rate_limited"]);
    assert_eq!(
        codes(&house, &key, "production", 4),
        ["ok", "ok", "ok", "rate_limited"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_and_customers_have_limits_over_all_their_keys() {
    let plan = "[[plans]]\nname = \"free\"\nrate_limit = { limit = 4, period = \"1h\" }\n\n\
                [[plans]]\nname = \"big\"\n\n[[scopes]]";
    let manifest = MANIFEST.replacen("[[scopes]]", plan, 1);
    let limited = "name = \"staging\"\nrate_limit = { limit = 2, period = \"1h\" }";
    let manifest = manifest.replacen("name = \"staging\"", limited, 1);
    let (house, customer) = shop(&manifest).await;
    let key = |environment: &str, name: &str| {
        house
            .key(customer.environment(environment), "secret", name)
            .1
    };
    let (one, two) = (key("staging", "One"), key("staging", "Two"));
    assert_eq!(codes(&house, &one, "staging", 1), ["ok"]);
    assert_eq!(codes(&house, &two, "staging", 2), ["ok", "rate_limited"]);
    // Test calls take nothing from live ones.
    let (one, two) = (key("production", "One"), key("production", "Two"));
    assert_eq!(codes(&house, &one, "production", 3), ["ok"; 3]);
    assert_eq!(codes(&house, &two, "production", 2), ["ok", "rate_limited"]);
    let path = format!("/v1/organizations/{}", customer.organization);
    house.patch(&path, &json!({ "plan": "big" })).expect(200);
    assert_eq!(
        codes(&house, &two, "production", 3),
        ["ok"; 3],
        "the other plan has none"
    );
    let other = house.customer("shop", "Other");
    let (_, theirs) = house.key(other.environment("production"), "secret", "Server");
    assert_eq!(
        codes(&house, &theirs, "production", 4),
        ["ok"; 4],
        "every customer has their own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r09_both_values_of_a_key_in_grace_share_its_limit() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 3, period = "1h" }"#,
    );
    let (house, customer) = shop(&manifest).await;
    let (id, old) = house.key(customer.environment("production"), "secret", "Server");
    assert_eq!(codes(&house, &old, "production", 1), ["ok"]);
    let path = format!("/v1/keys/{id}/rotate");
    let rotated = house
        .post(&path, &json!({ "grace_seconds": 60 }))
        .expect(200)
        .json();
    let new = text(&rotated["secret"]);
    assert_eq!(codes(&house, &new, "production", 1), ["ok"]);
    assert_eq!(codes(&house, &old, "production", 2), ["ok", "rate_limited"]);
    assert_eq!(codes(&house, &new, "production", 1), ["rate_limited"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_counts_each_of_its_calls_and_an_explanation_tells_of_the_limit() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 3, period = "1h" }"#,
    );
    let (house, customer) = shop(&manifest).await;
    let (_, key) = house.key(customer.environment("production"), "secret", "Server");
    let one = json!({
        "key": key, "product": "shop", "mode": "any", "operation": "GET /v1/things",
    });
    let batch = json!({ "requests": [one, one] });
    let answer = house
        .post("/v1/keys/verify_batch", &batch)
        .expect(200)
        .json();
    assert_eq!(answer["results"][1]["rate_limit"]["remaining"], 1);
    let mut explained = one.clone();
    explained["explain"] = json!(true);
    let last = |house: &House| {
        let answer = house.post("/v1/keys/verify", &explained).expect(200).json();
        answer["checks"].as_array().unwrap().last().unwrap().clone()
    };
    assert_eq!(
        last(&house),
        json!({ "check": "rate_limit", "passed": true })
    );
    let check = last(&house);
    assert_eq!(
        (&check["check"], &check["code"]),
        (&json!("rate_limit"), &json!("rate_limited"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_calls_pass_as_allowed_however_many_come_at_once() {
    let manifest = with_limit(
        "[keys.secret]",
        r#"rate_limit = { limit = 50, period = "1h" }"#,
    );
    let (house, customer) = shop(&manifest).await;
    let (_, key) = house.key(customer.environment("production"), "secret", "Server");
    let passed = std::thread::scope(|scope| {
        let call = || codes(&house, &key, "production", 20);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        let codes = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        codes.filter(|code| code == "ok").count()
    });
    assert_eq!(passed, 50);
}
