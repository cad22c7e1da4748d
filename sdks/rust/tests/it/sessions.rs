//! Session tokens, checked offline: a real Keystile's, and some of our own making.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use keystile_sdk::types::SessionRequest;
use keystile_sdk::{
    Error, Question, SessionClaims, SessionConfig, SessionTokenCode, SessionTokens, Timestamp,
};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, nobody, say};
use crate::installation::{ISSUER, admin, client, shared};

const PAGE: &str = "https://shop.example";
/// When the forger's tokens are made, in seconds.
const BEGIN: i64 = 1_800_000_000;

async fn real(origin: Option<&str>) -> String {
    let sessions = admin().sessions();
    let call = sessions.create(&shared().publishable, SessionRequest::new());
    let call = match origin {
        Some(origin) => call.origin(origin),
        None => call,
    };
    call.await.unwrap().token.reveal().to_owned()
}

fn config() -> SessionConfig {
    let jwks = format!("{}/.well-known/jwks.json", shared().url);
    SessionConfig::new(ISSUER, "datakeen").jwks_url(jwks)
}

fn checker(config: SessionConfig) -> SessionTokens {
    SessionTokens::new(config).unwrap()
}

#[track_caller]
fn refused(found: &Result<SessionClaims, Error>) -> SessionTokenCode {
    match found {
        Err(Error::SessionToken(error)) => error.code,
        other => panic!("{other:?}"),
    }
}

/// An installation of our own that signs whatever it is told to, and sets the time.
struct Forger {
    pair: Ed25519KeyPair,
    names: Arc<Mutex<Vec<&'static str>>>,
    jwks: Fake,
    now: Arc<AtomicI64>,
    tokens: SessionTokens,
}

impl Forger {
    fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let public = Base64UrlUnpadded::encode_string(pair.public_key().as_ref());
        let names = Arc::new(Mutex::new(vec!["k1"]));
        let told = Arc::clone(&names);
        let jwks = Fake::new(move |_, _| {
            let key = |name| json!({ "kty": "OKP", "crv": "Ed25519", "kid": name, "x": public });
            let keys: Vec<_> = told.lock().unwrap().iter().map(key).collect();
            say(200, json!({ "keys": keys }).to_string())
        });
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = Arc::clone(&now);
        let config = config().jwks_url(&jwks.url);
        let clock = move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap();
        let tokens = checker(config.now(clock));
        Self {
            pair,
            names,
            jwks,
            now,
            tokens,
        }
    }

    fn signed(&self, header: &Value, changes: &Value) -> String {
        let mut claims = json!({
            "iss": ISSUER, "aud": "datakeen", "sub": "vis_x", "jti": "ses_x", "iat": BEGIN,
            "exp": BEGIN + 300, "scope": "a b", "key": "key_x", "publishable_key": "pk",
            "organization": "org_x", "environment": "env_x",
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(&claims));
        let signature = self.pair.sign(message.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(signature.as_ref());
        format!("st_{message}.{signature}")
    }

    fn token(&self) -> String {
        self.signed(
            &json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" }),
            &json!({}),
        )
    }

    async fn check(&self, token: &str) -> Result<SessionClaims, Error> {
        self.tokens.verify(token, None).await
    }

    fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_real_token_is_good_on_its_page_alone() {
    let (token, checker) = (real(Some(PAGE)).await, checker(config()));
    let claims = checker.verify(&token, Some(PAGE)).await.unwrap();
    assert_eq!(claims.organization, shared().organization);
    assert_eq!(
        (claims.origin.as_deref(), &*claims.scopes[0]),
        (Some(PAGE), "workspace:read")
    );
    for origin in [Some("https://evil.example"), Some(""), None] {
        let found = checker.verify(&token, origin).await;
        assert_eq!(refused(&found), SessionTokenCode::WrongOrigin);
    }
    checker.verify(&real(None).await, None).await.unwrap();
    let question = Question::scopes(real(None).await, ["workspace:read"]);
    let verdict = client().verify(question).await.unwrap();
    assert!(verdict.verified.unwrap().session.is_some());
}

#[tokio::test]
async fn every_change_of_a_token_is_refused() {
    let (token, checker) = (real(None).await, checker(config()));
    let mut forged = vec![
        token[..token.len() - 1].to_owned(),
        format!("{token}="),
        token[3..].to_owned(),
        format!("{token}.x"),
        String::new(),
        "st_..".into(),
        format!(" {token}"),
        format!("{token}\n"),
        format!("st_{}", "a".repeat(2100)),
    ];
    checker.verify(&token, None).await.unwrap();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (at, digit) in token.char_indices() {
        let next = digits.find(digit).map_or(0, |place| (place + 1) % 64);
        let mut changed = token.clone();
        changed.replace_range(at..=at, &digits[next..=next]);
        forged.push(changed);
    }
    let rewritten = checker.verify(forged.last().unwrap(), None).await;
    assert_eq!(refused(&rewritten), SessionTokenCode::Malformed);
    for text in forged {
        let error = checker.verify(&text, None).await;
        refused(&error);
        assert!(!format!("{error:?}").contains(&token[20..40]));
    }
}

#[tokio::test]
async fn issuer_and_audience_must_be_those_that_were_set() {
    let token = real(None).await;
    let jwks = format!("{}/.well-known/jwks.json", shared().url);
    for (issuer, product, code) in [
        (
            "https://other.example",
            "datakeen",
            SessionTokenCode::WrongIssuer,
        ),
        (ISSUER, "keepem", SessionTokenCode::WrongAudience),
    ] {
        let config = SessionConfig::new(issuer, product).jwks_url(&jwks);
        assert_eq!(refused(&checker(config).verify(&token, None).await), code);
    }
}

#[tokio::test]
async fn headers_and_claims_that_are_no_sessions_are_refused() {
    let forger = Forger::new();
    forger.check(&forger.token()).await.unwrap();
    for header in [
        json!({ "alg": "none", "kid": "k1" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "EdDSA", "kid": "k1", "crit": ["x"] }),
    ] {
        let found = forger.check(&forger.signed(&header, &json!({}))).await;
        assert_eq!(refused(&found), SessionTokenCode::Malformed, "{header}");
    }
    for changes in [
        json!({ "exp": "never" }),
        json!({ "exp": BEGIN + 901 }),
        json!({ "exp": i64::MAX, "iat": -2 }),
        json!({ "exp": i64::MAX, "iat": i64::MAX }),
        json!({ "iat": null }),
        json!({ "scope": ["a"] }),
        json!({ "sub": null }),
        json!({ "iss": 1 }),
        json!({ "origin": 1 }),
    ] {
        let header = json!({ "alg": "EdDSA", "kid": "k1" });
        let found = forger.check(&forger.signed(&header, &changes)).await;
        assert_eq!(refused(&found), SessionTokenCode::Malformed, "{changes}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_no_more() {
    let forger = Forger::new();
    let token = forger.token();
    for (seconds, code) in [
        (304, None),
        (305, Some(SessionTokenCode::Expired)),
        (-5, None),
        (-6, Some(SessionTokenCode::NotYetValid)),
    ] {
        forger.now.store(BEGIN + seconds, Ordering::SeqCst);
        let found = forger.check(&token).await;
        match code {
            None => assert!(found.is_ok(), "{seconds}"),
            Some(code) => assert_eq!(refused(&found), code, "{seconds}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_keys_are_fetched_once_for_many_tokens_and_again_after_five_minutes() {
    let forger = Arc::new(Forger::new());
    let token = forger.token();
    let checks: Vec<_> = (0..20)
        .map(|_| {
            let (forger, token) = (Arc::clone(&forger), token.clone());
            tokio::spawn(async move { forger.check(&token).await.is_ok() })
        })
        .collect();
    for check in checks {
        assert!(check.await.unwrap());
    }
    forger.advance(299);
    forger.check(&token).await.unwrap();
    assert_eq!(forger.jwks.seen().len(), 1);
    forger.advance(1);
    forger.check(&token).await.unwrap();
    assert_eq!(forger.jwks.seen().len(), 2);
}

#[tokio::test]
async fn a_new_signer_is_found_at_once_and_made_up_ones_cause_no_flood() {
    let forger = Forger::new();
    forger.check(&forger.token()).await.unwrap();
    forger.advance(10);
    forger.names.lock().unwrap().push("k2");
    let new = forger.signed(&json!({ "alg": "EdDSA", "kid": "k2" }), &json!({}));
    forger.check(&new).await.unwrap();
    assert_eq!(forger.jwks.seen().len(), 2);
    let made_up = forger.signed(&json!({ "alg": "EdDSA", "kid": "made-up" }), &json!({}));
    for _ in 0..20 {
        let found = forger.check(&made_up).await;
        assert_eq!(refused(&found), SessionTokenCode::UnknownSigner);
    }
    assert_eq!(forger.jwks.seen().len(), 2);
}

#[tokio::test]
async fn without_public_keys_nobody_is_let_in() {
    let token = real(None).await;
    let lost = checker(config().jwks_url(nobody()))
        .verify(&token, None)
        .await;
    assert!(matches!(lost, Err(Error::Connection { .. })));
    let silent = Fake::saying(Reply::Silence);
    let hurried = config()
        .jwks_url(&silent.url)
        .timeout(Duration::from_millis(50));
    let late = checker(hurried).verify(&token, None).await;
    assert!(matches!(late, Err(Error::Timeout { .. })));
    for answer in ["<html>", "[]", "null", "{}", r#"{"keys":1}"#] {
        let fake = Fake::saying(say(200, answer));
        let found = checker(config().jwks_url(&fake.url))
            .verify(&token, None)
            .await;
        assert!(
            matches!(found, Err(Error::UnexpectedAnswer { .. })),
            "{answer}"
        );
    }
    let odd = r#"{"keys":[null,{"kty":"RSA"},{"kty":"OKP","crv":"Ed25519","kid":"x","x":"AA"},
        {"kty":"OKP","crv":"Ed25519","kid":1,"x":1}]}"#;
    let odd = Fake::saying(say(200, odd));
    let found = checker(config().jwks_url(&odd.url))
        .verify(&token, None)
        .await;
    assert_eq!(refused(&found), SessionTokenCode::UnknownSigner);
    assert_eq!(odd.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn keys_that_are_too_old_are_not_believed_while_they_cannot_be_fetched() {
    let forger = Forger::new();
    forger.check(&forger.token()).await.unwrap();
    forger.advance(300);
    forger.names.lock().unwrap().clear();
    let found = forger.check(&forger.token()).await;
    assert_eq!(refused(&found), SessionTokenCode::UnknownSigner);
}

#[test]
fn session_settings_that_cannot_be_right_are_refused() {
    let config = || SessionConfig::new(ISSUER, "x");
    let seconds = Duration::from_secs;
    for config in [
        SessionConfig::new("keys", "x"),
        SessionConfig::new(ISSUER, ""),
        config().jwks_url("keys"),
        config().leeway(seconds(61)),
        config().cache_for(seconds(3600)),
        config().timeout(seconds(0)),
    ] {
        assert!(SessionTokens::new(config.clone()).is_err(), "{config:?}");
    }
    assert!(SessionTokens::new(config().leeway(seconds(0))).is_ok());
}
