//! Set-up links and invitations.

use keystile_core::model::{OrganizationId, Role};

use super::*;

#[tokio::test]
async fn s16_the_set_up_link_makes_one_owner_once_and_never_again() {
    let house = House::open().await;
    let token = ensure_setup_link(&house.app).await.unwrap().unwrap();
    let caller = Caller::stranger();
    let (ada, bob) = (new("ada"), new("bob"));
    let (one, two) = tokio::join!(
        async { accept(&house.work(&caller), token.reveal(), &ada).await },
        async { accept(&house.work(&caller), token.reveal(), &bob).await },
    );
    let mut codes = [one, two].map(|done| done.map_or_else(|why| why.code, |_| "ok"));
    codes.sort_unstable();
    assert!(
        ["invitation_used", "has_owner"].contains(&codes[0]),
        "{codes:?}"
    );
    assert_eq!(codes[1], "ok");
    let late = accept(&house.work(&caller), token.reveal(), &new("cyd")).await;
    assert_eq!(code(late), "not_found");
    assert!(ensure_setup_link(&house.app).await.unwrap().is_none());
    let house = house.opened_again().await;
    assert!(ensure_setup_link(&house.app).await.unwrap().is_none());
    let people = house.app.store.people(keystile_store::Page {
        before: None,
        limit: 10,
    });
    assert_eq!(people.await.unwrap().len(), 1);
}

#[tokio::test]
async fn s16_a_new_set_up_link_ends_the_one_before_and_all_end_by_themselves() {
    let house = House::open().await;
    let first = ensure_setup_link(&house.app).await.unwrap().unwrap();
    let second = ensure_setup_link(&house.app).await.unwrap().unwrap();
    let living = async |token: &Token| invitation(&house.app, token.reveal()).await.unwrap();
    assert!(living(&first).await.is_none());
    let found = living(&second).await.unwrap();
    assert_eq!((found.role, found.organization), (Role::Owner, None));
    house.wait(24 * 3600 * 1000 - 1);
    assert!(living(&second).await.is_some());
    house.wait(1);
    assert!(living(&second).await.is_none());
    let caller = Caller::stranger();
    let late = accept(&house.work(&caller), second.reveal(), &new("ada")).await;
    assert_eq!(code(late), "not_found");
}

#[tokio::test]
async fn s14_links_begin_with_the_address_of_the_settings() {
    let house = House::open().await;
    let link = setup_link(&house.app).await.unwrap().unwrap();
    let token = link.strip_prefix("https://keys.example.com/console/setup?token=");
    let found = invitation(&house.app, token.unwrap()).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn the_first_owner_is_signed_in_and_may_do_everything() {
    let house = House::open().await;
    let owner = house.owner().await;
    let visitor = house.visitor(&owner).await.unwrap();
    assert_eq!(visitor.role_at(None), Some(Role::Owner));
    let anywhere = Some(OrganizationId::from_u128(7));
    assert_eq!(visitor.role_at(anywhere), Some(Role::Owner));
    let caller = visitor.caller(anywhere).unwrap();
    assert_eq!(caller.organization(), None);
    assert_eq!(caller.scope(), visitor.person.id.to_string());
    assert!(visitor.is_fresh(house.app.now()));
    assert_eq!(outcome(&house.sign_in("ada", PASSWORD).await), "ok");
    assert_eq!(outcome(&house.sign_in(" ADA", PASSWORD).await), "ok");
}

#[tokio::test]
async fn s14_an_invitation_is_used_once_also_by_many_at_once() {
    let house = House::open().await;
    house.owner().await;
    let token = link(&house, None, Role::Viewer, None).await;
    let caller = Caller::stranger();
    let people: Vec<_> = (0..4).map(|number| new(&format!("p{number}"))).collect();
    let [a, b, c, d] = &people[..] else {
        unreachable!()
    };
    let one = async |who| code(accept(&house.work(&caller), token.reveal(), who).await);
    let (a, b, c, d) = tokio::join!(one(a), one(b), one(c), one(d));
    let mut codes = [a, b, c, d];
    codes.sort_unstable();
    assert_eq!(codes[3], "ok");
    assert!(
        codes[..3].iter().all(|code| *code == "invitation_used"),
        "{codes:?}"
    );
}

#[tokio::test]
async fn s14_an_invitation_for_an_address_is_for_that_one_alone() {
    let house = House::open().await;
    let owner = house.owner().await;
    let token = link(&house, None, Role::Admin, Some("bob@example.com")).await;
    let caller = Caller::stranger();
    let wrong = accept(&house.work(&caller), token.reveal(), &new("eve")).await;
    assert_eq!(wrong.unwrap_err().errors[0].pointer, "/email");
    let ada = house.visitor(&owner).await.unwrap();
    let wrong = accept_as(&house.work(&caller), &ada, token.reveal()).await;
    assert_eq!(code(wrong), "another_address");
    let bob = accept(&house.work(&caller), token.reveal(), &new("BOB")).await;
    let bob = house.visitor(&bob.unwrap()).await.unwrap();
    assert_eq!(bob.person.email, "bob@example.com");
    assert_eq!(bob.role_at(None), Some(Role::Admin));
    assert_eq!(bob.caller(None).unwrap().organization(), None);
}

#[tokio::test]
async fn whoever_is_known_signs_in_before_they_accept() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (_, organization) = reach::organization(&house, "Paperboat").await;
    let token = link(&house, None, Role::Viewer, None).await;
    let caller = Caller::stranger();
    let twin = accept(&house.work(&caller), token.reveal(), &new("ada")).await;
    assert_eq!(code(twin), "already_exists");
    let bob = accept(&house.work(&caller), token.reveal(), &new("bob")).await;
    let bob = bob.unwrap();

    let token = link(&house, None, Role::Admin, None).await;
    let before = house.visitor(&bob).await.unwrap();
    accept_as(&house.work(&caller), &before, token.reveal())
        .await
        .unwrap();
    let raised = house.visitor(&bob).await.unwrap();
    assert_eq!(raised.role_at(None), Some(Role::Admin));
    assert_eq!(raised.members.len(), 1);

    let token = link(&house, Some(organization), Role::Owner, None).await;
    accept_as(&house.work(&caller), &raised, token.reveal())
        .await
        .unwrap();
    let both = house.visitor(&bob).await.unwrap();
    assert_eq!(both.role_at(Some(organization)), Some(Role::Owner));
    assert_eq!(both.role_at(None), Some(Role::Admin));

    let token = link(&house, Some(organization), Role::Developer, None).await;
    let ada = house.visitor(&owner).await.unwrap();
    let less = accept_as(&house.work(&caller), &ada, token.reveal()).await;
    assert_eq!(code(less), "already_member");
    assert!(
        invitation(&house.app, token.reveal())
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn what_is_wrong_with_somebody_new_is_named_field_by_field() {
    let house = House::open().await;
    let token = ensure_setup_link(&house.app).await.unwrap().unwrap();
    let caller = Caller::stranger();
    let long = format!("{}@example.com", "x".repeat(250));
    let bad = [
        (
            "/email",
            NewPerson {
                email: "no address".into(),
                ..new("ada")
            },
        ),
        (
            "/email",
            NewPerson {
                email: "a@b@c".into(),
                ..new("ada")
            },
        ),
        (
            "/email",
            NewPerson {
                email: "a\u{0}@b".into(),
                ..new("ada")
            },
        ),
        (
            "/email",
            NewPerson {
                email: long,
                ..new("ada")
            },
        ),
        (
            "/name",
            NewPerson {
                name: " ".into(),
                ..new("ada")
            },
        ),
        (
            "/password",
            NewPerson {
                password: "short".into(),
                ..new("ada")
            },
        ),
        (
            "/password",
            NewPerson {
                password: "Ada@example.com".into(),
                ..new("ada")
            },
        ),
        (
            "/password",
            NewPerson {
                password: "x".repeat(1 << 20),
                ..new("ada")
            },
        ),
    ];
    for (pointer, new) in bad {
        let refused = accept(&house.work(&caller), token.reveal(), &new).await;
        let problem = refused.unwrap_err();
        assert_eq!(problem.status, http::StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem.errors[0].pointer, pointer, "{:?}", problem.errors);
    }
    for text in ["", "kci_", "kcs_0000", "\u{e9}"] {
        let refused = accept(&house.work(&caller), text, &new("ada")).await;
        assert_eq!(code(refused), "not_found", "{text}");
    }
    assert!(
        invitation(&house.app, token.reveal())
            .await
            .unwrap()
            .is_some()
    );
}
