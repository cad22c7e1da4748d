//! Members: invited, changed, removed.

use keystile_core::model::{MemberId, OrganizationId, Role};

use super::*;

/// Somebody new in a place, signed in.
pub(super) async fn joined(
    house: &House,
    place: Option<OrganizationId>,
    role: Role,
    name: &str,
) -> Begun {
    let token = link(house, place, role, None).await;
    let caller = Caller::stranger();
    let begun = accept(&house.work(&caller), token.reveal(), &new(name)).await;
    begun.unwrap()
}

/// Asked by whoever has this session, for a place.
async fn asked<T>(
    house: &House,
    begun: &Begun,
    place: Option<OrganizationId>,
    ask: impl AsyncFnOnce(&Work<'_>) -> T,
) -> T {
    let visitor = house.visitor(begun).await.unwrap();
    let caller = visitor.caller(place).unwrap();
    ask(&house.work(&caller)).await
}

async fn member(house: &House, begun: &Begun) -> MemberId {
    house.visitor(begun).await.unwrap().members[0].id
}

#[tokio::test]
async fn a12_nobody_grants_a_role_above_their_own() {
    let house = House::open().await;
    house.owner().await;
    let (_, org) = reach::organization(&house, "Paperboat").await;
    let place = Some(org);
    let admin = joined(&house, place, Role::Admin, "bob").await;
    let developer = joined(&house, place, Role::Developer, "dora").await;
    let owner = joined(&house, place, Role::Owner, "olga").await;
    let (dora, olga) = (
        member(&house, &developer).await,
        member(&house, &owner).await,
    );
    asked(&house, &admin, place, async |work| {
        let refused = [
            code(invite(work, place, Role::Owner, None).await),
            code(change_role(work, dora, Role::Owner).await),
            code(change_role(work, olga, Role::Viewer).await),
            code(remove_member(work, olga).await),
        ];
        assert_eq!(refused, ["insufficient_role"; 4]);
        invite(work, place, Role::Admin, None).await.unwrap();
        change_role(work, dora, Role::Admin).await.unwrap();
        change_role(work, dora, Role::Developer).await.unwrap();
    })
    .await;
    let confined = house.visitor(&admin).await.unwrap().caller(place).unwrap();
    assert_eq!(confined.organization(), place);
    asked(&house, &developer, place, async |work| {
        let bob = member(&house, &admin).await;
        let refused = [
            code(invite(work, place, Role::Viewer, None).await),
            code(change_role(work, bob, Role::Viewer).await),
            code(change_role(work, dora, Role::Admin).await),
            code(remove_member(work, bob).await),
        ];
        assert_eq!(refused, ["insufficient_role"; 4]);
    })
    .await;
}

#[tokio::test]
async fn a11_members_and_invitations_elsewhere_are_told_as_missing() {
    let house = House::open().await;
    let ada = house.owner().await;
    let (_, mine) = reach::organization(&house, "Paperboat").await;
    let (_, theirs) = reach::organization(&house, "Fernwood").await;
    let owner = joined(&house, Some(mine), Role::Owner, "olga").await;
    let foreign = joined(&house, Some(theirs), Role::Viewer, "fred").await;
    let invited = asked(&house, &ada, None, async |work| {
        let one = invite(work, Some(theirs), Role::Viewer, None)
            .await
            .unwrap();
        let all = invite(work, None, Role::Viewer, None).await.unwrap();
        [one.0.id, all.0.id]
    })
    .await;
    let nobody = MemberId::from_u128(7);
    let nothing = keystile_core::model::InvitationId::from_u128(7);
    let no_place = OrganizationId::from_u128(7);
    let told = |problem: Problem| String::from_utf8(problem.to_json("req")).unwrap();
    asked(&house, &owner, Some(mine), async |work| {
        let missing = told(change_role(work, nobody, Role::Viewer).await.unwrap_err());
        for id in [member(&house, &foreign).await, member(&house, &ada).await] {
            let changed = change_role(work, id, Role::Viewer).await;
            assert_eq!(told(changed.unwrap_err()), missing);
            assert_eq!(told(remove_member(work, id).await.unwrap_err()), missing);
        }
        let missing = told(withdraw(work, nothing).await.unwrap_err());
        for id in invited {
            assert_eq!(told(withdraw(work, id).await.unwrap_err()), missing);
        }
        let missing = told(
            invite(work, Some(no_place), Role::Viewer, None)
                .await
                .unwrap_err(),
        );
        for place in [Some(theirs), None] {
            let refused = invite(work, place, Role::Viewer, None).await;
            assert_eq!(told(refused.unwrap_err()), missing);
        }
    })
    .await;
}

#[tokio::test]
async fn s14_an_invitation_ends_when_it_is_withdrawn_or_whoever_made_it_may_not_any_more() {
    let house = House::open().await;
    house.owner().await;
    let (_, org) = reach::organization(&house, "Paperboat").await;
    let place = Some(org);
    let admin = joined(&house, place, Role::Admin, "bob").await;
    let (first, second) = asked(&house, &admin, place, async |work| {
        let first = invite(work, place, Role::Viewer, Some(" EVE@Example.com ")).await;
        let second = invite(work, place, Role::Admin, None).await;
        (first.unwrap(), second.unwrap())
    })
    .await;
    assert_eq!(first.0.email.as_deref(), Some("eve@example.com"));
    asked(&house, &admin, place, async |work| {
        withdraw(work, first.0.id).await
    })
    .await
    .unwrap();
    let living = async |token: &Token| invitation(&house.app, token.reveal()).await.unwrap();
    assert!(living(&first.1).await.is_none());
    assert!(living(&second.1).await.is_some());
    let bob = member(&house, &admin).await;
    let local = Caller::local();
    change_role(&house.work(&local), bob, Role::Developer)
        .await
        .unwrap();
    assert!(living(&second.1).await.is_none());
    let caller = Caller::stranger();
    let late = accept(&house.work(&caller), second.1.reveal(), &new("eve")).await;
    assert_eq!(code(late), "not_found");
}

#[tokio::test]
async fn an_invitation_lasts_a_week_and_a_place_has_a_hundred_at_most() {
    let house = House::open().await;
    let local = Caller::local();
    let work = house.work(&local);
    for _ in 0..100 {
        invite(&work, None, Role::Viewer, None).await.unwrap();
    }
    let last = invite(&work, None, Role::Viewer, None).await;
    assert_eq!(code(last), "too_many_invitations");
    house.wait(7 * 24 * 3600 * 1000);
    let (_, token) = invite(&work, None, Role::Viewer, None).await.unwrap();
    let left = house.app.store.invitations_of_place(None).await.unwrap();
    assert_eq!(left.len(), 1, "those that are over are gone");
    house.wait(7 * 24 * 3600 * 1000);
    assert!(
        invitation(&house.app, token.reveal())
            .await
            .unwrap()
            .is_none()
    );
    let wrong = invite(&work, None, Role::Viewer, Some("nobody")).await;
    assert_eq!(wrong.unwrap_err().errors[0].pointer, "/email");
}

#[tokio::test]
async fn s09_a_lowered_role_counts_with_the_next_request() {
    let house = House::open().await;
    let ada = house.owner().await;
    let bob = joined(&house, None, Role::Admin, "bob").await;
    let id = member(&house, &bob).await;
    asked(&house, &ada, None, async |work| {
        change_role(work, id, Role::Viewer).await
    })
    .await
    .unwrap();
    let now = house.visitor(&bob).await.unwrap();
    assert_eq!(now.role_at(None), Some(Role::Viewer));
}

#[tokio::test]
async fn s09_whoever_was_removed_is_out_with_the_next_request() {
    let house = House::open().await;
    let ada = house.owner().await;
    let (_, org) = reach::organization(&house, "Paperboat").await;
    let bob = joined(&house, Some(org), Role::Admin, "bob").await;
    let elsewhere = house.sign_in("bob", PASSWORD).await.unwrap();
    let id = member(&house, &bob).await;
    asked(&house, &ada, None, async |work| {
        remove_member(work, id).await
    })
    .await
    .unwrap();
    assert!(house.visitor(&bob).await.is_none());
    assert!(house.visitor(&elsewhere).await.is_none());
    assert_eq!(outcome(&house.sign_in("bob", PASSWORD).await), "wrong");
    let left = house
        .app
        .store
        .sessions_of(bob.session.person)
        .await
        .unwrap();
    assert!(left.is_empty());
    let kept = house
        .app
        .store
        .person(bob.session.person)
        .await
        .unwrap()
        .unwrap();
    assert!(kept.password.is_none() && kept.removed_at.is_some());
    // Their address is free again.
    joined(&house, Some(org), Role::Viewer, "bob").await;
}

#[tokio::test]
async fn whoever_has_another_membership_stays_and_everybody_may_leave() {
    let house = House::open().await;
    house.owner().await;
    let (_, one) = reach::organization(&house, "Paperboat").await;
    let (_, two) = reach::organization(&house, "Fernwood").await;
    let dora = joined(&house, Some(one), Role::Viewer, "dora").await;
    let token = link(&house, Some(two), Role::Developer, None).await;
    let caller = Caller::stranger();
    let before = house.visitor(&dora).await.unwrap();
    let work = house.work(&caller);
    accept_as(&work, &before, token.reveal()).await.unwrap();
    let first = before.members[0].id;
    asked(&house, &dora, Some(one), async |work| {
        remove_member(work, first).await
    })
    .await
    .unwrap();
    let now = house.visitor(&dora).await.unwrap();
    assert_eq!(now.role_at(Some(one)), None);
    assert!(now.caller(Some(one)).is_none());
    assert_eq!(now.role_at(Some(two)), Some(Role::Developer));
    let second = now.members[0].id;
    asked(&house, &dora, Some(two), async |work| {
        remove_member(work, second).await
    })
    .await
    .unwrap();
    assert!(house.visitor(&dora).await.is_none());
}

#[tokio::test]
async fn the_last_memberships_that_end_at_once_take_their_person_along() {
    let house = House::open().await;
    house.owner().await;
    let (_, one) = reach::organization(&house, "Paperboat").await;
    let dora = joined(&house, Some(one), Role::Viewer, "dora").await;
    let token = link(&house, None, Role::Viewer, None).await;
    let caller = Caller::stranger();
    let before = house.visitor(&dora).await.unwrap();
    accept_as(&house.work(&caller), &before, token.reveal())
        .await
        .unwrap();
    let both = house.visitor(&dora).await.unwrap().members;
    let local = Caller::local();
    let work = house.work(&local);
    let (a, b) = tokio::join!(
        remove_member(&work, both[0].id),
        remove_member(&work, both[1].id)
    );
    for done in [a, b] {
        done.unwrap();
    }
    let person = house.app.store.person(dora.session.person).await.unwrap();
    assert!(person.unwrap().removed_at.is_some());
}

#[tokio::test]
async fn nobody_is_removed_and_a_member_at_the_same_time() {
    let house = House::open().await;
    house.owner().await;
    let (_, org) = reach::organization(&house, "Paperboat").await;
    for round in 0..8 {
        let dora = joined(&house, Some(org), Role::Viewer, &format!("dora{round}")).await;
        let token = link(&house, None, Role::Viewer, None).await;
        let visitor = house.visitor(&dora).await.unwrap();
        let (caller, local) = (Caller::stranger(), Caller::local());
        let (work, remover) = (house.work(&caller), house.work(&local));
        let (accepted, removed) = tokio::join!(
            accept_as(&work, &visitor, token.reveal()),
            remove_member(&remover, visitor.members[0].id),
        );
        removed.unwrap();
        let person = house.app.store.person(visitor.person.id).await.unwrap();
        assert_eq!(accepted.is_ok(), person.unwrap().removed_at.is_none());
        let members = house.app.store.members_of_person(visitor.person.id).await;
        assert_eq!(members.unwrap().len(), usize::from(accepted.is_ok()));
    }
}

#[tokio::test]
async fn the_last_owner_can_be_neither_lowered_nor_removed_nor_leave() {
    let house = House::open().await;
    let ada = house.owner().await;
    joined(&house, None, Role::Admin, "bob").await;
    let id = member(&house, &ada).await;
    asked(&house, &ada, None, async |work| {
        assert_eq!(code(change_role(work, id, Role::Admin).await), "last_owner");
        assert_eq!(code(remove_member(work, id).await), "last_owner");
    })
    .await;
    let olga = joined(&house, None, Role::Owner, "olga").await;
    let other = member(&house, &olga).await;
    let local = Caller::local();
    let work = house.work(&local);
    let (a, b) = tokio::join!(
        change_role(&work, id, Role::Viewer),
        remove_member(&work, other)
    );
    let mut codes = [code(a), code(b)];
    codes.sort_unstable();
    assert_eq!(codes, ["last_owner", "ok"]);
    // An organization may be without an owner.
    let (_, org) = reach::organization(&house, "Paperboat").await;
    let lone = joined(&house, Some(org), Role::Owner, "lone").await;
    let lone = member(&house, &lone).await;
    change_role(&work, lone, Role::Viewer).await.unwrap();
}
