//! The table of decisions that all implementations share, asked at the doors: JSON, batch and
//! nginx's.

use std::collections::HashMap;
use std::sync::Arc;

use keystile_core::model::Timestamp;
use keystile_server::OsRandom;
use keystile_store::Clock;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{House, operator_key, request, text};

const TABLE: &str = include_str!("../../../../conformance/decisions.json");

/// 2027-01-15, 10:40.
const BEGIN: Timestamp = Timestamp::from_millis(1_800_009_600_000);

/// A year, in which no row is asked.
const LONG: u32 = 604_800;

/// Makes a key with a customer of its own, and what then happens to both; gives the text that rows
/// ask about.
fn make(house: &House, told: &Value) -> String {
    let customer = house.customer("table", "Customer");
    let environment = customer.environment(told["environment"].as_str().unwrap());
    let mut body = told.clone();
    for field in ["environment", "state"] {
        body.as_object_mut().unwrap().remove(field);
    }
    if let Some(end) = told["expires_at"].as_i64() {
        body["expires_at"] = json!(BEGIN.plus_millis(end));
    }
    let (id, value) = house.key_with(environment, &body);
    let key = format!("/v1/keys/{id}");
    let organization = format!("/v1/organizations/{}", customer.organization);
    let project = format!("/v1/projects/{}", customer.project);
    let environment = format!("/v1/environments/{environment}");
    let off = json!({ "enabled": false });
    let rotate = |seconds: u32| {
        house.post(
            &format!("{key}/rotate"),
            &json!({ "grace_seconds": seconds }),
        )
    };
    let revoke = || house.post(&format!("{key}/revoke"), &json!({}));
    let replies = match told["state"].as_str().unwrap_or_default() {
        "revoked" => vec![revoke()],
        "deleted" => vec![house.delete(&key)],
        "replaced" => vec![rotate(0)],
        "retiring" => vec![rotate(LONG)],
        "deleted_organization" => vec![house.delete(&organization)],
        "deleted_project" => vec![house.delete(&project)],
        "deleted_environment" => vec![house.delete(&environment)],
        "disabled" => vec![house.patch(&key, &off)],
        "disabled_project" => vec![house.patch(&project, &off)],
        "disabled_environment" => vec![house.patch(&environment, &off)],
        "suspended_organization" => vec![house.patch(&organization, &off)],
        "revoked_and_suspended" => vec![revoke(), house.patch(&organization, &off)],
        "expired" | "" => Vec::new(),
        other => panic!("the table has a new state: {other}"),
    };
    replies
        .into_iter()
        .for_each(|reply| drop(reply.expect(200)));
    value
}

/// A row as a question to the JSON door.
fn question(row: &Value, key: &str) -> Value {
    let mut asked = row.clone();
    let fields = asked.as_object_mut().unwrap();
    for field in ["text", "code", "missing_scope"] {
        fields.remove(field);
    }
    fields.insert("key".into(), key.into());
    fields.insert("product".into(), "table".into());
    asked
}

/// A row as the subrequest of nginx, if it can be one.
fn subrequest(house: &House, row: &Value, key: &str) -> Option<String> {
    let (method, path) = row["operation"].as_str()?.split_once(' ')?;
    let host = match row["environment"].as_str()? {
        "production" => "api.table.example",
        other => &format!("{other}.table.example"),
    };
    // What is no text of a header cannot come through nginx either.
    key.is_ascii().then_some(())?;
    let bearer = format!("Bearer {key}");
    let mut headers = vec![
        ("x-keystile-method", method),
        ("x-keystile-uri", path),
        ("x-keystile-host", host),
        ("x-keystile-client-ip", row["ip"].as_str()?),
        ("authorization", &bearer),
    ];
    headers.extend(row["origin"].as_str().map(|origin| ("origin", origin)));
    let reply = request(house.address, "GET", "/gateway/nginx/table", &headers, "");
    let code = reply.header("x-keystile-code").unwrap_or_default();
    assert_eq!(reply.status == 200, code == "ok", "{row}: {}", reply.head);
    Some(code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_decides_as_the_table_says() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let clock = Arc::new(Hands::at(BEGIN.millis()));
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let hands: Arc<dyn Clock> = Arc::<Hands>::clone(&clock);
    let house = House::around(&directory, &operator_key(), hands, Arc::new(OsRandom)).await;
    house
        .apply("table", table["manifest"].as_str().unwrap())
        .expect(201);
    let keys = table["keys"].as_array().unwrap().iter();
    let keys: HashMap<_, _> = keys
        .map(|told| (text(&told["name"]), make(&house, told)))
        .collect();
    clock.set(BEGIN.plus_millis(table["asked_at"].as_i64().unwrap()));

    let rows = table["rows"].as_array().unwrap();
    let (mut questions, mut at_nginx) = (Vec::new(), 0);
    for row in rows {
        let key = match row["text"].as_array() {
            Some(parts) => parts.iter().map(text).collect(),
            None => keys[row["key"].as_str().unwrap()].clone(),
        };
        let asked = question(row, &key);
        let verdict = house.post("/v1/keys/verify", &asked).expect(200).json();
        assert_eq!(verdict["code"], row["code"], "{row}: {verdict}");
        assert_eq!(verdict["missing_scope"], row["missing_scope"], "{row}");
        assert_eq!(verdict["valid"], json!(row["code"] == "ok"), "{row}");
        questions.push((row, asked));
        if let Some(code) = subrequest(&house, row, &key) {
            at_nginx += 1;
            // Gateways do not tell apart what is no key of theirs.
            let expected = match row["code"].as_str().unwrap() {
                "malformed_key" | "invalid_session" => "unknown_key",
                other => other,
            };
            assert_eq!(code, expected, "{row}");
        }
    }
    assert!(
        rows.len() >= 300 && at_nginx >= 300,
        "{} {at_nginx}",
        rows.len()
    );
    for part in questions.chunks(100) {
        let asked: Vec<_> = part.iter().map(|(_, asked)| asked).collect();
        let body = json!({ "requests": asked });
        let answer = house
            .post("/v1/keys/verify_batch", &body)
            .expect(200)
            .json();
        for ((row, _), verdict) in part.iter().zip(answer["results"].as_array().unwrap()) {
            assert_eq!(verdict["code"], row["code"], "in a batch: {row}");
        }
    }
}
