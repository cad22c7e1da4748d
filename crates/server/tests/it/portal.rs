//! The portal: the page of one organization's keys inside the operator's own site.

use std::sync::Arc;

use keystile_server::OsRandom;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{Customer, House, Reply, operator_key, request, text};

mod ends;

const APP: &str = "https://app.innkept.example";

/// Innkept, which shows the portal in its own site to one of its hotels.
struct Site {
    house: House,
    hands: Arc<Hands>,
    hotel: Customer,
}

impl Site {
    async fn new() -> Self {
        let hands = Arc::new(Hands::now());
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let (clock, random) = (Arc::clone(&hands), Arc::new(OsRandom));
        let house = House::around(&directory, &operator_key(), clock, random).await;
        house.furnish();
        let hotel = house.customer("innkept", "Hotel Lindenhof");
        Self {
            house,
            hands,
            hotel,
        }
    }

    fn ask(&self, body: &Value) -> Reply {
        let path = format!(
            "/v1/organizations/{}/portal-tokens",
            self.hotel.organization
        );
        self.house.post(&path, body)
    }

    fn link(&self, body: &Value) -> String {
        text(&self.ask(body).expect(201).json()["token"])
    }

    /// Opens a link; gives what the browser holds from then on.
    fn open(&self, link: &str) -> String {
        cookie(&self.get(&format!("/portal?token={link}"), "").expect(303))
    }

    fn enter(&self, abilities: &[&str]) -> String {
        self.open(&self.link(&json!({ "abilities": abilities, "visitor": "user_7" })))
    }

    fn get(&self, path: &str, held: &str) -> Reply {
        let cookie = format!("keystile_portal={held}");
        let headers = [("cookie", cookie.as_str())];
        request(self.house.address, "GET", path, &headers, "")
    }

    fn post(&self, path: &str, held: &str, form: &str) -> Reply {
        let cookie = format!("keystile_portal={held}");
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        request(self.house.address, "POST", path, &headers, form)
    }

    fn keys_page(&self) -> String {
        format!("/portal/projects/{}/keys", self.hotel.project)
    }

    /// A key of the hotel, and one of another hotel.
    fn keys(&self) -> (String, String) {
        let own = self
            .house
            .key(self.hotel.environment("production"), "secret", "Booking");
        let other = self.house.customer("innkept", "Hotel Abendrot");
        let foreign = self
            .house
            .key(other.environment("production"), "secret", "Theirs");
        (own.0, foreign.0)
    }

    fn rows(&self, action: &str) -> Vec<Value> {
        let rows = self.house.get(&format!("/v1/audit?action={action}"));
        rows.expect(200).json()["data"].as_array().unwrap().clone()
    }
}

/// What a reply gives the browser to hold.
fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").unwrap_or_default();
    let (pair, attributes) = set.split_once(';').unwrap();
    for needed in [
        "HttpOnly",
        "SameSite=None",
        "Secure",
        "Partitioned",
        "Path=/",
    ] {
        assert!(attributes.contains(needed), "{needed}: {set}");
    }
    pair.strip_prefix("keystile_portal=").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_the_keys_of_the_organization_and_does_what_was_allowed() {
    let site = Site::new().await;
    let asked = json!({ "abilities": ["keys:create", "keys:revoke"], "origin": APP,
                        "visitor": "user_7", "lifetime_seconds": 600 });
    let made = site.ask(&asked).expect(201).json();
    let address = site.house.address;
    let token = text(&made["token"]);
    assert_eq!(
        made["url"],
        format!("http://{address}/portal?token={token}")
    );
    assert_eq!(made["lifetime_seconds"], 600);
    let opened = site.get(&format!("/portal?token={token}"), "").expect(303);
    assert!(opened.header("set-cookie").unwrap().contains("Max-Age=600"));
    let held = cookie(&opened);
    assert!(!held.contains(&site.hotel.organization) && held != token);

    let page = site.get(&site.keys_page(), &held).expect(200);
    assert!(page.text.contains("Add key"), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.ends_with(&format!("frame-ancestors {APP}")),
        "{policy}"
    );
    assert_eq!(page.header("x-frame-options"), None);
    for elsewhere in ["\"/console", "Sign out", "Audit log", "Members"] {
        assert!(!page.text.contains(elsewhere), "{elsewhere}");
    }

    let new = format!(
        "/portal/environments/{}/keys/new",
        site.hotel.environment("production")
    );
    let created = site.post(&new, &held, "kind=secret&name=Channel+manager");
    let created = created.expect(200);
    let secret = created.text.split("sk_live_").nth(1).expect("it is shown");
    let secret: String = secret
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let verdict = site
        .house
        .verify("innkept", &format!("sk_live_{secret}"), "POST /v1/leads");
    assert_eq!(verdict["code"], "ok", "{verdict}");
    let id = text(&verdict["key"]["id"]);
    let revoked = site.post(&format!("/portal/keys/{id}/revoke"), &held, "");
    revoked.expect(303);
    let verdict = site
        .house
        .verify("innkept", &format!("sk_live_{secret}"), "POST /v1/leads");
    assert_eq!(verdict["code"], "revoked_key");

    let row = &site.rows("key.created")[0];
    assert_eq!(row["actor"]["type"], "portal");
    assert_eq!(row["actor"]["visitor"], "user_7");
    assert!(text(&row["actor"]["operator_key"]).starts_with("key_"));
    assert_eq!(site.rows("portal.opened")[0]["actor"]["visitor"], "user_7");
    assert_eq!(
        site.rows("portal.link_created")[0]["actor"]["type"],
        "operator_key"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_a12_a_guest_comes_to_nothing_else() {
    let site = Site::new().await;
    let (own, foreign) = site.keys();
    let looking = site.enter(&[]);
    let page = site
        .get(&format!("/portal/keys/{own}"), &looking)
        .expect(200);
    for button in ["Regenerate", "Revoke", "Edit"] {
        assert!(!page.text.contains(&format!(">{button}<")), "{button}");
    }
    let missing = "key_01k9x7m2q8f4va1b2c3d4e5f6g";
    let each = [
        "keys:create",
        "keys:change",
        "keys:rotate",
        "keys:revoke",
        "keys:reveal",
    ];
    let everything = site.enter(&each);
    for step in [
        "edit",
        "note",
        "regenerate",
        "end-old",
        "revoke",
        "delete",
        "reveal",
    ] {
        let refused = site.post(&format!("/portal/keys/{own}/{step}"), &looking, "");
        assert_eq!(refused.status, 403, "{step}: {}", refused.text);
        for elsewhere in [foreign.as_str(), missing] {
            let refused = site.post(&format!("/portal/keys/{elsewhere}/{step}"), &everything, "");
            assert_eq!(refused.status, 404, "{step} {elsewhere}: {}", refused.text);
        }
    }
    let theirs = text(&site.house.get(&format!("/v1/keys/{foreign}")).json()["organization"]);
    let own = &site.hotel.organization;
    for path in [
        format!("/portal/organizations/{theirs}/projects"),
        format!("/portal/organizations/{own}/members"),
        format!("/portal/organizations/{own}"),
        "/portal/audit".to_owned(),
        "/portal/products".to_owned(),
        "/portal/search".to_owned(),
    ] {
        site.get(&path, &everything).expect(404);
    }
    // What opens the portal opens no console, and the other way round.
    let cookie = format!("keystile={everything}");
    let path = format!("/console/organizations/{own}");
    let headers = [("cookie", cookie.as_str())];
    request(site.house.address, "GET", &path, &headers, "").expect(303);
    site.get(&site.keys_page(), &site.link(&json!({})))
        .expect(401);
    assert_eq!(site.rows("key.revoked").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_one_project_sees_that_one_alone() {
    let site = Site::new().await;
    let path = format!("/v1/organizations/{}/projects", site.hotel.organization);
    let second = site.house.post(&path, &json!({ "name": "Annex" }));
    let second = second.expect(201).json();
    let second = text(&second["project"]["id"]);
    let held = site.open(&site.link(&json!({ "project": second })));
    site.get(&format!("/portal/projects/{second}/keys"), &held)
        .expect(200);
    site.get(&site.keys_page(), &held).expect(404);
    let list = format!("/portal/organizations/{}/projects", site.hotel.organization);
    let led = site.get(&list, &held).expect(303);
    assert_eq!(
        led.header("location"),
        Some(&*format!("/portal/projects/{second}/keys"))
    );
    let foreign = site.house.customer("innkept", "Hotel Abendrot").project;
    site.ask(&json!({ "project": foreign })).expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_an_operator_key_that_is_bound_sees_what_it_is_bound_to() {
    let site = Site::new().await;
    let body = json!({ "name": "Staging", "product": "innkept", "environment": "staging" });
    let made = site
        .house
        .post("/v1/operator-keys", &body)
        .expect(201)
        .json();
    let bearer = format!("Bearer {}", text(&made["secret"]));
    let headers = [("authorization", bearer.as_str())];
    let path = format!(
        "/v1/organizations/{}/portal-tokens",
        site.hotel.organization
    );
    let link = request(site.house.address, "POST", &path, &headers, "")
        .expect(201)
        .json();
    let held = site.open(&text(&link["token"]));
    let page = site.get(&site.keys_page(), &held).expect(200);
    assert!(page.text.contains("Staging") && !page.text.contains("Production"));
    let (live, _) = site
        .house
        .key(site.hotel.environment("production"), "secret", "Live");
    let (test, _) = site
        .house
        .key(site.hotel.environment("staging"), "secret", "Test");
    site.get(&format!("/portal/keys/{live}"), &held).expect(404);
    site.get(&format!("/portal/keys/{test}"), &held).expect(200);
    let keepem = site.house.customer("keepem", "Acme").organization;
    let elsewhere = format!("/v1/organizations/{keepem}/portal-tokens");
    request(site.house.address, "POST", &elsewhere, &headers, "").expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_what_is_wrong_about_a_link_is_named() {
    let site = Site::new().await;
    for (body, pointer) in [
        (json!({ "abilities": ["keys:everything"] }), "/abilities/0"),
        (json!({ "origin": "http://shop.example" }), "/origin"),
        (json!({ "origin": "https://*.shop.example" }), "/origin"),
        (json!({ "origin": "https://shop.example/page" }), "/origin"),
        (json!({ "origin": "null" }), "/origin"),
        (json!({ "visitor": "ada@example.com" }), "/visitor"),
        (json!({ "visitor": "" }), "/visitor"),
        (json!({ "visitor": "a\nb" }), "/visitor"),
        (json!({ "lifetime_seconds": 59 }), "/lifetime_seconds"),
        (json!({ "lifetime_seconds": 43_201 }), "/lifetime_seconds"),
        (
            json!({ "theme": { "light": { "accent": "red" } } }),
            "/theme/light/accent",
        ),
        (
            json!({ "theme": { "light": { "text": "#dddddd" } } }),
            "/theme/light/text",
        ),
        (json!({ "theme": { "scheme": "blue" } }), "/theme/scheme"),
        (json!({ "theme": { "css": "body{}" } }), "/theme/css"),
    ] {
        let refused = site.ask(&body).expect(422);
        assert_eq!(
            refused.json()["errors"][0]["pointer"],
            pointer,
            "{body}: {}",
            refused.text
        );
    }
    for local in [
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:1",
    ] {
        site.ask(&json!({ "origin": local })).expect(201);
    }
    for token in ["", "x", "kcp_", "kcp_AAAA", &"k".repeat(4000)] {
        site.get(&format!("/portal?token={token}"), "").expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_takes_the_colours_of_the_page_around_it() {
    let site = Site::new().await;
    let theme = json!({ "theme": { "scheme": "light", "light": { "accent": "#1a4fd6" } } });
    let held = site.open(&site.link(&theme));
    let css = site.get("/portal/theme.css", &held).expect(200);
    assert_eq!(css.header("content-type"), Some("text/css"));
    assert!(css.text.contains("color-scheme:light") && css.text.contains("#1a4fd6"));
    assert_eq!(site.get("/portal/theme.css", "").expect(200).text, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_listener_has_the_portal_and_no_console() {
    let house = House::with(|settings| {
        settings.public_listen = Some(([127, 0, 0, 1], 0).into());
    });
    let house = house.await;
    let public = house.public_address().unwrap();
    let get = |path: &str| request(public, "GET", path, &[], "");
    get("/portal").expect(401);
    let script = get("/portal/v1/portal.js").expect(200);
    assert_eq!(script.header("access-control-allow-origin"), Some("*"));
    get("/console").expect(404);
    get("/console/sign-in").expect(404);
}
