//! What members of one organization reach: that one, and nothing of any other.

use keystile_core::manifest::{System, starter};
use keystile_core::model::{
    EnvironmentId, GrantId, KeyId, OrganizationId, PersonId, ProjectId, Slug,
};
use serde_json::{Value, json};

use super::*;
use crate::manage::{
    NewGrant, NewOrganization, OrganizationChange, create_grant, create_organization,
    create_project, update_organization, void_grant,
};
use crate::testing::call;

/// A customer of Datakeen, with everything below it.
pub(super) async fn organization(house: &House, name: &str) -> (Value, OrganizationId) {
    let manifest = starter(Some(System::Datakeen));
    call(&house.app, "PUT", "/v1/products/datakeen", manifest).await;
    let body = json!({ "product": "datakeen", "name": name }).to_string();
    let made = call(&house.app, "POST", "/v1/organizations", &body).await;
    let id = id(&made, "/organization/id");
    (made, id)
}

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(made: &Value, pointer: &str) -> T {
    made.pointer(pointer)
        .unwrap()
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Asked by somebody confined to an organization.
async fn as_member<T>(
    house: &House,
    organization: OrganizationId,
    ask: impl AsyncFnOnce(&Work<'_>) -> T,
) -> T {
    let caller = Caller::person(PersonId::from_u128(1), Some(organization), false);
    ask(&house.work(&caller)).await
}

fn told<T>(result: Result<T, impl Into<Problem>>) -> Vec<u8> {
    match result {
        Ok(_) => b"found".to_vec(),
        Err(problem) => problem.into().to_json("req"),
    }
}

/// What each kind of thing below an organization is told as: organization, project, environment,
/// key, grant.
async fn all_told(house: &House, asker: OrganizationId, of: &Things) -> [Vec<u8>; 6] {
    as_member(house, asker, async |work| {
        [
            told(work.organization(of.organization).await),
            told(work.project(of.project).await),
            told(work.environment(of.environment).await),
            told(work.key(of.key).await),
            told(work.grant(of.grant).await),
            told(work.account_owner(of.organization).await),
        ]
    })
    .await
}

struct Things {
    organization: OrganizationId,
    project: ProjectId,
    environment: EnvironmentId,
    key: KeyId,
    grant: GrantId,
}

impl Things {
    async fn of(house: &House, made: &Value) -> Self {
        let organization = id(made, "/organization/id");
        let path = format!("/v1/organizations/{organization}/grants");
        let grants = call(&house.app, "GET", &path, "").await;
        Self {
            organization,
            project: id(made, "/projects/0/project/id"),
            environment: id(made, "/projects/0/environments/0/id"),
            key: id(made, "/projects/0/environments/0/keys/0/id"),
            grant: id(&grants, "/data/0/id"),
        }
    }
}

#[tokio::test]
async fn a11_what_belongs_to_another_organization_is_told_as_missing() {
    let house = House::open().await;
    let (mine, own) = organization(&house, "Paperboat").await;
    let (theirs, _) = organization(&house, "Fernwood").await;
    let (mine, theirs) = (
        Things::of(&house, &mine).await,
        Things::of(&house, &theirs).await,
    );
    let found = all_told(&house, own, &mine).await;
    assert!(found.iter().all(|told| told == b"found"));
    let nothing = Things {
        organization: OrganizationId::from_u128(7),
        project: ProjectId::from_u128(7),
        environment: EnvironmentId::from_u128(7),
        key: KeyId::from_u128(7),
        grant: GrantId::from_u128(7),
    };
    let missing = all_told(&house, own, &nothing).await;
    assert_eq!(all_told(&house, own, &theirs).await, missing);
    assert!(missing.iter().all(|told| told != b"found"));
    // Strangers reach nothing at all.
    let nobody = OrganizationId::from_u128(0);
    assert_eq!(all_told(&house, nobody, &mine).await, missing);
}

#[tokio::test]
async fn a12_what_is_the_operators_is_not_for_members_of_an_organization() {
    let house = House::open().await;
    let (made, own) = organization(&house, "Paperboat").await;
    let things = Things::of(&house, &made).await;
    let datakeen: Slug = "datakeen".parse().unwrap();
    let grant = NewGrant {
        mode: keystile_core::model::Mode::Live,
        amount: 1000,
        reason: "for nothing".into(),
        expires_at: None,
    };
    let another = NewOrganization {
        product: datakeen.clone(),
        name: "Another".into(),
        external_id: None,
        plan: None,
        metadata: None,
    };
    let plan = OrganizationChange {
        plan: Some(None),
        ..OrganizationChange::default()
    };
    let deleted = OrganizationChange {
        delete: true,
        ..OrganizationChange::default()
    };
    let renamed = OrganizationChange {
        name: Some("Paper Boat".into()),
        ..OrganizationChange::default()
    };
    as_member(&house, own, async |work| {
        let refused = [
            code(create_grant(work, own, &grant).await),
            code(void_grant(work, things.grant).await),
            code(create_organization(work, &another).await),
            code(update_organization(work, own, &plan).await),
            code(update_organization(work, own, &deleted).await),
            code(work.must_be_unbound()),
        ];
        assert_eq!(refused, ["outside_binding"; 6]);
        update_organization(work, own, &renamed).await.unwrap();
        create_project(work, own, "More").await.unwrap();
        assert_eq!(told(work.product(&datakeen).await), b"found");
        let ours = told(work.product(&Slug::operator()).await);
        let missing = told(work.product(&"missing".parse().unwrap()).await);
        assert_eq!(ours, missing);
    })
    .await;
}

#[tokio::test]
async fn a11_the_operators_own_organization_is_no_place_for_members() {
    let house = House::open().await;
    let filter = keystile_store::OrganizationFilter {
        product: Some(Slug::operator()),
        ..Default::default()
    };
    let page = keystile_store::Page {
        before: None,
        limit: 1,
    };
    let ours = house.app.store.organizations(filter, page).await.unwrap();
    as_member(&house, ours[0].id, async |work| {
        assert_eq!(
            code(work.organization(ours[0].id).await.map_err(Problem::from)),
            "not_found"
        );
    })
    .await;
}
