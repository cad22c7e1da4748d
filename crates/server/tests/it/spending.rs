//! Calls that cost credits, as the doors answer them.

use serde_json::{Value, json};

use crate::house::{House, Reply, request, text};

const ANALYSE: &str = "POST /v1/analyses";

/// A customer of Datakeen.
struct Lab {
    house: House,
    organization: String,
    live: String,
    test: String,
    test_key: String,
}

impl Lab {
    async fn new() -> Self {
        Self::of(House::furnished().await)
    }

    fn of(house: House) -> Self {
        let customer = house.customer("datakeen", "Paperboat");
        let reveal = |environment: &str| {
            let id = text(&customer.automatic(environment, "secret")["id"]);
            let path = format!("/v1/keys/{id}/reveal");
            let shown = house.post(&path, &json!({})).expect(200).json();
            (text(&shown["secret"]), id)
        };
        let (live, test) = (reveal("production"), reveal("test"));
        Self {
            organization: customer.organization.clone(),
            live: live.0,
            test: test.0,
            test_key: test.1,
            house,
        }
    }

    fn grant(&self, mode: &str, amount: u64) {
        let path = format!("/v1/organizations/{}/grants", self.organization);
        let grant = json!({ "mode": mode, "amount": amount, "reason": "top-up" });
        self.house.post(&path, &grant).expect(201);
    }

    fn credits(&self) -> Value {
        let path = format!("/v1/organizations/{}/credits", self.organization);
        self.house.get(&path).expect(200).json()
    }

    fn remaining(&self, mode: &str) -> u64 {
        self.credits()[mode]["remaining"].as_u64().unwrap()
    }

    fn ask(&self, key: &str, environment: &str, more: &Value) -> Reply {
        let mut body = json!({
            "key": key, "product": "datakeen", "environment": environment, "operation": ANALYSE,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.house.post("/v1/keys/verify", &body)
    }

    fn analyse(&self, more: &Value) -> Value {
        self.ask(&self.test, "test", more).expect(200).json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_d5_the_21st_test_analysis_is_refused_and_live_credits_are_another_matter() {
    let lab = Lab::new().await;
    lab.grant("live", 2);
    for left in (0..20).rev() {
        let verdict = lab.analyse(&json!({}));
        assert_eq!(verdict["code"], "ok", "{verdict}");
        assert_eq!(verdict["credits"]["remaining"], left);
        assert!(text(&verdict["spend_id"]).starts_with("spend_"));
    }
    let refused = lab.analyse(&json!({}));
    assert_eq!(refused["valid"], false);
    assert_eq!(refused["code"], "credits_exhausted");
    assert_eq!(refused.get("spend_id"), None);
    assert_eq!(lab.remaining("live"), 2, "d8: test spends no live credits");
    for _ in 0..2 {
        let verdict = lab.ask(&lab.live, "production", &json!({})).json();
        assert_eq!(verdict["code"], "ok");
    }
    let refused = lab.ask(&lab.live, "production", &json!({})).json();
    assert_eq!(refused["code"], "credits_exhausted");
    let expected = |granted: u64| json!({ "granted": granted, "spent": granted, "reserved": 0, "expired": 0, "remaining": 0 });
    assert_eq!(
        lab.credits(),
        json!({ "live": expected(2), "test": expected(20) })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_k06_a_test_key_on_production_spends_nothing() {
    let lab = Lab::new().await;
    lab.grant("live", 5);
    let refused = lab.ask(&lab.test, "production", &json!({})).json();
    assert_eq!(refused["code"], "wrong_environment");
    assert_eq!((lab.remaining("live"), lab.remaining("test")), (5, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_free_costs_nothing() {
    let lab = Lab::new().await;
    let free = json!({ "operation": "POST /v1/journeys" });
    let verdict = lab.analyse(&free);
    assert_eq!(verdict["code"], "ok");
    assert_eq!(verdict.get("credits"), None);
    let page = json!({ "origin": "https://page.example" });
    assert_eq!(lab.analyse(&page)["code"], "secret_key_in_browser");
    let path = format!("/v1/keys/{}", lab.test_key);
    lab.house
        .patch(&path, &json!({ "enabled": false }))
        .expect(200);
    assert_eq!(lab.analyse(&json!({}))["code"], "disabled_key");
    assert_eq!(lab.remaining("test"), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_r07_a_repeated_call_is_charged_once_and_checked_each_time() {
    let lab = Lab::new().await;
    let named = json!({ "idempotency_key": "analysis 17" });
    let first = lab.analyse(&named);
    for _ in 0..3 {
        let again = lab.analyse(&named);
        assert_eq!(again["spend_id"], first["spend_id"]);
        assert_eq!(again["credits"]["remaining"], 19);
    }
    let other = lab.analyse(&json!({ "idempotency_key": "analysis 18" }));
    assert_ne!(other["spend_id"], first["spend_id"]);
    assert_eq!(lab.remaining("test"), 18);
    // It stands for this charge, and for nothing else.
    let reserved = json!({ "idempotency_key": "analysis 17", "reserve": true });
    let conflict = lab.ask(&lab.test, "test", &reserved).expect(409);
    assert_eq!(conflict.code(), "idempotency_conflict");
    // The verdict is another matter.
    let path = format!("/v1/keys/{}", lab.test_key);
    lab.house
        .patch(&path, &json!({ "enabled": false }))
        .expect(200);
    assert_eq!(lab.analyse(&named)["code"], "disabled_key");
    lab.house
        .patch(&path, &json!({ "enabled": true }))
        .expect(200);
    let lab = Lab {
        house: lab.house.restarted().await,
        ..lab
    };
    assert_eq!(lab.analyse(&named)["spend_id"], first["spend_id"]);
    assert_eq!(lab.remaining("test"), 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_the_same_idempotency_key_of_live_and_test_are_two() {
    let lab = Lab::new().await;
    lab.grant("live", 5);
    let named = json!({ "idempotency_key": "one" });
    let test = lab.analyse(&named);
    let live = lab.ask(&lab.live, "production", &named).json();
    assert_eq!(live["code"], "ok");
    assert_ne!(live["spend_id"], test["spend_id"]);
    assert_eq!((lab.remaining("live"), lab.remaining("test")), (4, 19));
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_costs_that_are_none_are_named_and_nothing_is_spent() {
    let lab = Lab::new().await;
    for (cost, pointer) in [
        (json!(-1), "/cost"),
        (json!(0.5), "/cost"),
        (json!("1"), "/cost"),
        (json!(2), "/cost"),
        (json!(0), "/cost"),
        (json!(9_223_372_036_854_775_808_u64), "/cost"),
        (json!(1e30), "/cost"),
    ] {
        let refused = lab
            .ask(&lab.test, "test", &json!({ "cost": cost }))
            .expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{cost}");
    }
    for bad in [json!(""), json!("x".repeat(256)), json!(7)] {
        let named = json!({ "idempotency_key": bad });
        let refused = lab.ask(&lab.test, "test", &named).expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/idempotency_key");
    }
    let scope = json!({ "operation": null, "scope": "documents:analyse", "reserve": true });
    let refused = lab.ask(&lab.test, "test", &scope).expect(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/reserve");
    let none = json!({ "operation": null, "scope": "documents:analyse", "cost": 0 });
    assert_eq!(lab.analyse(&none)["code"], "ok");
    assert_eq!(lab.analyse(&json!({ "cost": 1 }))["code"], "ok");
    assert_eq!(lab.remaining("test"), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_may_be_named_where_the_manifest_allows_a_range() {
    let house = House::furnished().await;
    let manifest =
        keystile_core::manifest::starter(Some(keystile_core::manifest::System::Datakeen));
    let ranged = manifest.replace("cost = 1\n", "cost = 1\nmax_cost = 30\n");
    house.apply("datakeen", &ranged).expect(200);
    let lab = Lab::of(house);
    assert_eq!(
        lab.analyse(&json!({ "cost": 12 }))["credits"]["remaining"],
        8
    );
    assert_eq!(
        lab.analyse(&json!({ "cost": 9 }))["code"],
        "credits_exhausted"
    );
    assert_eq!(lab.analyse(&json!({}))["credits"]["remaining"], 7);
    lab.ask(&lab.test, "test", &json!({ "cost": 31 }))
        .expect(422);
    // The same call under the same name costs the same.
    let named = json!({ "cost": 2, "idempotency_key": "x" });
    assert_eq!(lab.analyse(&named)["credits"]["remaining"], 5);
    let dearer = json!({ "cost": 3, "idempotency_key": "x" });
    lab.ask(&lab.test, "test", &dearer).expect(409);
    assert_eq!(lab.remaining("test"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reserved_is_settled_released_or_runs_out() {
    let lab = Lab::new().await;
    let reserve = || text(&lab.analyse(&json!({ "reserve": true }))["spend_id"]);
    let (settled, released) = (reserve(), reserve());
    let test = &lab.credits()["test"];
    assert_eq!(
        (&test["reserved"], &test["remaining"]),
        (&json!(2), &json!(18))
    );
    let spends = |spend: &str, what: &str, body: &Value| {
        lab.house.post(&format!("/v1/spends/{spend}/{what}"), body)
    };
    spends(&settled, "settle", &json!({ "amount": 1 })).expect(200);
    spends(&released, "release", &json!({})).expect(200);
    let test = &lab.credits()["test"];
    let found = ["spent", "reserved", "remaining"].map(|name| test[name].as_u64().unwrap());
    assert_eq!(found, [1, 0, 19]);
    spends(&settled, "refund", &json!({})).expect(200);
    assert_eq!(lab.remaining("test"), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_of_a_key_holds_before_the_credits_end() {
    let lab = Lab::new().await;
    let path = format!("/v1/keys/{}", lab.test_key);
    let cap = |day: u64| json!({ "spend_caps": { "day": day } });
    lab.house.patch(&path, &cap(2)).expect(200);
    assert_eq!(lab.analyse(&json!({}))["code"], "ok");
    let second = lab.analyse(&json!({}));
    let refused = lab.analyse(&json!({}));
    assert_eq!(refused["code"], "spend_cap_reached");
    assert!(text(&refused["message"]).contains("tomorrow"));
    // What is given back may be spent again.
    let refund = format!("/v1/spends/{}/refund", text(&second["spend_id"]));
    lab.house.post(&refund, &json!({})).expect(200);
    assert_eq!(lab.analyse(&json!({}))["code"], "ok");
    assert_eq!(lab.analyse(&json!({}))["code"], "spend_cap_reached");
    lab.house.patch(&path, &cap(3)).expect(200);
    assert_eq!(lab.analyse(&json!({}))["code"], "ok");
    assert_eq!(lab.remaining("test"), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_charged_in_its_order() {
    let lab = Lab::new().await;
    let question = |more: &Value| {
        let mut one = json!({
            "key": lab.test, "product": "datakeen", "environment": "test", "operation": ANALYSE,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            one[name] = value.clone();
        }
        one
    };
    let free = json!({ "operation": "POST /v1/journeys" });
    let named = json!({ "idempotency_key": "twice" });
    let mut requests = vec![question(&named), question(&free), question(&named)];
    requests.extend((0..20).map(|_| question(&json!({}))));
    requests.push(question(&json!({ "key": "sk_test_none" })));
    requests.push(question(
        &json!({ "idempotency_key": "twice", "reserve": true }),
    ));
    let body = json!({ "requests": requests });
    let answered = lab
        .house
        .post("/v1/keys/verify_batch", &body)
        .expect(200)
        .json();
    let results = answered["results"].as_array().unwrap();
    assert_eq!(results.len(), requests.len());
    assert_eq!(results[0]["spend_id"], results[2]["spend_id"]);
    assert_eq!(results[1].get("spend_id"), None);
    for (index, one) in results[3..22].iter().enumerate() {
        assert_eq!(one["code"], "ok");
        assert_eq!(one["credits"]["remaining"], 18 - index as u64);
    }
    assert_eq!(results[22]["code"], "credits_exhausted");
    assert_eq!(results[23]["code"], "malformed_key");
    assert_eq!(results[24]["code"], "idempotency_conflict");
    assert_eq!(lab.remaining("test"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_names_the_check_that_credits_are() {
    let lab = Lab::new().await;
    let check = |verdict: &Value| {
        let checks = verdict["checks"].as_array().unwrap();
        checks.iter().find(|one| one["check"] == "credits").cloned()
    };
    let explained = lab.analyse(&json!({ "explain": true }));
    assert_eq!(check(&explained).unwrap()["passed"], true);
    assert_eq!(explained["credits"]["remaining"], 19);
    for _ in 0..19 {
        lab.analyse(&json!({}));
    }
    let refused = lab.analyse(&json!({ "explain": true }));
    assert_eq!(check(&refused).unwrap()["code"], "credits_exhausted");
    let usage = lab.house.get(&format!("/v1/keys/{}/usage", lab.test_key));
    let total = json!({ "ok": 20, "credits_exhausted": 1 });
    assert_eq!(usage.expect(200).json()["total"], total, "each counts once");
}

#[tokio::test(flavor = "multi_thread")]
async fn r01_many_at_once_for_the_last_credits_have_as_many_winners() {
    let lab = Lab::new().await;
    let lab = &lab;
    let won = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let verdict = lab.analyse(&json!({}));
                    if verdict["valid"] == true {
                        won.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 20);
    assert_eq!(lab.credits()["test"]["spent"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_key_is_told_what_is_left_for_it() {
    let lab = Lab::new().await;
    let path = format!("/v1/keys/{}", lab.test_key);
    let caps = json!({ "spend_caps": { "day": 5, "total": 100 } });
    lab.house.patch(&path, &caps).expect(200);
    lab.analyse(&json!({}));
    lab.analyse(&json!({}));
    let bearer = format!("Bearer {}", lab.test);
    let headers = [("authorization", bearer.as_str())];
    let told = request(lab.house.address, "GET", "/v1/keys/self", &headers, "");
    let told = told.expect(200).json();
    assert_eq!(told["credits"], json!({ "remaining": 18 }));
    assert_eq!(told["spend_caps"], json!({ "day": 3, "total": 98 }));
    // Where nothing costs anything, nothing is said of it.
    let customer = lab.house.customer("bkend", "Paperboat");
    let (_, key) = lab
        .house
        .key(customer.environment("production"), "secret", "Server");
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let told = request(lab.house.address, "GET", "/v1/keys/self", &headers, "");
    assert_eq!(told.expect(200).json().get("credits"), None);
}
