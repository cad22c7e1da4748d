//! The JSON door with every kind of text that is presented as a key.

use serde_json::{Value, json};

use crate::house::{Customer, House, text};

const CREATE: &str = "POST /v1/events";

struct Shop {
    house: House,
    customer: Customer,
    id: String,
    key: String,
}

impl Shop {
    async fn new() -> Self {
        let house = House::furnished().await;
        let customer = house.customer("keepem", "Riverside");
        let (id, key) = house.key(customer.environment("production"), "secret", "Backend");
        Self {
            house,
            customer,
            id,
            key,
        }
    }

    fn ask(&self, body: &Value) -> Value {
        self.house.post("/v1/keys/verify", body).expect(200).json()
    }

    fn code(&self, key: &str) -> String {
        text(&self.house.verify("keepem", key, CREATE)["code"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k01_a_missing_key_is_the_callers_mistake_and_an_empty_one_is_malformed() {
    let shop = Shop::new().await;
    let without = json!({ "product": "keepem", "mode": "any", "authenticate_only": true });
    let refused = shop.house.post("/v1/keys/verify", &without).expect(422);
    assert!(refused.text.contains("key"), "{}", refused.text);
    for empty in ["", "   "] {
        assert_eq!(shop.code(empty), "malformed_key", "{empty:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k02_k09_k10_k12_texts_that_are_no_keys_are_malformed() {
    let shop = Shop::new().await;
    let key = &shop.key;
    let texts = [
        "x".repeat(257),
        "x".repeat(8 << 10),
        format!(" {key}"),
        format!("{key} "),
        format!("\"{key}\""),
        format!("Bearer {key}"),
        format!("\u{feff}{key}"),
        format!("{key}\u{200b}"),
        format!("{key}\0"),
        key.replace("sk_", "sk%5F"),
        key.replacen('s', "\u{455}", 1),
        key.to_uppercase(),
    ];
    for text in texts {
        assert_eq!(shop.code(&text), "malformed_key", "{text:?}");
    }
    assert_eq!(shop.code(key), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_writes_in_another_way_reads_back_as_it_was_given() {
    let shop = Shop::new().await;
    let key = format!("/v1/keys/{}", shop.id);
    let organization = format!("/v1/organizations/{}", shop.customer.organization);
    // In turn, because what was so before may be remembered of a name.
    for (name, external_id) in [
        ("\"Backend\"", "shop-7"),
        ("Backend", "shop \"7\""),
        ("Back\\end", "shop\\7"),
        ("\u{1f511} B\u{e9}nt", "sh\u{f6}p"),
        (
            "Backend \"of the one whose name has no room on a card\"",
            "shop-7",
        ),
        (
            "Backend of the one whose name has no room on a card",
            "\"7\"",
        ),
    ] {
        let renamed = json!({ "name": name });
        shop.house.patch(&key, &renamed).expect(200);
        let renamed = json!({ "external_id": external_id });
        shop.house.patch(&organization, &renamed).expect(200);
        let verdict = shop.house.verify("keepem", &shop.key, CREATE);
        assert_eq!(verdict["key"]["name"], name);
        assert_eq!(verdict["organization"]["external_id"], external_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_told_from_a_key() {
    let shop = Shop::new().await;
    let preview = text(&shop.house.get(&format!("/v1/keys/{}", shop.id)).json()["preview"]);
    let verdict = shop.house.verify("keepem", &preview, CREATE);
    assert_eq!(verdict["code"], "malformed_key");
    assert_eq!(
        verdict["message"],
        "this is the masked preview, not the key"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k04_k05_edited_keys_are_malformed_and_unknown_ones_unknown() {
    let shop = Shop::new().await;
    for (from, to) in [
        ("sk_", "pk_"),
        ("_live_", "_test_"),
        ("sk_live", "sk_acme_live"),
    ] {
        assert_eq!(
            shop.code(&shop.key.replacen(from, to, 1)),
            "malformed_key",
            "{to}"
        );
    }
    let mode = keystile_core::model::Mode::Live;
    let kind = keystile_core::model::Kind::Secret;
    let other = keystile_core::key::mint(kind, None, mode, &keystile_server::OsRandom).unwrap();
    assert_eq!(shop.code(other.reveal()), "unknown_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn k06_d8_a_test_key_is_refused_where_live_is_asked_for() {
    let shop = Shop::new().await;
    let customer = shop.house.customer("datakeen", "Northbank");
    let test = text(&customer.automatic("test", "secret")["secret"]);
    let ask = |mode: &str| json!({ "key": test, "product": "datakeen", "mode": mode, "authenticate_only": true });
    assert_eq!(shop.ask(&ask("live"))["code"], "wrong_environment");
    assert_eq!(shop.ask(&ask("test"))["code"], "ok");
    assert_eq!(shop.ask(&ask("any"))["code"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn k07_a_publishable_key_is_no_operator_key() {
    let shop = Shop::new().await;
    let key = text(&shop.customer.automatic("production", "publishable")["value"]);
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    crate::house::request(shop.house.address, "GET", "/v1/keys", &headers, "").expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_product_is_unknown() {
    let shop = Shop::new().await;
    let ask = json!({ "key": shop.key, "product": "bkend", "mode": "any",
                      "authenticate_only": true });
    let verdict = shop.ask(&ask);
    assert_eq!(verdict["code"], "unknown_key");
    assert!(verdict["key"].is_null(), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_way_to_say_what_is_asked_and_where() {
    let shop = Shop::new().await;
    let base = json!({ "key": shop.key, "product": "keepem", "mode": "any",
                       "authenticate_only": true });
    let with = |changes: Value| {
        let mut body = base.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => body.as_object_mut().unwrap().remove(name),
                value => body
                    .as_object_mut()
                    .unwrap()
                    .insert(name.clone(), value.clone()),
            };
        }
        body
    };
    shop.ask(&base);
    let wrong = [
        (json!({ "authenticate_only": null }), "operation"),
        (json!({ "scope": "events:create" }), "operation"),
        (json!({ "operation": CREATE }), "operation"),
        (json!({ "mode": null }), "environment"),
        (json!({ "environment": "production" }), "environment"),
        (
            json!({ "mode": null, "environment": "nowhere" }),
            "environment",
        ),
        (json!({ "product": null }), "product"),
        (json!({ "product": "nothing" }), "product"),
        (json!({ "product": "keystile" }), "product"),
        (
            json!({ "authenticate_only": null, "scope": "no:such" }),
            "scope",
        ),
        (json!({ "authenticate_only": null, "scope": [] }), "scope"),
    ];
    for (changes, field) in wrong {
        let reply = shop
            .house
            .post("/v1/keys/verify", &with(changes.clone()))
            .expect(422);
        let pointer = format!("/{field}");
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{changes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_operator_key_decides_inside_what_it_is_bound_to() {
    let shop = Shop::new().await;
    let body = json!({ "name": "API", "product": "keepem", "environment": "production",
                       "scopes": ["keys:verify"] });
    let made = shop
        .house
        .post("/v1/operator-keys", &body)
        .expect(201)
        .json();
    let bearer = format!("Bearer {}", text(&made["secret"]));
    let ask = |body: Value| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let (address, body) = (shop.house.address, body.to_string());
        crate::house::request(address, "POST", "/v1/keys/verify", &headers, &body)
    };
    let short = json!({ "key": shop.key, "operation": CREATE });
    assert_eq!(ask(short).expect(200).code(), "ok");
    ask(json!({ "key": shop.key, "operation": CREATE, "product": "bkend" })).expect(422);
    ask(json!({ "key": shop.key, "operation": CREATE, "mode": "any" })).expect(422);
    let customer = shop.house.customer("bkend", "Paperboat");
    let (_, other) = shop
        .house
        .key(customer.environment("production"), "secret", "Server");
    assert_eq!(
        ask(json!({ "key": other, "operation": CREATE }))
            .expect(200)
            .code(),
        "unknown_key"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_grants_what_they_lack() {
    let shop = Shop::new().await;
    let body = json!({ "name": "Keys", "scopes": ["installation:write", "keys:read"] });
    let made = shop
        .house
        .post("/v1/operator-keys", &body)
        .expect(201)
        .json();
    let bearer = format!("Bearer {}", text(&made["secret"]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let grant = |scopes: Value| {
        let body = json!({ "name": "More", "scopes": scopes }).to_string();
        crate::house::request(
            shop.house.address,
            "POST",
            "/v1/operator-keys",
            &headers,
            &body,
        )
    };
    assert_eq!(
        grant(json!(["products:write"])).expect(403).code(),
        "insufficient_scope"
    );
    assert_eq!(grant(json!(["*"])).expect(403).code(), "insufficient_scope");
    grant(json!(["keys:read"])).expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_every_check() {
    let shop = Shop::new().await;
    let key = text(&shop.customer.automatic("production", "publishable")["value"]);
    let ask = json!({ "key": key, "product": "keepem", "environment": "production",
                      "operation": CREATE, "explain": true });
    let verdict = shop.ask(&ask);
    let checks = verdict["checks"].as_array().unwrap();
    let passed: Vec<_> = checks
        .iter()
        .map(|check| (text(&check["check"]), check["passed"] == true))
        .collect();
    let failed: Vec<_> = passed.iter().filter(|(_, passed)| !passed).collect();
    assert_eq!(failed.len(), 1, "{verdict}");
    assert_eq!(failed[0].0, "scope");
    for name in [
        "parse",
        "find",
        "state",
        "organization",
        "environment",
        "operation",
    ] {
        assert!(
            passed.contains(&(name.to_owned(), true)),
            "{name}: {verdict}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_in_order_and_each_as_it_would_alone() {
    let shop = Shop::new().await;
    let publishable = text(&shop.customer.automatic("production", "publishable")["value"]);
    let keys = [shop.key.as_str(), "nonsense", &publishable, &shop.key];
    let one = |key: &&str| {
        json!({ "key": key, "product": "keepem", "environment": "production",
                "operation": CREATE })
    };
    let body = json!({ "requests": keys.iter().map(one).collect::<Vec<_>>() });
    let answer = shop
        .house
        .post("/v1/keys/verify_batch", &body)
        .expect(200)
        .json();
    let alone = keys.iter().map(|key| {
        let mut verdict = shop.ask(&one(key));
        verdict.as_object_mut().unwrap().remove("request_id");
        verdict
    });
    assert_eq!(answer["results"], Value::Array(alone.collect()));
    let many = json!({ "requests": vec![one(&"x"); 101] });
    shop.house.post("/v1/keys/verify_batch", &many).expect(422);
    shop.house
        .post("/v1/keys/verify_batch", &json!({ "requests": [] }))
        .expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_key_from_a_web_page_is_refused() {
    let shop = Shop::new().await;
    for origin in [
        "https://shop.example",
        "http://localhost:3000",
        "null",
        "HTTPS://SHOP.EXAMPLE",
    ] {
        let ask = json!({ "key": shop.key, "product": "keepem", "environment": "production",
                          "operation": CREATE, "origin": origin });
        assert_eq!(shop.ask(&ask)["code"], "secret_key_in_browser", "{origin}");
    }
    let app = json!({ "key": shop.key, "product": "keepem", "environment": "production",
                      "operation": CREATE, "origin": "app://desktop" });
    assert_eq!(shop.ask(&app)["code"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn i8_an_origin_list_admits_listed_origins_only() {
    let shop = Shop::new().await;
    let customer = shop.house.customer("innkept", "Hotel");
    let body = json!({ "kind": "publishable", "name": "Site",
                       "allowed_origins": ["https://Hotel.example", "https://*.hotel.example"] });
    let (_, key) = shop
        .house
        .key_with(customer.environment("production"), &body);
    let code = |origin: Option<&str>| {
        let ask = json!({ "key": key, "product": "innkept", "environment": "production",
                          "operation": "GET /v1/widget/config", "origin": origin });
        text(&shop.ask(&ask)["code"])
    };
    assert_eq!(code(Some("https://hotel.example")), "ok");
    assert_eq!(code(Some("https://www.hotel.example")), "ok");
    for other in [
        "https://evil.example",
        "http://hotel.example",
        "https://a.b.hotel.example",
        "null",
    ] {
        assert_eq!(code(Some(other)), "origin_not_allowed", "{other}");
    }
    assert_eq!(code(None), "origin_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn k19_a_new_pepper_serves_old_keys_from_their_next_use() {
    let shop = Shop::new().await;
    let client = keystile_server::client::Client::Local(shop.house.data().join("control.sock"));
    let nothing = keystile_server::client::Sent::Json(json!({}));
    let method = keystile_server::client::Method::POST;
    client
        .call(method, "/control/pepper/rotate", nothing)
        .await
        .unwrap();
    assert_eq!(shop.code(&shop.key), "ok");
    // The journal says when the digest was remade.
    while shop.house.get("/v1/audit?action=key.rehashed").json()["data"] == json!([]) {
        tokio::task::yield_now().await;
    }
    assert_eq!(shop.code(&shop.key), "ok");
    shop.house
        .post(&format!("/v1/keys/{}/revoke", shop.id), &json!({}))
        .expect(200);
    assert_eq!(shop.code(&shop.key), "revoked_key");
}
