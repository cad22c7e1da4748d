//! What is tried again, and what never is.

use keystile_sdk::types::CreateOrganization;
use keystile_sdk::{Client, Error, Question};

use crate::fake::{Fake, Reply, config, say, with};
use crate::installation::shared;
use crate::refusals::VERDICT;
use crate::verify::{ANALYSIS, scoped};

/// Fails in one way until the last of so many requests.
fn shaky(fails: usize, failure: Reply, then: &'static str) -> Fake {
    Fake::new(move |count, _| {
        if count <= fails {
            failure.clone()
        } else {
            say(200, then)
        }
    })
}

#[tokio::test]
async fn what_passes_is_tried_again_and_a_refusal_is_not() {
    let failures = [
        Reply::Cut,
        say(503, r#"{"code":"undecided"}"#),
        say(502, "<html>"),
        say(504, ""),
    ];
    for failure in failures {
        let shaky = shaky(2, failure, VERDICT);
        let found = with(&shaky.url).verify(scoped(&shared().secret)).await;
        assert!(found.unwrap().is_valid());
        assert_eq!(shaky.seen().len(), 3);
    }
    for (status, wanted) in [(403, 1), (500, 1), (503, 2)] {
        let other = Fake::saying(say(status, r#"{"code":"no","detail":"no"}"#));
        let client = Client::new(config(&other.url).max_retries(1)).unwrap();
        let error = client.verify(scoped(&shared().secret)).await.unwrap_err();
        assert_eq!(error.api().unwrap().status, status);
        assert_eq!(other.seen().len(), wanted);
    }
}

#[tokio::test]
async fn a_call_that_may_cost_credits_is_repeated_only_as_the_same_charge() {
    let shaky = shaky(1, Reply::Cut, VERDICT);
    let question = || Question::operation(&shared().secret, ANALYSIS);
    let found = with(&shaky.url).verify(question().cost(3)).await;
    assert!(found.unwrap().is_valid());
    let keys: Vec<_> = shaky
        .seen()
        .iter()
        .map(|seen| seen.json()["idempotency_key"].clone())
        .collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].is_string() && keys[0] == keys[1]);
    // Without one, and where it would be charged twice, once is enough.
    let once = Fake::saying(Reply::Cut);
    let client = Client::new(config(&once.url).max_retries(0)).unwrap();
    let error = client.verify(question()).await;
    assert!(matches!(error, Err(Error::Connection { .. })));
    assert!(!once.seen()[0].body.contains("idempotency_key"));
    assert!(
        with(&once.url)
            .verify(scoped(&shared().secret).cost(3))
            .await
            .is_err()
    );
    assert_eq!(once.seen().len(), 2);
}

#[tokio::test]
async fn creating_calls_are_repeated_as_the_same_and_other_changes_are_not() {
    let shaky = Fake::new(|count, _| {
        if count < 2 {
            Reply::Cut
        } else {
            say(409, r#"{"code":"x"}"#)
        }
    });
    let body = || CreateOrganization::new("keepem", "Riverside");
    let created = with(&shaky.url).organizations().create(body()).await;
    assert_eq!(created.unwrap_err().api().unwrap().status, 409);
    let keys: Vec<_> = shaky
        .seen()
        .iter()
        .map(|seen| seen.header("idempotency-key").map(str::to_owned))
        .collect();
    assert!(keys.len() == 2 && keys[0].is_some() && keys[0] == keys[1]);
    let broken = Fake::saying(Reply::Cut);
    let keys = with(&broken.url).keys();
    let revoked = keys.revoke("key_x").await;
    let found = keys.get("key_x").await;
    for error in [revoked.unwrap_err(), found.unwrap_err()] {
        assert!(matches!(error, Error::Connection { .. }));
    }
    let verbs: Vec<_> = broken
        .seen()
        .iter()
        .map(|seen| seen.line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(verbs, ["POST", "GET", "GET", "GET"]);
}

#[tokio::test]
async fn a_named_repetition_and_what_cannot_be_a_header() {
    let other = Fake::saying(say(403, r#"{"code":"no"}"#));
    let organizations = with(&other.url).organizations();
    let body = || CreateOrganization::new("keepem", "Riverside");
    let named = organizations
        .create(body())
        .idempotency_key("signup-17")
        .await;
    assert_eq!(named.unwrap_err().api().unwrap().status, 403);
    assert_eq!(other.seen()[0].header("idempotency-key"), Some("signup-17"));
    let broken = organizations.create(body()).idempotency_key("a\nb").await;
    assert!(matches!(broken, Err(Error::Configuration(_))));
    assert_eq!(other.seen().len(), 1);
}
