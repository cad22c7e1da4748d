//! The table of decisions that all implementations share, asked through the SDK.

use std::collections::HashMap;

use keystile_sdk::types::{
    ApplyManifestQuery, ChangeEnvironment, ChangeKey, ChangeOrganization, ChangeProject, CreateKey,
    CreateOrganization, CreatedOrganization, Kind, ModeFilter, RotateKey,
};
use keystile_sdk::{Client, Question};
use serde::Deserialize;

use crate::installation::{admin, vectors};
use crate::manage::tomorrow;

#[derive(Deserialize)]
struct Table {
    manifest: String,
    keys: Vec<Key>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    name: String,
    kind: Kind,
    environment: String,
    #[serde(default)]
    state: String,
    scopes: Option<Vec<String>>,
    allowed_origins: Option<Vec<String>>,
    allowed_ips: Option<Vec<String>>,
    expires_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: Option<String>,
    text: Option<Vec<String>>,
    environment: Option<String>,
    mode: Option<ModeFilter>,
    operation: Option<String>,
    scope: Option<Vec<String>>,
    authenticate_only: Option<bool>,
    origin: Option<String>,
    ip: Option<std::net::IpAddr>,
    code: String,
    missing_scope: Option<String>,
}

#[tokio::test]
async fn every_row_that_can_be_asked_has_its_code() {
    let admin = admin();
    let table: Table = vectors("decisions.json");
    let query = ApplyManifestQuery::new();
    let applied = admin.products().apply("table", table.manifest, query).await;
    applied.unwrap();
    let shared = world(&admin, "shared").await;
    let mut texts = HashMap::new();
    for row in &table.keys {
        // Nobody can wait for a key to expire, so that one state is left to the table's other
        // readers.
        if row.state == "expired" {
            continue;
        }
        // What happens to more than the key happens to a customer of its own.
        let own = match row.state.contains('_') {
            true => Some(world(&admin, &row.name).await),
            false => None,
        };
        let text = made(&admin, row, own.as_ref().unwrap_or(&shared)).await;
        texts.insert(row.name.clone(), text);
    }
    let (rows, questions): (Vec<_>, Vec<_>) = table
        .rows
        .iter()
        .filter_map(|row| Some((row, question(row, &texts)?)))
        .unzip();
    assert!(rows.len() >= table.rows.len() - 10, "{}", rows.len());
    let mut verdicts = Vec::new();
    for some in questions.chunks(100) {
        verdicts.extend(admin.verify_batch(some.to_vec()).await.unwrap());
    }
    assert_eq!(verdicts.len(), rows.len());
    for (row, verdict) in rows.into_iter().zip(verdicts) {
        let told = (verdict.code, verdict.missing_scope);
        assert_eq!(
            told,
            (row.code.clone(), row.missing_scope.clone()),
            "{row:?}"
        );
    }
}

async fn world(admin: &Client, name: &str) -> CreatedOrganization {
    let body = CreateOrganization::new("table", name);
    admin.organizations().create(body).await.unwrap()
}

/// What is asked of a row, unless its key cannot be had.
fn question(row: &Row, texts: &HashMap<String, String>) -> Option<Question> {
    let text = row.text.as_ref().map(|parts| parts.concat());
    let key = text.or_else(|| texts.get(row.key.as_ref()?).cloned())?;
    let mut question = match (&row.operation, &row.scope, row.authenticate_only) {
        (Some(operation), None, None) => Question::operation(key, operation),
        (None, Some(scopes), None) => Question::scopes(key, scopes),
        (None, None, Some(true)) => Question::authenticate_only(key),
        _ => panic!("{row:?}"),
    }
    .product("table");
    if let Some(environment) = &row.environment {
        question = question.environment(environment);
    }
    if let Some(mode) = &row.mode {
        question = question.mode(mode.clone());
    }
    if let Some(origin) = &row.origin {
        question = question.origin(origin);
    }
    if let Some(ip) = row.ip {
        question = question.ip(ip);
    }
    Some(question)
}

/// Makes a key and brings it into its state; its text.
async fn made(admin: &Client, row: &Key, place: &CreatedOrganization) -> String {
    let mut environments = place.projects[0].environments.iter();
    let environment = environments
        .find(|found| found.name == row.environment)
        .unwrap();
    let mut body = CreateKey::new(row.kind.clone(), &row.name);
    body.scopes = row.scopes.clone();
    body.allowed_origins = row.allowed_origins.clone();
    body.allowed_ips = row.allowed_ips.clone();
    body.expires_at = row.expires_at.map(|_| tomorrow());
    let made = admin.keys().create(&environment.id, body).await.unwrap();
    let project = &place.projects[0].project.id;
    bring(
        admin,
        &row.state,
        [
            &made.key.id,
            &environment.id,
            project,
            &place.organization.id,
        ],
    )
    .await;
    let secret = made.secret.map(|secret| secret.reveal().to_owned());
    secret.or(made.key.value).unwrap()
}

async fn bring(admin: &Client, state: &str, [key, environment, project, organization]: [&str; 4]) {
    let (keys, environments) = (admin.keys(), admin.environments());
    let (projects, organizations) = (admin.projects(), admin.organizations());
    let suspend = || organizations.update(organization, ChangeOrganization::new().enabled(false));
    let done = match state {
        "" => Ok(()),
        "revoked" => keys.revoke(key).await.map(drop),
        "deleted" => keys.delete(key).await.map(drop),
        "replaced" => keys.rotate(key, RotateKey::new()).await.map(drop),
        "retiring" => keys
            .rotate(key, RotateKey::new().grace_seconds(3600))
            .await
            .map(drop),
        "disabled" => keys
            .update(key, ChangeKey::new().enabled(false))
            .await
            .map(drop),
        "disabled_environment" => {
            let off = ChangeEnvironment::new().enabled(false);
            environments.update(environment, off).await.map(drop)
        }
        "disabled_project" => {
            let off = ChangeProject::new().enabled(false);
            projects.update(project, off).await.map(drop)
        }
        "deleted_environment" => environments.delete(environment).await.map(drop),
        "deleted_project" => projects.delete(project).await.map(drop),
        "deleted_organization" => organizations.delete(organization).await.map(drop),
        "suspended_organization" => suspend().await.map(drop),
        "revoked_and_suspended" => match keys.revoke(key).await {
            Ok(_) => suspend().await.map(drop),
            Err(error) => Err(error),
        },
        other => panic!("{other} is not known"),
    };
    done.unwrap();
}
