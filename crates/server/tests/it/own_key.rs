//! What the holder of a key may do with that key alone.

use serde_json::{Value, json};

use crate::house::{Customer, House, Reply, request, text};

const PATH: &str = "/v1/keys/self/revoke";

struct Lost {
    house: House,
    customer: Customer,
    id: String,
    key: String,
}

impl Lost {
    async fn new() -> Self {
        let house = House::with(|settings| {
            settings.public_listen = Some("127.0.0.1:0".parse().unwrap());
        })
        .await;
        house.furnish();
        let customer = house.customer("bkend", "Paperboat");
        let body = json!({ "kind": "secret", "name": "Server", "note": "in the vault",
                           "metadata": { "team": "blue" } });
        let (id, key) = house.key_with(customer.environment("production"), &body);
        Self {
            house,
            customer,
            id,
            key,
        }
    }

    fn rows(&self) -> u64 {
        let newest = self.house.get("/v1/audit?limit=1").json();
        newest["data"][0]["seq"].as_u64().unwrap()
    }
}

fn revoke(address: std::net::SocketAddr, key: &str, more: &[(&str, &str)], body: &str) -> Reply {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend_from_slice(more);
    request(address, "POST", PATH, &headers, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_a_secret_key_ends_it_for_good_on_either_listener() {
    let lost = Lost::new().await;
    let public = lost.house.public_address().unwrap();
    let (_, other) = lost
        .house
        .key(lost.customer.environment("production"), "secret", "Other");
    for (address, key) in [(public, &lost.key), (lost.house.address, &other)] {
        let before = lost.rows();
        let ended = revoke(address, key, &[], "").expect(200);
        let told = ended.json();
        assert_eq!(told["key"]["status"], "revoked");
        assert_eq!(told["effective"]["nodes"], 1);
        assert_eq!(told["effective"]["confirmed"], 1);
        assert_eq!(told["effective"]["seq"], before + 1);
        assert_eq!(ended.header("cache-control"), Some("no-store"));
        for private in ["vault", "blue", &key[12..]] {
            assert!(!ended.text.contains(private), "{}", ended.text);
        }
        let verdict = lost.house.verify("bkend", key, "GET /v1/data/rows");
        assert_eq!(verdict["code"], "revoked_key");
        let row = &lost.house.get("/v1/audit?limit=1").json()["data"][0];
        assert_eq!(row["action"], "key.revoked");
        assert_eq!(row["actor"]["type"], "key_holder");
        assert_eq!(row["actor"]["id"], told["key"]["id"]);
        assert_eq!(row["from"]["ip"], "127.0.0.1");
        assert_eq!(row["request_id"].as_str(), ended.header("x-request-id"));

        let again = revoke(address, key, &[], "").expect(401);
        assert_eq!(again.code(), "revoked_key");
        assert!(again.json()["detail"].as_str().unwrap().contains("since"));
        assert_eq!(lost.rows(), before + 1, "nothing more was written");
    }
    let shown = lost.house.get(&format!("/v1/keys/{}", lost.id)).json();
    assert_eq!(shown["status"], "revoked");
    assert_eq!(shown["effective"]["confirmed"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k07_a_publishable_key_and_its_sessions_cannot_end_it() {
    let lost = Lost::new().await;
    let (_, public) = lost.house.key(
        lost.customer.environment("production"),
        "publishable",
        "Page",
    );
    let page = "https://shop.example";
    let made = crate::sessions::ask(lost.house.address, &public, Some(page), "");
    let token = text(&made.expect(201).json()["token"]);
    let before = lost.rows();
    for held in [&public, &token] {
        let refused = revoke(lost.house.address, held, &[("origin", page)], "").expect(403);
        assert_eq!(refused.code(), "publishable_key");
        assert_eq!(refused.header("www-authenticate"), None);
    }
    assert_eq!(lost.rows(), before);
    let verdict = lost.house.verify("bkend", &public, "GET /v1/data/rows");
    assert_eq!(verdict["code"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_ended_by_a_request_that_is_not_what_it_should_be() {
    let lost = Lost::new().await;
    let address = lost.house.address;
    let json = [("content-type", "application/json")];
    let refused = revoke(address, &lost.key, &json, r#"{"key":"x"}"#).expect(422);
    assert!(refused.text.contains("key"), "{}", refused.text);
    revoke(address, &lost.key, &json, "{").expect(400);
    revoke(address, &lost.key, &[], "{}").expect(415);
    let web = [("origin", "https://evil.example")];
    let refused = revoke(address, &lost.key, &web, "").expect(403);
    assert_eq!(refused.code(), "secret_key_in_browser");
    let both = [("x-api-key", lost.key.as_str())];
    let refused = revoke(address, &lost.key, &both, "").expect(400);
    assert_eq!(refused.code(), "conflicting_credentials");
    let none = request(address, "POST", PATH, &[], "").expect(401);
    assert_eq!(none.code(), "missing_credential");
    assert!(none.header("www-authenticate").is_some());
    let bearer = format!("Bearer {}", lost.key);
    let headers = [("authorization", bearer.as_str())];
    let refused = request(address, "GET", PATH, &headers, "").expect(405);
    assert_eq!(refused.header("allow"), Some("POST"));
    request(address, "DELETE", "/v1/keys/self", &headers, "").expect(405);
    let ended = lost.house.get("/v1/audit?action=key.revoked").expect(200);
    assert_eq!(ended.json()["data"], json!([]));
    revoke(address, &lost.key, &json, "{}").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_key_that_was_found_can_be_ended_too() {
    let lost = Lost::new().await;
    let made = json!({ "name": "Leaked" });
    let made = lost.house.post("/v1/operator-keys", &made).expect(201);
    let leaked = text(&made.json()["secret"]);
    revoke(lost.house.address, &leaked, &[], "").expect(200);
    let bearer = format!("Bearer {leaked}");
    let headers = [("authorization", bearer.as_str())];
    let refused = request(lost.house.address, "GET", "/v1/keys", &headers, "");
    assert_eq!(refused.expect(401).code(), "revoked_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_says_of_itself_hangs_on_its_kind() {
    let lost = Lost::new().await;
    let own = |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        request(lost.house.address, "GET", "/v1/keys/self", &headers, "")
            .expect(200)
            .json()
    };
    let told = own(&lost.key);
    assert_eq!(told["id"], lost.id.as_str());
    assert_eq!(told["organization"], lost.customer.organization.as_str());
    for private in ["note", "metadata", "created_by"] {
        assert_eq!(told[private], Value::Null, "{private}");
    }
    let (_, public) = lost.house.key(
        lost.customer.environment("production"),
        "publishable",
        "Page",
    );
    let told = own(&public);
    let mut names: Vec<_> = told.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["kind", "mode", "scopes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_counted_once_though_its_key_is_checked_before_and_after_its_body() {
    let lost = Lost::new().await;
    let path = format!("/v1/keys/{}", lost.id);
    revoke(lost.house.address, &lost.key, &[], "").expect(200);
    let usage = lost.house.get(&format!("{path}/usage")).expect(200).json();
    assert_eq!(usage["total"], json!({ "ok": 1 }));
    let counted = "verifies_total{door=\"self\",code=\"ok\"} 1";
    let metrics = lost.house.get("/metrics").text;
    assert!(metrics.contains(counted), "{metrics}");

    // What the first look refuses ends there, and is counted there.
    revoke(lost.house.address, &lost.key, &[], "").expect(401);
    let usage = lost.house.get(&format!("{path}/usage")).expect(200).json();
    assert_eq!(usage["total"], json!({ "ok": 1, "revoked_key": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_tells_what_is_left_of_its_limit_and_can_be_ended_when_nothing_is() {
    let lost = Lost::new().await;
    let own = || {
        let bearer = format!("Bearer {}", lost.key);
        let headers = [("authorization", bearer.as_str())];
        request(lost.house.address, "GET", "/v1/keys/self", &headers, "")
            .expect(200)
            .json()
    };
    let code = || text(&lost.house.verify("bkend", &lost.key, "GET /v1/data/rows")["code"]);
    let limit = json!({ "rate_limit": { "limit": 2, "period_seconds": 3600 } });
    let path = format!("/v1/keys/{}", lost.id);
    lost.house.patch(&path, &limit).expect(200);
    let untouched = json!({ "limit": 2, "remaining": 2, "reset_seconds": 0 });
    for _ in 0..4 {
        assert_eq!(own()["rate_limit"], untouched, "asking counts nothing");
    }
    for remaining in [1, 0] {
        assert_eq!(code(), "ok");
        for _ in 0..2 {
            let left = own()["rate_limit"].clone();
            assert_eq!(left["remaining"], remaining);
            assert!(left["reset_seconds"].as_u64().unwrap() > 3500, "{left}");
        }
    }
    assert_eq!(code(), "rate_limited");
    revoke(lost.house.address, &lost.key, &[], "").expect(200);
    assert_eq!(code(), "revoked_key");
}
