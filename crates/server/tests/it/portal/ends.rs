//! When links and portals end.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_once_and_within_five_minutes() {
    let site = Site::new().await;
    let link = site.link(&json!({}));
    let held = site.open(&link);
    let path = format!("/portal?token={link}");
    let again = site.get(&path, "").expect(401);
    assert!(
        again.text.contains("its link was used before"),
        "{}",
        again.text
    );
    // The one who has opened it may reload the page.
    assert_eq!(cookie(&site.get(&path, &held).expect(303)), held);
    let late = site.link(&json!({}));
    site.hands.move_by(5 * 60 * 1000);
    site.get(&format!("/portal?token={late}"), "").expect(401);
    site.get(&path, &held).expect(401);
    site.get(&site.keys_page(), &held).expect(200);
    assert_eq!(site.rows("portal.opened").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_closes_with_its_time_its_operator_key_and_its_organization() {
    let site = Site::new().await;
    let held = site.open(&site.link(&json!({ "lifetime_seconds": 60 })));
    site.hands.move_by(59_999);
    site.get(&site.keys_page(), &held).expect(200);
    site.hands.move_by(1);
    site.get(&site.keys_page(), &held).expect(401);

    let body = json!({ "name": "Portal", "product": "innkept",
                       "scopes": ["keys:read", "keys:write"] });
    let made = site
        .house
        .post("/v1/operator-keys", &body)
        .expect(201)
        .json();
    let bearer = format!("Bearer {}", text(&made["secret"]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!(
        "/v1/organizations/{}/portal-tokens",
        site.hotel.organization
    );
    let asked = |body: &Value| {
        request(
            site.house.address,
            "POST",
            &path,
            &headers,
            &body.to_string(),
        )
    };
    let link = |body: &Value| text(&asked(body).expect(201).json()["token"]);
    let (looking, revoking) = (
        site.open(&link(&json!({}))),
        site.open(&link(&json!({ "abilities": ["keys:revoke"] }))),
    );
    let unopened = link(&json!({}));
    site.get(&site.keys_page(), &looking).expect(200);
    // Less for the operator key is less for its guests, at once.
    let operator = format!("/v1/keys/{}", text(&made["key"]["id"]));
    site.house
        .patch(&operator, &json!({ "scopes": ["keys:read"] }))
        .expect(200);
    site.get(&site.keys_page(), &revoking).expect(401);
    site.get(&site.keys_page(), &looking).expect(200);
    let refused = asked(&json!({ "abilities": ["keys:revoke"] })).expect(403);
    assert_eq!(refused.code(), "insufficient_scope");
    site.house
        .post(&format!("{operator}/revoke"), &json!({}))
        .expect(200);
    site.get(&site.keys_page(), &looking).expect(401);
    site.get(&format!("/portal?token={unopened}"), "")
        .expect(401);

    let held = site.enter(&[]);
    let organization = format!("/v1/organizations/{}", site.hotel.organization);
    site.house
        .patch(&organization, &json!({ "enabled": false }))
        .expect(200);
    site.get(&site.keys_page(), &held).expect(401);
    site.house
        .patch(&organization, &json!({ "enabled": true }))
        .expect(200);
    site.get(&site.keys_page(), &held).expect(200);
    site.house.delete(&organization).expect(200);
    site.get(&site.keys_page(), &held).expect(401);
}
