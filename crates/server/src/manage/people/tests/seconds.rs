//! One-time codes, recovery codes, and the way in for whoever has lost both.

use keystile_core::key::{OneTimeSecret, RecoveryCode};
use keystile_core::model::Role;

use super::members::joined;
use super::*;

const STEP: i64 = 30_000;

/// The code of now, and of so many steps later.
fn code_of(house: &House, secret: &OneTimeSecret, later: i64) -> String {
    let step = house.app.now().millis() / STEP + later;
    secret.code(u64::try_from(step).unwrap()).to_string()
}

/// Ada with one-time codes, her secret and her recovery codes.
async fn enabled(house: &House) -> (Begun, OneTimeSecret, Vec<RecoveryCode>) {
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let setup = begin_totp(&work, &ada).await.unwrap();
    let secret = OneTimeSecret::from_text(&setup.secret).unwrap();
    let code = code_of(house, &secret, 0);
    let codes = enable_totp(&work, &ada, &code).await.unwrap();
    house.wait(2 * STEP);
    (owner, secret, codes)
}

impl House {
    async fn with(&self, password: &str, second: Option<&str>) -> Result<Begun, SignInProblem> {
        let caller = Caller::stranger();
        sign_in(&self.work(&caller), "ada@example.com", password, second).await
    }
}

#[tokio::test]
async fn one_time_codes_count_once_they_were_shown_and_until_they_are_disabled() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let early = enable_totp(&work, &ada, "000000").await;
    assert_eq!(outcome(&early), "problem", "nothing was begun");
    let first = begin_totp(&work, &ada).await.unwrap();
    let setup = begin_totp(&work, &ada).await.unwrap();
    let host = "Keystile%20keys.example.com";
    let uri = format!(
        "otpauth://totp/{host}:ada%40example.com?secret={}&issuer={host}&algorithm=SHA1&digits=6&period=30",
        setup.secret.as_str()
    );
    assert_eq!(setup.uri.as_str(), uri);
    assert_eq!(
        outcome(&house.with(PASSWORD, None).await),
        "ok",
        "not in use yet"
    );
    let old = OneTimeSecret::from_text(&first.secret).unwrap();
    let wrong = enable_totp(&work, &ada, &code_of(&house, &old, 0)).await;
    assert_eq!(
        outcome(&wrong),
        "second wrong",
        "another secret was begun since"
    );
    let secret = OneTimeSecret::from_text(&setup.secret).unwrap();
    let code = code_of(&house, &secret, 0);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let codes = enable_totp(&work, &ada, &spaced).await.unwrap();
    assert_eq!(codes.len(), 10);
    assert_eq!(
        super::code(begin_totp(&work, &ada).await),
        "already_enabled"
    );

    assert_eq!(outcome(&house.with(PASSWORD, None).await), "second needed");
    let next = code_of(&house, &secret, 1);
    let wrong = house.with("another password", Some(&next));
    assert_eq!(
        outcome(&wrong.await),
        "wrong",
        "nothing is told before the password is right"
    );
    let used = house.with(PASSWORD, Some(&code)).await;
    assert_eq!(
        outcome(&used),
        "second wrong",
        "the code that was shown is used up"
    );
    let next = house.with(PASSWORD, Some(&next)).await;
    assert_eq!(outcome(&next), "ok");
    assert!(house.visitor(&owner).await.unwrap().person.has_second());

    disable_totp(&work, &ada).await.unwrap();
    disable_totp(&work, &ada).await.unwrap();
    assert_eq!(outcome(&house.with(PASSWORD, None).await), "ok");
    let kept = house.visitor(&owner).await.unwrap().person;
    assert!(kept.totp.is_none() && kept.recovery.is_none());
}

#[tokio::test]
async fn s15_a_one_time_code_is_used_once_also_by_many_at_once() {
    let house = House::open().await;
    let (_, secret, _) = enabled(&house).await;
    let code = code_of(&house, &secret, 0);
    let one = || house.with(PASSWORD, Some(&code));
    let (a, b, c) = tokio::join!(one(), one(), one());
    let mut outcomes = [outcome(&a), outcome(&b), outcome(&c)];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["ok", "second wrong", "second wrong"]);
    let earlier = code_of(&house, &secret, -1);
    let earlier = house.with(PASSWORD, Some(&earlier)).await;
    assert_eq!(outcome(&earlier), "second wrong");
}

#[tokio::test]
async fn s15_a_recovery_code_is_used_once_also_by_many_at_once() {
    let house = House::open().await;
    let (owner, _, codes) = enabled(&house).await;
    let code = codes[3].reveal().to_uppercase();
    let one = || house.with(PASSWORD, Some(&code));
    let (a, b, c) = tokio::join!(one(), one(), one());
    let mut outcomes = [outcome(&a), outcome(&b), outcome(&c)];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["ok", "second wrong", "second wrong"]);
    let left = async || house.visitor(&owner).await.unwrap().person.recovery_left();
    assert_eq!(left().await, 9);
    let other = house.with(PASSWORD, Some(codes[4].reveal())).await;
    assert_eq!(outcome(&other), "ok");

    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let fresh = replace_recovery_codes(&house.work(&caller), &ada)
        .await
        .unwrap();
    assert_eq!(left().await, 10);
    let old = house.with(PASSWORD, Some(codes[0].reveal())).await;
    assert_eq!(outcome(&old), "second wrong");
    let new = house.with(PASSWORD, Some(fresh[0].reveal())).await;
    assert_eq!(outcome(&new), "ok");
}

#[tokio::test]
async fn s11_codes_are_not_guessed() {
    let house = House::open().await;
    let (owner, secret, _) = enabled(&house).await;
    for _ in 0..5 {
        let wrong = house.with(PASSWORD, Some("no code")).await;
        assert_eq!(outcome(&wrong), "second wrong");
    }
    let right = code_of(&house, &secret, 0);
    assert_eq!(outcome(&house.with(PASSWORD, Some(&right)).await), "slow");
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let confirmed = confirm(&house.work(&caller), &ada, PASSWORD).await;
    assert_eq!(outcome(&confirmed), "slow");
}

#[tokio::test]
async fn s18_a_second_factor_is_changed_with_a_fresh_password_only() {
    let house = House::open().await;
    let (owner, _, _) = enabled(&house).await;
    house.wait(10 * 60 * 1000);
    let ada = house.visitor(&owner).await.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let refused = [
        code(begin_totp(&work, &ada).await),
        code(disable_totp(&work, &ada).await),
        code(replace_recovery_codes(&work, &ada).await),
    ];
    assert_eq!(refused, ["password_needed"; 3]);
}

#[tokio::test]
async fn s19_neither_codes_nor_their_secret_stand_in_the_database() {
    let house = House::open().await;
    let (owner, secret, codes) = enabled(&house).await;
    let person = house.visitor(&owner).await.unwrap().person;
    let shown = format!("{:?} {:?}", person.recovery, person.totp);
    assert!(!shown.contains(codes[0].reveal()));
    for entry in std::fs::read_dir(house.data()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let text = secret.to_text();
        for hidden in [text.as_str(), codes[0].reveal()] {
            let found = bytes
                .windows(hidden.len())
                .any(|part| part == hidden.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn whoever_is_reset_gets_in_with_the_link_alone() {
    let house = House::open().await;
    let (owner, secret, codes) = enabled(&house).await;
    let olga = joined(&house, None, Role::Owner, "olga").await;
    let olga = house.visitor(&olga).await.unwrap().caller(None).unwrap();
    let id = owner.session.person;
    let first = reset_person(&house.work(&olga), id).await.unwrap();
    let token = reset_person(&house.work(&olga), id).await.unwrap();
    assert!(house.visitor(&owner).await.is_none());
    let code = code_of(&house, &secret, 0);
    for second in [None, Some(code.as_str()), Some(codes[0].reveal())] {
        assert_eq!(outcome(&house.with(PASSWORD, second).await), "wrong");
    }
    let whose = async |token: &Token| resetting(&house.app, token.reveal()).await.unwrap();
    assert!(
        whose(&first).await.is_none(),
        "a new link ends the one before"
    );
    assert_eq!(whose(&token).await.unwrap().id, id);
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let refused = set_password(&work, token.reveal(), "short").await;
    assert_eq!(refused.unwrap_err().errors[0].pointer, "/password");
    let new = "a new one, found again";
    let begun = set_password(&work, token.reveal(), new).await.unwrap();
    let ada = house.visitor(&begun).await.unwrap();
    assert_eq!(ada.role_at(None), Some(Role::Owner));
    assert!(!ada.person.has_second());
    assert_eq!(outcome(&house.with(new, None).await), "ok");
    let again = set_password(&work, token.reveal(), new).await;
    assert_eq!(super::code(again), "not_found");
}

#[tokio::test]
async fn s14_a_link_for_a_new_password_is_used_once_and_ends() {
    let house = House::open().await;
    house.owner().await;
    let local = Caller::local();
    let link = reset_link(&house.work(&local), " ADA@example.com")
        .await
        .unwrap();
    let token = link.strip_prefix("https://keys.example.com/console/reset?token=");
    let token = token.unwrap();
    let caller = Caller::stranger();
    let work = house.work(&caller);
    let (a, b) = tokio::join!(
        set_password(&work, token, "the first of two"),
        set_password(&work, token, "the second of two"),
    );
    let mut codes = [code(a), code(b)];
    codes.sort_unstable();
    assert_eq!(codes, ["link_used", "ok"]);
    let link = reset_link(&house.work(&local), "ada@example.com")
        .await
        .unwrap();
    let (_, token) = link.split_once("token=").unwrap();
    house.wait(24 * 3600 * 1000);
    let late = set_password(&work, token, "much too late for it").await;
    assert_eq!(code(late), "not_found");
    let nobody = reset_link(&house.work(&local), "nobody@example.com").await;
    assert_eq!(nobody.unwrap_err().errors[0].pointer, "/email");
}

#[tokio::test]
async fn a12_only_owners_of_the_installation_reset_others() {
    let house = House::open().await;
    let owner = house.owner().await;
    let (_, org) = reach::organization(&house, "Paperboat").await;
    let admin = joined(&house, None, Role::Admin, "bob").await;
    let lone = joined(&house, Some(org), Role::Owner, "lone").await;
    let id = lone.session.person;
    let as_admin = house.visitor(&admin).await.unwrap().caller(None).unwrap();
    let refused = reset_person(&house.work(&as_admin), id).await;
    assert_eq!(code(refused), "insufficient_role");
    let as_lone = house
        .visitor(&lone)
        .await
        .unwrap()
        .caller(Some(org))
        .unwrap();
    let refused = reset_person(&house.work(&as_lone), owner.session.person).await;
    assert_eq!(code(refused), "not_found");
    let as_owner = house.visitor(&owner).await.unwrap().caller(None).unwrap();
    let own = reset_person(&house.work(&as_owner), owner.session.person).await;
    assert_eq!(code(own), "own_person");
    assert!(house.visitor(&owner).await.is_some());
}
