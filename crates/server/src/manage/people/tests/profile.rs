//! What people change about themselves, and what they have seen.

use keystile_core::model::{EnvironmentId, Kind, Role};
use keystile_store::{AuditFilter, Page};

use super::members::joined;
use super::*;
use crate::manage::{NewKey, Rights, create_key, end_key, rotate_key};

const ANOTHER: &str = "a better one, surely";

#[tokio::test]
async fn s09_a_changed_password_ends_all_other_sessions() {
    let house = House::open().await;
    let owner = house.owner().await;
    let other = house.sign_in("ada", PASSWORD).await.unwrap();
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    house.wait(20 * 60 * 1000);
    let wrong = change_password(&work, &ada, ANOTHER, ANOTHER).await;
    assert_eq!(outcome(&wrong), "wrong");
    for bad in ["short", "password123", "ada@example.com"] {
        let refused = change_password(&work, &ada, PASSWORD, bad).await;
        let Err(SignInProblem::Problem(problem)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(problem.errors[0].pointer, "/new");
    }
    assert!(house.visitor(&other).await.is_some());
    change_password(&work, &ada, PASSWORD, ANOTHER)
        .await
        .unwrap();
    assert!(house.visitor(&other).await.is_none());
    let now = house.visitor(&owner).await.unwrap();
    assert!(now.is_fresh(house.app.now()));
    assert_eq!(outcome(&house.sign_in("ada", PASSWORD).await), "wrong");
    assert_eq!(outcome(&house.sign_in("ada", ANOTHER).await), "ok");
}

#[tokio::test]
async fn s09_nobody_is_signed_in_with_a_password_that_is_being_changed() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let (changed, _, _) = tokio::join!(
        change_password(&work, &ada, PASSWORD, ANOTHER),
        house.sign_in("ada", PASSWORD),
        house.sign_in("ada", PASSWORD),
    );
    changed.unwrap();
    let left = sessions(&house.app, &ada).await.unwrap();
    let ids: Vec<_> = left.iter().map(|one| one.id).collect();
    assert_eq!(ids, [owner.session.id]);
}

#[tokio::test]
async fn s09_a_password_that_was_right_a_moment_ago_begins_nothing() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    // Between looking at the password and beginning the session it is changed.
    let proved = &ada.person;
    change_password(&work, &ada, PASSWORD, ANOTHER)
        .await
        .unwrap();
    let begun = sign_in::begin(&work, proved, None).await.unwrap();
    assert_eq!(outcome(&begun), "wrong");
}

#[tokio::test]
async fn a_name_is_changed_and_the_journal_does_not_repeat_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let renamed = rename(&work, &ada, " Ada Lovelace ").await.unwrap();
    assert_eq!(renamed.name, "Ada Lovelace");
    let now = house.visitor(&owner).await.unwrap();
    assert_eq!(now.person.name, "Ada Lovelace");
    let head = house.app.store.head().await.unwrap().seq;
    rename(&work, &now, "Ada Lovelace").await.unwrap();
    assert_eq!(house.app.store.head().await.unwrap().seq, head);
    let refused = rename(&work, &now, "a\u{0}b").await;
    assert_eq!(refused.unwrap_err().errors[0].pointer, "/name");
    let page = Page {
        before: None,
        limit: 1,
    };
    let rows = house.app.store.audit(AuditFilter::default(), page).await;
    let details = rows.unwrap()[0].details.to_string();
    assert!(!details.contains("Lovelace"), "{details}");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_from_elsewhere() {
    let house = House::open().await;
    let owner = house.owner().await;
    house.wait(1000);
    let second = house.sign_in("ada", PASSWORD).await.unwrap();
    house.wait(1000);
    house.sign_in("ada", PASSWORD).await.unwrap();
    let ada = house.visitor(&second).await.unwrap();
    let listed = sessions(&house.app, &ada).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert!(listed.is_sorted_by_key(|one| std::cmp::Reverse(one.begun_at)));
    let caller = Caller::stranger();
    let work = house.work(&caller);
    assert_eq!(end_other_sessions(&work, &ada).await.unwrap(), 2);
    assert_eq!(end_other_sessions(&work, &ada).await.unwrap(), 0);
    assert!(house.visitor(&owner).await.is_none());
    assert!(house.visitor(&second).await.is_some());
}

#[tokio::test]
async fn keys_whose_secret_somebody_has_seen_are_known_until_they_have_another() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (made, org) = reach::organization(&house, "Paperboat").await;
    let (_, elsewhere) = reach::organization(&house, "Fernwood").await;
    let bob = joined(&house, Some(org), Role::Developer, "bob").await;
    let bob = house.visitor(&bob).await.unwrap();
    let (id, caller) = (bob.person.id, bob.caller(Some(org)).unwrap());
    let work = house.work(&caller);
    let seen = async || keys_seen_by(&house.app, id, Some(org)).await.unwrap();
    assert!(seen().await.is_empty());

    let environment: EnvironmentId = reach::id(&made, "/projects/0/environments/0/id");
    let keys = made.pointer("/projects/0/environments/0/keys").unwrap();
    let keys = keys.as_array().unwrap();
    let secret = keys.iter().find(|key| key["kind"] == "secret").unwrap();
    let secret = reach::id(secret, "/id");
    let publishable = keys.iter().find(|key| key["kind"] == "publishable");
    let publishable = reach::id(publishable.unwrap(), "/id");
    // Making and changing what is no secret shows none.
    rotate_key(&work, publishable, 0).await.unwrap();
    assert!(seen().await.is_empty());
    crate::manage::reveal_key(&work, secret).await.unwrap();
    assert_eq!(seen().await, [secret]);
    assert!(
        keys_seen_by(&house.app, id, Some(elsewhere))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(keys_seen_by(&house.app, id, None).await.unwrap(), [secret]);

    let ada = house.visitor(&owner).await.unwrap().caller(None).unwrap();
    let by_ada = house.work(&ada);
    house.wait(1000);
    rotate_key(&by_ada, secret, 3600).await.unwrap();
    assert_eq!(seen().await, [secret], "the old value works in its grace");
    house.wait(3600 * 1000);
    assert!(seen().await.is_empty(), "the new one they have not seen");
    rotate_key(&work, secret, 0).await.unwrap();
    assert_eq!(seen().await, [secret]);
    end_key(&by_ada, secret, false).await.unwrap();
    assert!(seen().await.is_empty());

    let new = NewKey {
        kind: Kind::Secret,
        name: "Backend".into(),
        rights: Rights::default(),
        metadata: None,
        note: None,
    };
    let made = create_key(&work, environment, &new).await.unwrap();
    assert_eq!(seen().await, [made.key.id]);
    // Whoever leaves leaves keys alive.
    let member = bob.members[0].id;
    remove_member(&by_ada, member).await.unwrap();
    assert_eq!(seen().await, [made.key.id]);
}
