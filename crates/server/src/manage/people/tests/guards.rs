//! What is told to those who guess, and what is written down.

use keystile_core::model::{Action, Actor};
use keystile_store::{AuditFilter, Page};

use super::*;

#[tokio::test]
async fn s11_an_unknown_address_and_a_wrong_password_are_told_alike_and_slowed_alike() {
    let house = House::open().await;
    house.owner().await;
    let head = house.app.store.head().await.unwrap().seq;
    for name in ["ada", "nobody"] {
        let caller = Caller::stranger();
        // Addresses of their own, so that accounts alone are counted.
        for number in 0..5 {
            let request = from(&format!("198.51.100.{number}"));
            let work = Work::new(&house.app, &caller, request);
            let email = format!("{name}@example.com");
            let refused = sign_in(&work, &email, "another password", None).await;
            assert_eq!(outcome(&refused), "wrong", "{name}");
        }
        let slowed = house.sign_in(name, PASSWORD).await.unwrap_err();
        assert!(
            matches!(slowed, SignInProblem::Slow { seconds: 1 }),
            "{slowed:?}"
        );
    }
    assert_eq!(
        house.app.store.head().await.unwrap().seq,
        head,
        "nothing is written"
    );
    let metrics = house.app.metrics.render();
    assert!(
        metrics.contains("sign_ins_total{outcome=\"wrong\"} 10"),
        "{metrics}"
    );
    assert!(!metrics.contains("ada"));
}

#[tokio::test]
async fn s11_an_address_that_tries_many_accounts_is_slowed() {
    let house = House::open().await;
    house.owner().await;
    for number in 0..5 {
        let wrong = house
            .sign_in(&format!("p{number}"), "another password")
            .await;
        assert_eq!(outcome(&wrong), "wrong");
    }
    assert_eq!(outcome(&house.sign_in("ada", PASSWORD).await), "slow");
}

#[tokio::test]
async fn s13_texts_that_nobody_can_have_are_named_and_cost_no_try() {
    let house = House::open().await;
    house.owner().await;
    let long = "x".repeat(1 << 20);
    for _ in 0..10 {
        let refused = house.sign_in("ada", &long).await.unwrap_err();
        let SignInProblem::Problem(problem) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(problem.errors[0].pointer, "/password");
        let refused = house.sign_in(&long, PASSWORD).await;
        assert_eq!(outcome(&refused), "problem");
    }
    for strange in ["", "nul\0", "\u{202e}\u{1f511}", &"x".repeat(1024)] {
        let wrong = house.sign_in("ada", strange).await;
        assert_eq!(outcome(&wrong), "wrong", "{strange:?}");
    }
}

#[tokio::test]
async fn every_act_has_one_row_that_names_ids_and_nobody() {
    let house = House::open().await;
    let owner = house.owner().await;
    let again = house.sign_in("ada", PASSWORD).await.unwrap();
    let ada = house.visitor(&again).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    confirm(&work, &ada, PASSWORD).await.unwrap();
    sign_out(&work, &ada).await.unwrap();
    let page = Page {
        before: None,
        limit: 4,
    };
    let rows = house.app.store.audit(AuditFilter::default(), page).await;
    let rows = rows.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action).collect();
    assert_eq!(
        actions,
        [
            Action::SessionEnded,
            Action::SessionConfirmed,
            Action::SessionBegun,
            Action::PersonCreated,
        ]
    );
    for row in &rows {
        let id = ada.person.id;
        assert_eq!(row.actor, Actor::Person { id });
        let details = row.details.to_string();
        for hidden in ["ada", "example.com", "kcs_", "argon2", owner.token.reveal()] {
            assert!(!details.contains(hidden), "{details}");
        }
        let from = row
            .personal
            .as_ref()
            .and_then(|personal| personal.ip.clone());
        assert_eq!(from.as_deref(), Some("192.0.2.1"));
    }
}
