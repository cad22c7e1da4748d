//! Questions about keys, to a real Keystile.

use keystile_sdk::types::{ModeFilter, SpendStatus};
use keystile_sdk::{Question, SpendHandle};

use crate::fake::{Fake, config, say, with};
use crate::installation::{admin, client, mint, shared};

pub(crate) const ANALYSIS: &str = "POST /v1/analyses";

/// A question that costs nothing.
pub(crate) fn scoped(key: &str) -> Question {
    Question::scopes(key, ["results:read"])
}

#[tokio::test]
async fn a_good_key_is_verified_with_whose_it_is() {
    let found = client().verify(scoped(&shared().secret)).await.unwrap();
    let verified = found.verified.as_ref().unwrap();
    assert!(found.is_valid() && verified.spend.is_none());
    assert_eq!(verified.organization.id, shared().organization);
    assert_eq!(verified.environment.name, "test");
    let refused = client()
        .verify(scoped(&shared().publishable))
        .await
        .unwrap();
    assert_eq!(refused.code, "insufficient_scope");
    assert_eq!(refused.missing_scope.as_deref(), Some("results:read"));
    let elsewhere = client()
        .verify(scoped(&shared().live_secret))
        .await
        .unwrap();
    assert_eq!(elsewhere.code, "wrong_environment");
    let named = with(&shared().url).verify(scoped(&shared().secret)).await;
    assert!(named.unwrap().is_valid());
    let mode = scoped(&shared().live_secret)
        .product("datakeen")
        .mode(ModeFilter::Live);
    assert!(admin().verify(mode).await.unwrap().is_valid());
    let who = Question::authenticate_only(&shared().publishable).explain();
    let who = client().verify(who).await.unwrap();
    assert!(who.is_valid() && who.answer.unwrap().checks.is_some());
}

#[tokio::test]
async fn a_malformed_key_never_leaves_the_process() {
    let other = Fake::saying(say(200, "{}"));
    let client = with(&other.url);
    let secret = &shared().secret;
    for key in [
        format!("{secret}\n"),
        format!("\"{secret}\""),
        format!("{}!", &secret[..10]),
        String::new(),
        "x".into(),
        "st_cut.off".into(),
    ] {
        let found = client.verify(scoped(&key)).await.unwrap();
        assert!(["malformed_key", "invalid_session"].contains(&found.code.as_str()));
        assert!(!found.is_valid());
    }
    let batch = client.verify_batch(vec![scoped("x")]).await.unwrap();
    assert_eq!(batch[0].code, "malformed_key");
    assert_eq!(other.seen().len(), 0);
}

#[tokio::test]
async fn keys_of_another_system_pass_where_the_client_knows_how_they_begin() {
    let answer = r#"{"valid":false,"code":"unknown_key","message":"no"}"#;
    let other = Fake::saying(say(200, answer));
    let config = config(&other.url).foreign_prefixes(["kp_"]);
    let client = keystile_sdk::Client::new(config).unwrap();
    for (key, code) in [
        ("kp_4f1d2a", "unknown_key"),
        ("kq_4f1d2a", "malformed_key"),
        ("kp_4f 1d2a", "malformed_key"),
    ] {
        assert_eq!(client.verify(scoped(key)).await.unwrap().code, code);
    }
    let long = format!("kp_{}", "a".repeat(253));
    assert_eq!(
        client.verify(scoped(&long)).await.unwrap().code,
        "malformed_key"
    );
    assert_eq!(other.seen().len(), 1);
}

#[tokio::test]
async fn a_batch_answers_in_its_order() {
    let stranger = mint(&["--mode", "test"]);
    let keys = [
        &*shared().secret,
        "garbage",
        &stranger,
        &shared().publishable,
    ];
    let found = client()
        .verify_batch(keys.map(scoped).to_vec())
        .await
        .unwrap();
    let codes: Vec<_> = found.iter().map(|verdict| verdict.code.as_str()).collect();
    assert_eq!(
        codes,
        ["ok", "malformed_key", "unknown_key", "insufficient_scope"]
    );
    let none = client().verify_batch(Vec::new()).await.unwrap();
    assert!(none.is_empty());
}

async fn charged(reserve: bool) -> SpendHandle {
    let question = Question::operation(&shared().secret, ANALYSIS);
    let question = if reserve {
        question.reserve()
    } else {
        question
    };
    let verdict = client().verify(question).await.unwrap();
    let verified = verdict.verified.unwrap();
    assert!(verified.credits.is_some());
    verified.spend.unwrap()
}

#[tokio::test]
async fn a_charged_call_can_be_given_back_settled_and_released() {
    let refunded = charged(false).await.refund().await.unwrap().spend;
    assert_eq!(
        (refunded.status, refunded.refunded),
        (SpendStatus::Refunded, 1)
    );
    let settled = charged(true).await.settle(0).await.unwrap();
    assert_eq!(settled.spend.status, SpendStatus::Settled);
    let released = charged(true).await.release().await.unwrap();
    assert_eq!(released.spend.status, SpendStatus::Released);
    let once = || Question::operation(&shared().secret, ANALYSIS).idempotency_key("once");
    let first = client().verify(once()).await.unwrap().verified.unwrap();
    let second = client().verify(once()).await.unwrap().verified.unwrap();
    let (first, second) = (first.spend.unwrap(), second.spend.unwrap());
    assert_eq!(first.id, second.id);
    assert_eq!(second.refund_part(1).await.unwrap().spend.id, first.id);
}

#[tokio::test]
async fn a_question_that_is_wrong_names_the_field() {
    let question = Question::scopes(&shared().secret, ["no:such"]);
    let error = client().verify(question).await.unwrap_err();
    let problem = error.api().unwrap();
    assert_eq!(
        (problem.status, &*problem.errors[0].pointer),
        (422, "/scope")
    );
    assert!(problem.request_id.starts_with("req_") && !error.is_unavailable());
    let stranger = keystile_sdk::Config::new(&shared().url, mint(&["--brand", "keystile"]));
    let stranger = keystile_sdk::Client::new(stranger).unwrap();
    let error = stranger.verify(scoped(&shared().secret)).await.unwrap_err();
    assert_eq!(error.api().unwrap().status, 401);
}
