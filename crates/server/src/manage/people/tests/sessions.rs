//! Sessions and their ends.

use keystile_core::model::{Action, SessionId, Subject};
use keystile_store::{AuditFilter, Page};

use super::*;

const HOUR: i64 = 3600 * 1000;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn s01_every_sign_in_has_a_session_of_its_own() {
    let house = House::open().await;
    let first = house.owner().await;
    let second = house.sign_in("ada", PASSWORD).await.unwrap();
    assert_ne!(first.token.reveal(), second.token.reveal());
    let planted = format!("kcs_{}", "A".repeat(32));
    let nobody = visitor(&house.app, &planted).await.unwrap();
    assert!(
        nobody.is_none(),
        "what a browser brings along is never made a session"
    );
    for other in ["", "kci_x", &second.token.reveal()[..35]] {
        assert!(visitor(&house.app, other).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn s08_whoever_signed_out_is_out_with_the_next_request() {
    let house = House::open().await;
    let owner = house.owner().await;
    let other = house.sign_in("ada", PASSWORD).await.unwrap();
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    sign_out(&house.work(&caller), &ada).await.unwrap();
    assert!(house.visitor(&owner).await.is_none());
    sign_out(&house.work(&caller), &ada).await.unwrap();
    assert!(house.visitor(&other).await.is_some(), "elsewhere they stay");
    let house = house.opened_again().await;
    assert!(house.visitor(&owner).await.is_none());
    assert!(house.visitor(&other).await.is_some());
}

#[tokio::test]
async fn a11_nobody_ends_the_session_of_another() {
    let house = House::open().await;
    let owner = house.owner().await;
    let token = link(&house, None, keystile_core::model::Role::Admin, None).await;
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let bob = accept(&work, token.reveal(), &new("bob")).await.unwrap();
    let bobs = house.visitor(&bob).await.unwrap();
    let foreign = end_session(&work, &bobs, owner.session.id).await;
    let missing = end_session(&work, &bobs, SessionId::from_u128(7)).await;
    let (foreign, missing) = (foreign.unwrap_err(), missing.unwrap_err());
    assert_eq!(foreign.to_json("req"), missing.to_json("req"));
    let again = house.sign_in("bob", PASSWORD).await.unwrap();
    end_session(&work, &bobs, again.session.id).await.unwrap();
    assert!(house.visitor(&again).await.is_none());
    assert!(house.visitor(&owner).await.is_some());
}

#[tokio::test]
async fn s10_a_session_that_is_not_used_ends_after_a_day() {
    let house = House::open().await;
    let owner = house.owner().await;
    house.wait(DAY - 1);
    assert!(house.visitor(&owner).await.is_some());
    house.wait(1);
    assert!(house.visitor(&owner).await.is_none());
    // To the minute, time is kept across restarts.
    house.wait(60_000);
    house.app.now();
    house.wait(-2 * DAY);
    assert!(
        house.visitor(&owner).await.is_none(),
        "no clock brings it back"
    );
    let house = house.opened_again().await;
    assert!(house.visitor(&owner).await.is_none());
}

#[tokio::test]
async fn s10_a_session_in_use_lasts_a_month_and_is_written_twice_a_day() {
    let house = House::open().await;
    let owner = house.owner().await;
    let begun = owner.session.begun_at;
    let mut uses = 0;
    while let Some(ada) = house.visitor(&owner).await {
        renew(&house.app, &ada).await.unwrap();
        house.wait(HOUR);
        uses += 1;
    }
    let lasted = house.app.now().millis() - begun.millis();
    assert_eq!((uses, lasted), (30 * 24, 30 * DAY));
    let filter = AuditFilter {
        action: Some(Action::SessionRenewed),
        ..AuditFilter::default()
    };
    let page = Page {
        before: None,
        limit: 1000,
    };
    let rows = house.app.store.audit(filter, page).await.unwrap();
    assert!((50..=62).contains(&rows.len()), "{}", rows.len());
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_renewed() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    house.wait(20 * HOUR);
    let caller = Caller::stranger();
    sign_out(&house.work(&caller), &ada).await.unwrap();
    renew(&house.app, &ada).await.unwrap();
    assert!(house.visitor(&owner).await.is_none());
}

#[tokio::test]
async fn s18_a_password_is_asked_for_again_after_ten_minutes() {
    let house = House::open().await;
    let owner = house.owner().await;
    let caller = Caller::stranger();
    let fresh = async || {
        let ada = house.visitor(&owner).await.unwrap();
        ada.is_fresh(house.app.now())
    };
    house.wait(10 * 60 * 1000 - 1);
    assert!(fresh().await);
    house.wait(1);
    assert!(!fresh().await);
    let ada = house.visitor(&owner).await.unwrap();
    let wrong = confirm(&house.work(&caller), &ada, "another password").await;
    assert_eq!(outcome(&wrong), "wrong");
    assert!(!fresh().await);
    confirm(&house.work(&caller), &ada, PASSWORD).await.unwrap();
    assert!(fresh().await);
    assert_eq!(
        owner.session.id,
        house.visitor(&owner).await.unwrap().session.id
    );
}

#[tokio::test]
async fn s20_a_person_has_twenty_sessions_and_the_oldest_go() {
    let house = House::open().await;
    let owner = house.owner().await;
    let id = owner.session.person;
    let mut last = None;
    for _ in 0..5 {
        house.wait(1);
        let one = || house.sign_in("ada", PASSWORD);
        let (a, b, c, d, e) = tokio::join!(one(), one(), one(), one(), one());
        for begun in [a, b, c, d, e] {
            last = Some(begun.unwrap());
        }
    }
    let sessions = house.app.store.sessions_of(id).await.unwrap();
    assert_eq!(sessions.len(), 20);
    assert!(house.visitor(&owner).await.is_none(), "the oldest has gone");
    assert!(house.visitor(&last.unwrap()).await.is_some());
    house.wait(DAY);
    house.sign_in("ada", PASSWORD).await.unwrap();
    let sessions = house.app.store.sessions_of(id).await.unwrap();
    assert_eq!(sessions.len(), 1, "what is over goes with it");
}

#[tokio::test]
async fn s19_the_database_holds_no_token_and_no_password() {
    let house = House::open().await;
    let owner = house.owner().await;
    let invited = link(&house, None, keystile_core::model::Role::Viewer, None).await;
    let mut seen = 0;
    for entry in std::fs::read_dir(house.data()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        seen += bytes.len();
        for secret in [owner.token.reveal(), invited.reveal(), PASSWORD] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(seen > 4096);
}

#[tokio::test]
async fn s08_a_session_that_somebody_brought_back_is_refused() {
    let house = House::open().await;
    let owner = house.owner().await;
    // As if its row had been put back into the database: it is there, and the journal has ended it.
    let current = &house.app.people.current;
    current.remove(&Subject::Session(owner.session.id));
    let refused = visitor(&house.app, owner.token.reveal()).await;
    assert_eq!(code(refused), "row_refused");
    // Or an older version of a membership.
    let other = house.sign_in("ada", PASSWORD).await.unwrap();
    let ada = house.visitor(&other).await.unwrap();
    let mut newer = ada.members[0].clone();
    newer.seq += 1;
    current.put(&keystile_core::model::Record::Member(newer), true);
    let refused = visitor(&house.app, other.token.reveal()).await;
    assert_eq!(code(refused), "row_refused");
}
