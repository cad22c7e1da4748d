//! Every route, by everybody, about everything: generated from the table of routes.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use keystile_core::manifest::{System, starter};
use keystile_core::model::{
    Action, Member, MemberId, OrganizationId, PersonId, Personal, Record, Role,
};
use keystile_store::Write;
use serde_json::json;

use super::door::{Asked, answer};
use super::rights::may;
use super::routes::{Need, Route, routes};
use crate::api::Body;
use crate::app::{App, Caller};
use crate::manage::people::{self, NewPerson};
use crate::manage::{Request as Known, Work};
use crate::testing::{Hand, call, installed, settings};

mod grave;

/// An organization with everything that a path can name.
struct Named {
    organization: String,
    project: String,
    environment: String,
    key: String,
}

impl Named {
    async fn create(app: &Arc<App>, name: &str) -> Self {
        let body = json!({ "product": "innkept", "name": name }).to_string();
        let made = call(app, "POST", "/v1/organizations", &body).await;
        let organization = made["organization"]["id"].as_str().unwrap().to_owned();
        let project = &made["projects"][0];
        let environment = project["environments"][0]["id"].as_str().unwrap();
        let environment = environment.to_owned();
        let project = project["id"].as_str().or(project["project"]["id"].as_str());
        let project = project.unwrap().to_owned();
        let key = json!({ "kind": "secret", "name": "Server" }).to_string();
        let path = format!("/v1/environments/{environment}/keys");
        let key = call(app, "POST", &path, &key).await["key"]["id"].clone();
        Self {
            organization,
            project,
            environment,
            key: key.as_str().unwrap().to_owned(),
        }
    }

    /// The same form of ids, of things that were never there.
    fn missing() -> Self {
        let none = "01k9x7m2q8f4va1b2c3d4e5f6g";
        Self {
            organization: format!("org_{none}"),
            project: format!("prj_{none}"),
            environment: format!("env_{none}"),
            key: format!("key_{none}"),
        }
    }

    fn path(&self, route: &Route) -> String {
        let path = format!("/console{}", route.path);
        path.replace("{organization}", &self.organization)
            .replace("{project}", &self.project)
            .replace("{environment}", &self.environment)
            .replace("{key}", &self.key)
            .replace("{product}", "innkept")
            .replace("{session}", "ses_01k9x7m2q8f4va1b2c3d4e5f6g")
            .replace("{member}", "mem_01k9x7m2q8f4va1b2c3d4e5f6g")
            .replace("{invitation}", "inv_01k9x7m2q8f4va1b2c3d4e5f6g")
    }
}

async fn owner(app: &Arc<App>) -> (String, PersonId) {
    let caller = Caller::stranger();
    let work = Work::new(app, &caller, Known::default());
    let link = people::ensure_setup_link(app).await.unwrap().unwrap();
    let new = NewPerson {
        email: "owner@example.com".into(),
        name: "Owner".into(),
        password: "correct horse battery".into(),
    };
    let begun = people::accept(&work, link.reveal(), &new).await.unwrap();
    (begun.token.reveal().to_owned(), begun.session.person)
}

/// Gives whoever this is another role, in place of all that they have.
async fn becomes(app: &Arc<App>, person: PersonId, role: Option<(Option<OrganizationId>, Role)>) {
    let caller = Caller::system();
    let work = Work::new(app, &caller, Known::default());
    let mut change = work.change(Action::MemberChanged, json!({}));
    for member in app.store.members_of_person(person).await.unwrap() {
        if member.removed_at.is_none() {
            let replaces = member.seq;
            let record = Record::Member(Member {
                removed_at: Some(app.now()),
                ..member
            });
            change.writes.push(Write::Update { record, replaces });
        }
    }
    if let Some((organization, role)) = role {
        change.writes.push(Write::Insert(Record::Member(Member {
            id: MemberId::new(app.now(), rand(app)),
            person,
            organization,
            role,
            created_at: app.now(),
            created_by: "system".into(),
            removed_at: None,
            seq: 0,
        })));
    }
    work.commit(change).await.unwrap();
}

fn rand(app: &App) -> [u8; 10] {
    let mut bytes = [0; 10];
    app.random.fill(&mut bytes).unwrap();
    bytes
}

async fn ask(
    app: &Arc<App>,
    method: &Method,
    path: &str,
    token: Option<&str>,
    form: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(token) = token {
        request = request.header("cookie", format!("keystile={token}"));
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let name = app.request_ids.name(&parts.headers, app.now());
    let asked = Asked {
        parts,
        body: Ok(Bytes::from(form.to_owned())),
        personal: Personal::default(),
        request: name,
    };
    let reply = answer(app, asked).await;
    let status = reply.status();
    let body = match reply.into_body() {
        Body::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Body::Flowing(_) => String::new(),
    };
    (status, body)
}

/// What must be answered: not found where one has no role, forbidden where the role is too small,
/// anything else where it is not.
fn expected(route: &Route, role: Option<(Option<OrganizationId>, Role)>, own: bool) -> Option<u16> {
    let (ability, everywhere_only) = match route.need {
        Need::Nothing | Need::SignedIn => return None,
        Need::There(ability) => (ability, false),
        Need::Everywhere(ability) => (ability, true),
    };
    let Some((place, role)) = role else {
        return Some(404);
    };
    let is_everywhere = place.is_none();
    if !is_everywhere && (everywhere_only || !own) {
        return Some(404);
    }
    let allowed =
        may(role, false, ability) && !everywhere_only || is_everywhere && may(role, true, ability);
    (!allowed).then_some(403)
}

#[tokio::test]
async fn a11_a12_every_route_by_every_role_about_own_foreign_and_missing_things() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory.path().join("data"));
    let (app, background) = installed(settings, Hand::new()).await;
    call(
        &app,
        "PUT",
        "/v1/products/innkept",
        starter(Some(System::Innkept)),
    )
    .await;
    let (token, person) = owner(&app).await;
    let foreign = Named::create(&app, "Foreign").await;
    let missing = Named::missing();
    let mut tried = 0;
    for route in routes() {
        if route.path.contains("sign-")
            || route.path.contains("setup")
            || route.path.contains("reset")
            || route.path.contains("invitation")
        {
            continue;
        }
        // Nobody at all.
        let own = Named::create(&app, &format!("Own {tried}")).await;
        let (status, _) = ask(&app, &route.method, &own.path(&route), None, "").await;
        let away = if route.method == Method::GET {
            303
        } else {
            401
        };
        assert_eq!(
            status.as_u16(),
            away,
            "{} {} by nobody",
            route.method,
            route.path
        );
        let id: OrganizationId = own.organization.parse().unwrap();
        let roles = [Role::Viewer, Role::Developer, Role::Admin, Role::Owner];
        let places = [Some(id), None];
        let all = places
            .iter()
            .flat_map(|place| roles.map(|role| Some((*place, role))));
        for role in std::iter::once(None).chain(all) {
            becomes(&app, person, role).await;
            let mut not_there = Vec::new();
            for (named, is_own) in [(&foreign, false), (&missing, false), (&own, true)] {
                let path = named.path(&route);
                let somebody = Some(token.as_str());
                let (status, body) = ask(&app, &route.method, &path, somebody, "").await;
                let said = format!(
                    "{} {} with {role:?}, own: {is_own}",
                    route.method, route.path
                );
                assert!(!status.is_server_error(), "{said}: {status}");
                tried += 1;
                let names = ["{organization}", "{project}", "{environment}", "{key}"];
                let is_about_nothing = !names.iter().any(|name| route.path.contains(name));
                if std::ptr::eq(named, &raw const missing) && !is_about_nothing {
                    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
                    not_there.push(body);
                    continue;
                }
                match expected(&route, role, is_own || is_about_nothing) {
                    Some(wanted) => assert_eq!(status.as_u16(), wanted, "{said}"),
                    None => assert!(status != StatusCode::FORBIDDEN, "{said}: {status}"),
                }
                // Whoever is let in everywhere may know of it.
                let may_know = matches!(role, Some((None, _)));
                if !is_own && !may_know && status == StatusCode::NOT_FOUND && !is_about_nothing {
                    not_there.push(body);
                }
            }
            // What one may not know of is the same page as what never was.
            not_there.dedup();
            assert!(
                not_there.len() <= 1,
                "{} {}: {role:?}",
                route.method,
                route.path
            );
        }
    }
    assert!(tried > 900, "{tried}");
    background.end().await;
}
