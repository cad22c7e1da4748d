//! What is no answer is never a yes, and what is an error prints no key.

use std::time::Duration;

use keystile_sdk::{Client, Error};
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, config, nobody, say, with};
use crate::installation::shared;
use crate::verify::scoped;

/// A whole verdict that lets a call in.
pub(crate) const VERDICT: &str = r#"{"valid":true,"code":"ok","message":"",
    "key":{"id":"key_x","kind":"secret","mode":"test","name":"x","preview":"x","scopes":[],"foreign":false},
    "organization":{"id":"org_x","plan":"free"},"project":{"id":"prj_x"},
    "environment":{"id":"env_x","name":"test"}}"#;

fn verdict() -> Value {
    serde_json::from_str(VERDICT).unwrap()
}

#[tokio::test]
async fn a_whole_verdict_is_a_yes() {
    let fake = Fake::saying(say(200, VERDICT));
    assert!(
        with(&fake.url)
            .verify(scoped(&shared().secret))
            .await
            .unwrap()
            .is_valid()
    );
}

#[tokio::test]
async fn what_does_not_answer_is_never_a_yes() {
    let question = || scoped(&shared().secret);
    let error = with(&nobody()).verify(question()).await.unwrap_err();
    assert!(matches!(error, Error::Connection { .. }) && error.is_unavailable());
    let silent = Fake::saying(Reply::Silence);
    let hurried = config(&silent.url).timeout(Duration::from_millis(20));
    let hurried = Client::new(hurried).unwrap();
    let error = hurried.verify(question()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }) && error.is_unavailable());
    let short = Duration::from_millis(20);
    let error = with(&silent.url)
        .verify(question())
        .timeout(short)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { after } if after == short));
    // Waiting for the next try counts too.
    let down = Fake::saying(say(503, r#"{"code":"undecided","detail":"later"}"#));
    let patient = config(&down.url).timeout(Duration::from_secs(1));
    let patient = Client::new(patient.retry_delay(Duration::from_secs(3600))).unwrap();
    let error = patient.verify(question()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }));
    assert_eq!(down.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_ends_the_call() {
    let silent = Fake::saying(Reply::Silence);
    let client = with(&silent.url);
    let running = tokio::spawn(async move { client.verify(scoped(&shared().secret)).await });
    tokio::task::block_in_place(|| silent.wait());
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(silent.seen().len(), 1);
}

#[tokio::test]
async fn garbage_is_never_a_yes() {
    let long = " ".repeat((16 << 20) + 1);
    let verdict = verdict();
    let fields = [
        "valid",
        "code",
        "message",
        "since",
        "missing_scope",
        "key",
        "organization",
    ];
    let others = ["project", "environment", "", "", "", "", "", ""];
    let listed = fields.iter().chain(&others).map(|name| verdict.get(name));
    let answers = [
        json!(listed.collect::<Vec<_>>()).to_string(),
        "<html>".to_owned(),
        String::new(),
        "null".into(),
        "[]".into(),
        "true".into(),
        "{}".into(),
        r#"{"valid":"yes","code":"ok","message":""}"#.into(),
        r#"{"valid":true,"code":"ok","message":""}"#.into(),
        r#"{"valid":false,"code":"ok","message":""}"#.into(),
        VERDICT.replace("\"ok\"", "\"revoked_key\""),
        VERDICT.replace("\"organization\"", "\"other\""),
        VERDICT.replace("key_x", ""),
        format!("{VERDICT}{VERDICT}"),
        format!("{VERDICT}{long}"),
    ];
    for answer in answers {
        let fake = Fake::saying(say(200, answer.clone()));
        let error = with(&fake.url).verify(scoped(&shared().secret)).await;
        let is_unexpected = matches!(error, Err(Error::UnexpectedAnswer { .. }));
        assert!(
            is_unexpected,
            "{} {error:?}",
            &answer[..answer.len().min(80)]
        );
    }
}

#[tokio::test]
async fn a_batch_with_more_or_fewer_verdicts_than_questions_is_no_answer() {
    for results in [json!([]), json!([verdict(), verdict()])] {
        let fake = Fake::saying(say(200, json!({ "results": results }).to_string()));
        let batch = with(&fake.url)
            .verify_batch(vec![scoped(&shared().secret)])
            .await;
        assert!(matches!(batch, Err(Error::UnexpectedAnswer { .. })));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Fake::saying(say(200, VERDICT));
    let redirecting = Fake::saying(Reply::Redirect(elsewhere.url.clone()));
    let error = with(&redirecting.url)
        .verify(scoped(&shared().secret))
        .await;
    assert!(matches!(error, Err(Error::UnexpectedAnswer { .. })));
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn no_error_prints_a_key_whatever_the_server_says() {
    let echo = Fake::new(|_, request| {
        let told = format!("{:?} {}", request.header("authorization"), request.body);
        let field = json!({ "pointer": "/key", "message": told });
        say(
            400,
            json!({ "code": told, "detail": told, "errors": [field] }).to_string(),
        )
    });
    for url in [&echo.url, &nobody()] {
        let error = with(url)
            .verify(scoped(&shared().secret))
            .await
            .unwrap_err();
        let shown = format!("{error} {error:?} {error:#?}");
        for key in [&shared().secret, &shared().operator_key] {
            assert!(!shown.contains(&key[20..]), "{shown}");
        }
        assert!(*url != echo.url || shown.contains("sk_test_"), "{shown}");
    }
    let client = with(&echo.url);
    let asked = echo.seen().len();
    for key in ["sk_live_\r\nx: y", "sk_live_x y", "sk_live_ü", ""] {
        let error = client.own_key().get(key).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(matches!(error, Error::KeyFormat(_)) && !shown.contains("sk_live_"));
    }
    assert_eq!(echo.seen().len(), asked);
}
