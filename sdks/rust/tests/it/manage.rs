//! Managing, to a real Keystile.

use std::time::Duration;

use keystile_sdk::types::{
    Actor, ApplyManifestQuery, ChangeKey, ChangeOrganization, CreateGrant, CreateKey,
    CreateOrganization, CreateProject, KeyState, Kind, ListAuditQuery, ListKeysQuery,
    ListLedgerQuery, ListOrganizationsQuery, Mode, RateLimit, RotateKey,
};
use keystile_sdk::{Error, Patch, Timestamp};
use serde_json::{Map, json};

use crate::fake::{nobody, with};
use crate::installation::{admin, apply};

/// A time from now on.
#[expect(
    clippy::disallowed_methods,
    reason = "the server goes by the same clock"
)]
pub(crate) fn tomorrow() -> Timestamp {
    let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap();
    now + Duration::from_secs(86_400)
}

#[tokio::test]
async fn a_key_is_created_rotated_revoked_and_deleted() {
    apply("bkend").await;
    let (admin, keys) = (admin(), admin().keys());
    let body = CreateOrganization::new("bkend", "Paperboat Labs").external_id("paperboat");
    let created = admin.organizations().create(body).await.unwrap();
    let body = CreateProject::new("Regatta");
    let project = admin
        .projects()
        .create(&created.organization.id, body)
        .await
        .unwrap();
    let metadata = Map::from_iter([("secret".to_owned(), json!("a word"))]);
    let body = CreateKey::new(Kind::Secret, "API server").metadata(metadata);
    let made = keys
        .create(&project.environments[0].id, body)
        .await
        .unwrap();
    let id = made.key.id.as_str();
    assert!(made.secret.unwrap().reveal().starts_with("sk_live_"));
    assert_eq!(made.key.metadata.unwrap()["secret"], "a word");

    let limit = RateLimit::new(5, 1);
    let limited = keys
        .update(id, ChangeKey::new().rate_limit(limit))
        .await
        .unwrap();
    assert_eq!(limited.rate_limit.unwrap().limit, 5);
    let renamed = keys
        .update(id, ChangeKey::new().name("Server"))
        .await
        .unwrap();
    assert_eq!(
        renamed.rate_limit.unwrap().limit,
        5,
        "what is left out stays"
    );
    let freed = keys
        .update(id, ChangeKey::new().rate_limit(Patch::Null))
        .await
        .unwrap();
    assert!(freed.rate_limit.is_none());

    let rotated = keys
        .rotate(id, RotateKey::new().grace_seconds(60))
        .await
        .unwrap();
    let effective = keys.revoke(id).await.unwrap().effective;
    assert_eq!(effective.confirmed + effective.lapsed, effective.nodes);
    assert_eq!(keys.get(id).await.unwrap().status, KeyState::Revoked);
    keys.delete(id).await.unwrap();
    let dead = admin.own_key().get(rotated.secret.unwrap().reveal()).await;
    assert_eq!(dead.unwrap_err().api().unwrap().status, 401);
}

#[tokio::test]
async fn lists_are_walked_page_by_page() {
    apply("innkept").await;
    let organizations = admin().organizations();
    for name in ["a", "b", "c", "d", "e"] {
        let body = CreateOrganization::new("innkept", name);
        organizations.create(body).await.unwrap();
    }
    let query = || ListOrganizationsQuery::new().product("innkept").limit(2);
    let first = organizations.list(query()).first().await.unwrap();
    assert!(first.data.len() == 2 && first.next_cursor.is_some());
    let mut walk = organizations.list(query());
    let mut names = Vec::new();
    while let Some(organization) = walk.try_next().await.unwrap() {
        names.push(organization.name);
    }
    assert!(walk.try_next().await.unwrap().is_none());
    let all = organizations.list(query()).all().await.unwrap();
    assert_eq!(all.len(), names.len());
    names.sort();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let lost = with(&nobody())
        .keys()
        .list(ListKeysQuery::new())
        .all()
        .await;
    assert!(matches!(lost, Err(Error::Connection { .. })));
}

#[tokio::test]
async fn a_creating_call_that_is_repeated_creates_once() {
    apply("keepem").await;
    let organizations = admin().organizations();
    let create = async || {
        let body = CreateOrganization::new("keepem", "Riverside");
        let created = organizations.create(body).idempotency_key("once").await;
        created.unwrap().organization.id
    };
    assert_eq!(create().await, create().await);
}

#[tokio::test]
async fn ids_cannot_lead_to_another_path() {
    let keys = admin().keys();
    for id in ["", ".", ".."] {
        assert!(
            matches!(keys.get(id).await, Err(Error::Configuration(_))),
            "{id}"
        );
    }
    let error = keys.get("../organizations?x").await.unwrap_err();
    assert_eq!(error.api().unwrap().status, 404);
}

#[tokio::test]
async fn a_manifest_is_applied_as_toml_as_json_and_as_a_dry_run() {
    let manifest = json!({
        "product": { "slug": "letters", "name": "Letters" },
        "environments": [{ "name": "production" }],
        "keys": { "secret": {} },
        "scopes": [{ "name": "read" }],
    });
    let products = admin().products();
    let apply = async |manifest: String, dry| {
        let query = ApplyManifestQuery::new().dry_run(dry);
        products.apply("letters", manifest, query).await.unwrap()
    };
    assert!(apply(manifest.to_string(), true).await.dry_run);
    assert!(products.get("letters").await.is_err());
    assert!(!apply(manifest.to_string(), false).await.dry_run);
    let toml = products.get("letters").await.unwrap().manifest;
    assert!(apply(toml, false).await.changes.is_empty());
}

#[tokio::test]
async fn credits_are_granted_and_listed() {
    let (admin, credits) = (admin(), admin().credits());
    crate::installation::shared();
    let body = CreateOrganization::new("datakeen", "Northbank");
    let organization = admin
        .organizations()
        .create(body)
        .await
        .unwrap()
        .organization
        .id;
    let body = CreateGrant::new(Mode::Live, 5, "invoice 17").expires_at(tomorrow());
    let granted = credits
        .create_grant(&organization, body)
        .await
        .unwrap()
        .grant;
    assert_eq!(credits.get(&organization).await.unwrap().live.remaining, 5);
    let query = ListLedgerQuery::new().mode(Mode::Live);
    let ledger = credits
        .list_ledger(&organization, query)
        .all()
        .await
        .unwrap();
    assert_eq!(ledger.len(), 1);
    let voided = credits.void_grant(&granted.id).await.unwrap().grant;
    assert_eq!(voided.remaining, 0);
    let query = ListAuditQuery::new().organization(&organization);
    let audit = admin.installation().list_audit(query).all().await.unwrap();
    assert!(audit.len() >= 3);
    for entry in audit {
        let is_ours = matches!(entry.actor, Actor::OperatorKey { .. });
        assert!(is_ours && !entry.action.is_empty());
    }
}

#[tokio::test]
async fn the_holder_of_a_key_is_told_of_it_and_can_end_it() {
    apply("bkend").await;
    let admin = admin();
    let body = CreateOrganization::new("bkend", "Holder");
    let created = admin
        .organizations()
        .create(body)
        .await
        .unwrap()
        .organization;
    let project = admin
        .projects()
        .create(&created.id, CreateProject::new("P"))
        .await
        .unwrap();
    let body = CreateKey::new(Kind::Secret, "Server");
    let made = admin
        .keys()
        .create(&project.environments[0].id, body)
        .await
        .unwrap();
    let key = made.secret.unwrap();
    let own = admin.own_key();
    assert_eq!(own.get(key.reveal()).await.unwrap().kind, Kind::Secret);
    own.revoke(key.reveal()).await.unwrap();
    assert_eq!(
        own.get(key.reveal()).await.unwrap_err().api().unwrap().code,
        "revoked_key"
    );
    let off = ChangeOrganization::new().enabled(false);
    let changed = admin
        .organizations()
        .update(&created.id, off)
        .await
        .unwrap();
    assert!(!changed.enabled);
}
