//! What is grave asks for the password again.

use super::*;

/// Longer than a password that was given counts as given.
const LATER: i64 = 11 * 60 * 1000;

const PASSWORD: &str = "confirm_password=correct+horse+battery";

struct House {
    app: Arc<App>,
    clock: Arc<Hand>,
    background: crate::background::Background,
    token: String,
    person: PersonId,
    _directory: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Hand::new();
        let of_store: Arc<dyn keystile_store::Clock> = Arc::<Hand>::clone(&clock);
        let (app, background) = installed(settings(&directory.path().join("data")), of_store).await;
        let (token, person) = owner(&app).await;
        Self {
            app,
            clock,
            background,
            token,
            person,
            _directory: directory,
        }
    }

    async fn post(&self, path: &str, form: &str) -> (StatusCode, String) {
        ask(&self.app, &Method::POST, path, Some(&self.token), form).await
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        ask(&self.app, &Method::GET, path, Some(&self.token), "").await
    }

    async fn close(self) {
        drop(self.app);
        self.background.end().await;
    }
}

#[tokio::test]
async fn d3_a_secret_is_revealed_ten_minutes_after_the_password_only_with_the_password() {
    let house = House::open().await;
    let manifest = starter(Some(System::Datakeen));
    call(&house.app, "PUT", "/v1/products/datakeen", manifest).await;
    let lab = json!({ "product": "datakeen", "name": "Lab" }).to_string();
    let made = call(&house.app, "POST", "/v1/organizations", &lab).await;
    let keys = made["projects"][0]["environments"][0]["keys"].as_array();
    let mut keys = keys.unwrap().iter();
    let made = keys.find(|made| made["kind"] == "secret").unwrap();
    let secret = made["secret"].as_str().unwrap();
    let path = format!("/console/keys/{}/reveal", made["id"].as_str().unwrap());

    let (status, page) = house.post(&path, "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(secret), "it was given a moment ago");

    house.clock.wait(LATER);
    let (status, page) = house.post(&path, "x=typed").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Your password") && !page.contains(secret));
    assert!(
        page.contains("name=\"x\" value=\"typed\""),
        "nothing typed is lost: {page}"
    );

    let (status, page) = house.post(&path, "confirm_password=wrong+horse").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("this is not your password") && !page.contains(secret));
    assert!(
        !page.contains("wrong horse"),
        "a password is never shown again"
    );

    let (status, page) = house.post(&path, PASSWORD).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(secret));
    // And for the next ten minutes it counts as given.
    let (_, page) = house.post(&path, "").await;
    assert!(page.contains(secret));
    house.close().await;
}

#[tokio::test]
async fn a12_operator_keys_are_for_owners_of_the_installation_and_always_grave() {
    let house = House::open().await;
    let manifest = starter(Some(System::Innkept));
    call(&house.app, "PUT", "/v1/products/innkept", manifest).await;
    let new = "/console/operator-keys/new";
    let form = "sent=yes&name=Verifier&product=innkept&environment=nowhere";
    let (status, page) = house.post(new, form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("no environment of this name"), "{page}");
    let form = "sent=yes&name=Verifier&product=innkept&environment=production\
                &scopes=listed&scope=keys:verify";
    let (status, page) = house.post(new, form).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Copy your operator key now") && page.contains("sk_keystile_live_"));
    let listed = call(
        &house.app,
        "GET",
        "/v1/keys?product=keystile&name=Verifier",
        "",
    )
    .await;
    let key = &listed["data"][0];
    assert_eq!(key["scopes"], json!(["keys:verify"]));
    assert_eq!(
        key["binding"],
        json!({ "product": "innkept", "environment": "production" })
    );

    let path = format!("/console/keys/{}", key["id"].as_str().unwrap());
    house.clock.wait(LATER);
    for (path, form) in [(new, form), (&format!("{path}/revoke"), "")] {
        let (status, page) = house.post(path, form).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Your password"), "{path}: {page}");
    }
    let organization = Named::create(&house.app, "Inn").await.organization;
    let organization: OrganizationId = organization.parse().unwrap();
    let person = house.person;
    let lesser = [Role::Viewer, Role::Developer, Role::Admin].map(|role| Some((None, role)));
    let elsewhere = [None, Some((Some(organization), Role::Owner))];
    for role in lesser.into_iter().chain(elsewhere) {
        becomes(&house.app, person, role).await;
        for path in [&path, &format!("{path}/revoke")] {
            let (status, _) = house.get(path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
        let (status, _) = house.get("/console/operator-keys").await;
        assert!(status.is_client_error(), "{role:?}");
    }
    becomes(&house.app, person, Some((None, Role::Owner))).await;
    let (status, _) = house.post(&format!("{path}/revoke"), PASSWORD).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = house.get("/console/operator-keys").await;
    assert!(!page.contains("Verifier"));
    house.close().await;
}

#[tokio::test]
async fn one_time_codes_begin_once_the_password_was_given_again() {
    let house = House::open().await;
    house.clock.wait(LATER);
    let (status, page) = house.post("/console/account/codes", "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Your password") && !page.contains("otpauth:"));
    let (status, page) = house.post("/console/account/codes", PASSWORD).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("otpauth:"));
    house.close().await;
}
