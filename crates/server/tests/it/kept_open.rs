//! A caller that keeps its connection open is believed no longer than its operator key is good.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::house::{House, text};

const CREATE: &str = "POST /v1/events";

/// A connection that is kept open, on which one operator key asks.
struct Kept<'h> {
    house: &'h House,
    stream: TcpStream,
    operator: String,
}

impl<'h> Kept<'h> {
    fn open(house: &'h House, operator: &str) -> Self {
        Self {
            house,
            stream: TcpStream::connect(house.address).unwrap(),
            operator: operator.to_owned(),
        }
    }

    /// Asks about a key, with more header lines; the status and what the body says.
    fn ask(&mut self, key: &str, more: &str) -> (u16, Value) {
        let question = json!({
            "key": key, "product": "keepem", "environment": "production", "operation": CREATE,
        });
        let (body, operator) = (question.to_string(), &self.operator);
        let request = format!(
            "POST /v1/keys/verify HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {operator}\r\n\
             {more}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.house.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        self.receive()
    }

    /// Asks as the holder of a key at an address.
    fn own(&mut self, key: &str, client: &str) -> (u16, Value) {
        let request = format!(
            "GET /v1/keys/self HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n\
             x-forwarded-for: {client}\r\n\r\n",
            self.house.address
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        self.receive()
    }

    fn receive(&mut self) -> (u16, Value) {
        let (mut got, mut buffer) = (String::new(), [0_u8; 16 << 10]);
        loop {
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed after {got:?}");
            got.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            // Every answer here is one JSON object with a length.
            if let Some((head, body)) = got.split_once("\r\n\r\n")
                && let Ok(body) = serde_json::from_str(body)
            {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body);
            }
        }
    }
}

/// A furnished house, a good key in it, and another operator key with its id.
async fn with_operator(body: Value) -> (House, String, (String, String)) {
    let house = House::furnished().await;
    let customer = house.customer("keepem", "Kept");
    let (_, key) = house.key(customer.environment("production"), "secret", "good");
    let made = house.post("/v1/operator-keys", &body).expect(201).json();
    let operator = (text(&made["key"]["id"]), text(&made["secret"]));
    (house, key, operator)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_operator_key_is_refused_on_a_connection_that_knew_it() {
    let (house, key, (id, secret)) = with_operator(json!({ "name": "asker" })).await;
    let mut kept = Kept::open(&house, &secret);
    for _ in 0..3 {
        let (status, verdict) = kept.ask(&key, "");
        assert_eq!((status, &verdict["code"]), (200, &json!("ok")));
    }
    house
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .expect(200);
    let (status, problem) = kept.ask(&key, "");
    assert_eq!((status, &problem["code"]), (401, &json!("revoked_key")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_key_that_loses_its_scope_is_refused_on_a_connection_that_knew_it() {
    let (house, key, (id, secret)) = with_operator(json!({ "name": "asker" })).await;
    let mut kept = Kept::open(&house, &secret);
    assert_eq!(kept.ask(&key, "").0, 200);
    let less = json!({ "scopes": ["audit:read"] });
    house.patch(&format!("/v1/keys/{id}"), &less).expect(200);
    assert_eq!(kept.ask(&key, "").0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_key_is_believed_only_as_it_was_sent() {
    let (house, key, (_, secret)) = with_operator(json!({ "name": "asker" })).await;
    let mut kept = Kept::open(&house, &secret);
    assert_eq!(kept.ask(&key, "").0, 200);
    let (status, problem) = kept.ask(&key, "origin: https://shop.example\r\n");
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("secret_key_in_browser"))
    );
    let (status, problem) = kept.ask(&key, &format!("authorization: Bearer {secret}\r\n"));
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("conflicting_credentials"))
    );
    drop(kept);
    let mut kept = Kept::open(&house, &secret);
    assert_eq!(kept.ask(&key, "").0, 200);
    let last = secret.len() - 1;
    kept.operator
        .replace_range(last.., if secret.ends_with('0') { "1" } else { "0" });
    assert_eq!(kept.ask(&key, "").0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_key_is_bound_to_holds_for_every_question() {
    let bound = json!({ "name": "asker", "product": "innkept" });
    let (house, key, (_, secret)) = with_operator(bound).await;
    let mut kept = Kept::open(&house, &secret);
    for _ in 0..3 {
        assert_eq!(kept.ask(&key, "").0, 422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn n14_the_next_request_on_an_open_connection_obeys_a_changed_list() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Kept");
    let (id, key) = house.key(customer.environment("production"), "secret", "Server");
    let mut kept = Kept::open(&house, "");
    let path = format!("/v1/keys/{id}");
    let confine = |ranges: Value| {
        house
            .patch(&path, &json!({ "allowed_ips": ranges }))
            .expect(200)
    };
    for _ in 0..3 {
        assert_eq!(kept.own(&key, "192.0.2.7").0, 200);
    }
    confine(json!(["198.51.100.0/24"]));
    let (status, problem) = kept.own(&key, "192.0.2.7");
    assert_eq!((status, &problem["code"]), (403, &json!("ip_not_allowed")));
    assert_eq!(kept.own(&key, "198.51.100.7").0, 200);
    confine(Value::Null);
    assert_eq!(kept.own(&key, "192.0.2.7").0, 200);
}
