//! How many credits a key may spend: set, shown, kept and taken away.

use serde_json::{Value, json};

use crate::house::{House, text};

const MOST: u64 = 9_007_199_254_740_991;

/// A house with a customer of Datakeen, and the environment its keys are made in.
async fn datakeen() -> (House, String) {
    // One secret key in each environment, which an organization comes with: here, any number.
    let starter = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Datakeen));
    let mut manifest = keystile_core::manifest::Manifest::from_toml(starter).unwrap();
    manifest.keys.secret.as_mut().unwrap().max_active = None;
    let house = House::new().await;
    house.apply("datakeen", &manifest.to_toml()).expect(201);
    let customer = house.customer("datakeen", "Riverside");
    let environment = customer.environment("production").to_owned();
    (house, environment)
}

fn with_caps(caps: &Value) -> Value {
    json!({ "kind": "secret", "name": "Pipeline", "spend_caps": caps })
}

fn shown(house: &House, key: &str) -> Value {
    let path = format!("/v1/keys/{key}");
    house.get(&path).expect(200).json()["spend_caps"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_are_shown_wherever_the_key_is_and_survive_rotation_and_restart() {
    let (house, environment) = datakeen().await;
    let caps = json!({ "day": 0, "month": 1000, "total": MOST });
    let path = format!("/v1/environments/{environment}/keys");
    let created = house.post(&path, &with_caps(&caps)).expect(201).json();
    assert_eq!(created["key"]["spend_caps"], caps);
    let key = text(&created["key"]["id"]);

    let part = json!({ "kind": "secret", "name": "Part", "spend_caps": { "month": 5 } });
    let (part, _) = house.key_with(&environment, &part);
    let told = json!({ "day": null, "month": 5, "total": null });
    assert_eq!(shown(&house, &part), told, "what is not set is told");
    let (plain, _) = house.key(&environment, "secret", "Plain");
    assert_eq!(shown(&house, &plain), Value::Null);
    let (nulls, _) = house.key_with(
        &environment,
        &json!({ "kind": "secret", "name": "None", "spend_caps": null }),
    );
    assert_eq!(shown(&house, &nulls), Value::Null);

    let listed = house.get(&path).expect(200).json();
    let of_list = |id: &str| {
        let keys = listed["data"].as_array().unwrap();
        keys.iter().find(|one| one["id"] == id).unwrap()["spend_caps"].clone()
    };
    assert_eq!(of_list(&key), caps);
    assert_eq!(of_list(&plain), Value::Null);

    let rotate = format!("/v1/keys/{key}/rotate");
    let rotated = house.post(&rotate, &json!({})).expect(200).json();
    assert_eq!(rotated["key"]["spend_caps"], caps);
    let house = house.restarted().await;
    assert_eq!(shown(&house, &key), caps);
    assert_eq!(shown(&house, &part), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_or_tighter_cap_answers_with_proof_and_a_looser_one_without() {
    let (house, environment) = datakeen().await;
    let (key, _) = house.key(&environment, "secret", "Pipeline");
    let path = format!("/v1/keys/{key}");
    // What is set, and whether that takes something away. Caps replace those before as a whole.
    let steps = [
        (json!({ "day": 100 }), true),
        (json!({ "day": 99 }), true),
        (json!({ "day": 99, "month": 1000 }), true),
        (json!({ "day": 100, "month": 1001 }), false),
        (json!({ "day": 500, "total": 7 }), true),
        (json!({ "day": 0 }), true),
        (json!({ "day": 1 }), false),
        (Value::Null, false),
        (json!({ "total": MOST }), true),
    ];
    let mut proven = 0;
    for (caps, narrows) in steps {
        let body = json!({ "spend_caps": caps });
        let changed = house.patch(&path, &body).expect(200).json();
        let mut whole = json!({ "day": null, "month": null, "total": null });
        for (name, cap) in caps.as_object().into_iter().flatten() {
            whole[name] = cap.clone();
        }
        let whole = if caps.is_null() { Value::Null } else { whole };
        assert_eq!(changed["spend_caps"], whole);
        let seq = changed["effective"]["seq"].as_u64();
        assert_eq!(seq.is_some(), narrows, "{caps}: {changed}");
        if let Some(seq) = seq {
            assert_eq!(changed["effective"]["confirmed"], 1, "{caps}");
            assert!(seq > proven, "each narrowing is proven by its own row");
            proven = seq;
        }
        assert_eq!(shown(&house, &key), whole, "another field is left alone");
    }
    let renamed = house
        .patch(&path, &json!({ "name": "Other" }))
        .expect(200)
        .json();
    assert_eq!(renamed["spend_caps"]["total"], MOST, "left out, they stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_names_caps_among_what_changed() {
    let (house, environment) = datakeen().await;
    let (key, _) = house.key(&environment, "secret", "Pipeline");
    let path = format!("/v1/keys/{key}");
    let both = json!({ "spend_caps": { "day": 9 }, "note": "capped" });
    house.patch(&path, &both).expect(200);
    house
        .patch(&path, &json!({ "spend_caps": { "day": 9 } }))
        .expect(200);
    let log = house.get("/v1/audit?limit=100").expect(200).json();
    let rows = log["data"].as_array().unwrap().iter();
    let changes: Vec<_> = rows.filter(|row| row["action"] == "key.updated").collect();
    assert_eq!(changes.len(), 1, "the same caps again are no change: {log}");
    assert_eq!(
        changes[0]["details"]["fields"],
        json!(["note", "spend_caps"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_caps_of_no_sense_are_refused_by_name_wherever_they_are_set() {
    let (house, environment) = datakeen().await;
    let (key, _) = house.key(&environment, "secret", "Pipeline");
    let cases = [
        (json!({ "day": -1 }), "/spend_caps/day"),
        (json!({ "month": 1.5 }), "/spend_caps/month"),
        (json!({ "total": MOST + 1 }), "/spend_caps/total"),
        (json!({ "day": u64::MAX }), "/spend_caps/day"),
        (json!({ "day": 1e300 }), "/spend_caps/day"),
        (json!({ "month": "100" }), "/spend_caps/month"),
        (json!({ "total": true }), "/spend_caps/total"),
        (json!({ "hour": 1 }), "/spend_caps/hour"),
        (json!({ "day": 1, "spent": 0 }), "/spend_caps/spent"),
        (json!({}), "/spend_caps"),
        (
            json!({ "day": null, "month": null, "total": null }),
            "/spend_caps",
        ),
        (json!([1, 2, 3]), "/spend_caps"),
        (json!(100), "/spend_caps"),
    ];
    for (caps, pointer) in &cases {
        let create = format!("/v1/environments/{environment}/keys");
        let refused = [
            house.post(&create, &with_caps(caps)),
            house.patch(&format!("/v1/keys/{key}"), &json!({ "spend_caps": caps })),
        ];
        for refused in refused {
            let problem = refused.expect(422).json();
            assert_eq!(problem["errors"][0]["pointer"], *pointer, "{problem}");
        }
    }
    assert_eq!(shown(&house, &key), Value::Null, "nothing of it was set");
    let bodies = [
        // Twice the same name has no meaning, and a number beyond all types is none of ours.
        (r#"{"spend_caps": {"day": 1, "day": 2}}"#, 400),
        (r#"{"spend_caps": {"day": 99999999999999999999}}"#, 422),
    ];
    for (body, status) in bodies {
        let json = [("content-type", "application/json")];
        let path = format!("/v1/keys/{key}");
        house.send("PATCH", &path, &json, body).expect(status);
    }
    let both = json!({ "spend_caps": { "day": MOST + 1, "total": MOST + 1 } });
    let refused = house.patch(&format!("/v1/keys/{key}"), &both).expect(422);
    assert_eq!(refused.json()["errors"].as_array().unwrap().len(), 2);
}
