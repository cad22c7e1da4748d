//! The keys that sign session tokens: public halves for whoever checks offline, and their change.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use keystile_server::OsRandom;
use keystile_server::client::{Client, Method, Sent};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{House, operator_key, request, text};
use crate::sessions::{Inn, PAGE};

const CONFIG: &str = "GET /v1/widget/config";

async fn control(house: &House, what: &str, body: Value) -> Value {
    let client = Client::Local(house.data().join("control.sock"));
    let path = format!("/control/{what}");
    let told = client.call(Method::POST, &path, Sent::Json(body)).await;
    told.unwrap().body
}

fn keys(house: &House) -> Vec<Value> {
    let reply = request(house.address, "GET", "/.well-known/jwks.json", &[], "");
    let keys = reply.expect(200).json()["keys"].clone();
    keys.as_array().unwrap().clone()
}

fn decoded(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// Checks a token as anybody could who has only the public keys.
fn is_signed_by(token: &str, keys: &[Value]) -> bool {
    let token = token.strip_prefix("st_").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
    assert_eq!(header["alg"], "EdDSA");
    keys.iter().any(|key| {
        assert_eq!(key["kty"], "OKP");
        assert_eq!(key["crv"], "Ed25519");
        assert_eq!(key["d"], Value::Null, "the private half stays here");
        key["kid"] == header["kid"] && {
            let public = decoded(key["x"].as_str().unwrap());
            UnparsedPublicKey::new(&ED25519, public)
                .verify(message.as_bytes(), &decoded(signature))
                .is_ok()
        }
    })
}

fn code(inn: &Inn, token: &str) -> String {
    let body = json!({ "key": token, "product": "innkept", "environment": "production",
                       "operation": CONFIG, "origin": PAGE });
    text(&inn.house.post("/v1/keys/verify", &body).expect(200).json()["code"])
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_public_keys_can_check_a_token_offline() {
    let inn = Inn::new().await;
    let token = inn.token();
    assert!(is_signed_by(&token, &keys(&inn.house)));
    let bad = token.replacen('.', ".A", 1);
    assert!(!is_signed_by(&bad, &keys(&inn.house)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_signing_key_signs_and_the_old_one_stays_until_its_tokens_have_ended() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let hands = Arc::new(Hands::now());
    let clock = Arc::clone(&hands) as Arc<_>;
    let house = House::around(&directory, &operator_key(), clock, Arc::new(OsRandom)).await;
    house.furnish();
    let inn = Inn::within(house);
    let long = json!({ "lifetime_seconds": 900 }).to_string();
    let made = inn.ask(&inn.key, Some(PAGE), &long).expect(201).json();
    let old = text(&made["token"]);
    let first = keys(&inn.house);

    let told = control(&inn.house, "signing-key/rotate", json!({})).await;
    assert_eq!(told, json!({ "version": 2, "retired": 0 }));
    let both = keys(&inn.house);
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], first[0], "the newest comes first");
    let new = inn.token();
    assert!(is_signed_by(&new, &both[..1]) && is_signed_by(&old, &both[1..]));
    assert_eq!([code(&inn, &old), code(&inn, &new)], ["ok", "ok"]);
    let row = inn.house.get("/v1/audit?action=signing_key.rotated").json();
    assert_eq!(row["data"][0]["details"]["version"], 2);

    hands.move_by(900_000 - 1_000);
    assert_eq!(code(&inn, &old), "ok");
    assert_eq!(keys(&inn.house).len(), 2);
    hands.move_by(120_000);
    while keys(&inn.house).len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(keys(&inn.house), both[..1]);
    assert_eq!(code(&inn, &inn.token()), "ok");
    let row = inn.house.get("/v1/audit?action=signing_key.retired").json();
    assert_eq!(row["data"][0]["actor"]["type"], "system");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_that_leaked_is_gone_at_once_with_all_that_it_signed() {
    let inn = Inn::new().await;
    let old = inn.token();
    assert_eq!(code(&inn, &old), "ok", "its signature is known now");
    let told = control(&inn.house, "signing-key/rotate", json!({ "at_once": true })).await;
    assert_eq!(told, json!({ "version": 2, "retired": 1 }));
    assert_eq!(code(&inn, &old), "invalid_session");
    assert_eq!(keys(&inn.house).len(), 1);
    assert_eq!(code(&inn, &inn.token()), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_outlive_a_restart_a_new_pepper_and_a_new_master_key() {
    let inn = Inn::new().await;
    let token = inn.token();
    let public = keys(&inn.house);
    control(&inn.house, "pepper/rotate", json!({})).await;
    assert_eq!(code(&inn, &token), "ok");
    let file = inn.house.data().join("master.key");
    let fresh = keystile_core::key::MasterKey::random(&OsRandom).unwrap();
    let next = file.with_extension("next");
    std::fs::write(&next, fresh.to_text().as_bytes()).unwrap();
    control(&inn.house, "master-key/rotate", json!({ "file": next })).await;
    std::fs::write(&file, fresh.to_text().as_bytes()).unwrap();
    assert_eq!(code(&inn, &token), "ok");
    let Inn {
        house,
        customer,
        id,
        key,
    } = inn;
    let house = house.restarted().await;
    let inn = Inn {
        house,
        customer,
        id,
        key,
    };
    assert_eq!(keys(&inn.house), public);
    assert_eq!(code(&inn, &token), "ok");
    assert_eq!(code(&inn, &inn.token()), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_key_material_at_the_same_time_lose_none() {
    let inn = Inn::new().await;
    let rotate = |what: &'static str| control(&inn.house, what, json!({}));
    let (one, two, three, four) = tokio::join!(
        rotate("signing-key/rotate"),
        rotate("pepper/rotate"),
        rotate("signing-key/rotate"),
        rotate("sealing-key/rotate"),
    );
    let mut versions = [one, two, three, four].map(|told| told["version"].as_u64().unwrap());
    versions.sort_unstable();
    assert_eq!(versions, [2, 2, 2, 3]);
    assert_eq!(keys(&inn.house).len(), 3);
    assert_eq!(code(&inn, &inn.token()), "ok");
}
