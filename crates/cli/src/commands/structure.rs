//! Products, organizations, projects and environments.

use serde_json::{Value, json};

use crate::args::{Apply, Environments, Organizations, Products, Projects};
use crate::call::{Keystile, encoded, query};
use crate::output::{self, Failed, Form, fields, good, heading, line, table};

const ORGANIZATION: [(&str, &str); 7] = [
    ("id", "/id"),
    ("name", "/name"),
    ("product", "/product"),
    ("external id", "/external_id"),
    ("plan", "/plan"),
    ("enabled", "/enabled"),
    ("created", "/created_at"),
];
const PROJECT: [(&str, &str); 5] = [
    ("id", "/id"),
    ("name", "/name"),
    ("organization", "/organization"),
    ("enabled", "/enabled"),
    ("created", "/created_at"),
];
const ENVIRONMENT: [(&str, &str); 5] = [
    ("id", "/id"),
    ("name", "/name"),
    ("mode", "/mode"),
    ("enabled", "/enabled"),
    ("created", "/created_at"),
];

/// Applies a manifest.
pub(super) async fn apply(keystile: &Keystile, apply: &Apply, form: Form) -> Result<(), Failed> {
    let name = apply.file.display();
    let text = std::fs::read_to_string(&apply.file)
        .map_err(|why| Failed::new(format!("{name}: {why}")))?;
    let manifest = keystile_core::manifest::Manifest::from_toml(&text)
        .map_err(|why| Failed::new(format!("{name}:\n{why}")))?;
    let slug = encoded(&manifest.product.slug);
    let dry_run = if apply.dry_run { "?dry_run=true" } else { "" };
    let answer = keystile
        .put_toml(&format!("/v1/products/{slug}{dry_run}"), text)
        .await?;
    if form.told(&answer) {
        return Ok(());
    }
    let changes = answer["changes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if changes.is_empty() {
        line(&format!("{slug} is as {name} says; nothing changed"));
        return Ok(());
    }
    let is_new = changes.iter().any(|change| change["pointer"] == "");
    let columns = [
        ("where", "/pointer"),
        ("before", "/before"),
        ("after", "/after"),
        ("effect", "/effect"),
    ];
    if is_new {
        line(&format!("{slug} is a new product"));
    } else {
        table(changes, &columns);
    }
    match apply.dry_run {
        true => line("nothing was changed, because of --dry-run"),
        false => good(&format!("applied {name} to {slug}")),
    }
    if let Some(count) = answer["destroyed_secrets"].as_u64() {
        let done = if apply.dry_run { "would be" } else { "were" };
        line(&format!(
            "{count} sealed secrets {done} destroyed: secrets of {slug} are shown once"
        ));
    }
    output::effective(&answer["effective"]);
    Ok(())
}

/// Products.
pub(super) async fn products(
    keystile: &Keystile,
    what: Products,
    form: Form,
) -> Result<(), Failed> {
    match what {
        Products::List => {
            let columns = [
                ("product", "/slug"),
                ("created", "/created_at"),
                ("changed", "/updated_at"),
            ];
            list(&keystile.get("/v1/products").await?, &columns, form);
        }
        Products::Show { product } => {
            let answer = keystile
                .get(&format!("/v1/products/{}", encoded(&product)))
                .await?;
            if !form.told(&answer) {
                line(answer["manifest"].as_str().unwrap_or_default().trim_end());
            }
        }
    }
    Ok(())
}

/// Organizations.
pub(super) async fn organizations(
    keystile: &Keystile,
    what: Organizations,
    form: Form,
) -> Result<(), Failed> {
    let one = |id: &str| format!("/v1/organizations/{}", encoded(id));
    let answer = match what {
        Organizations::List {
            product,
            external_id,
        } => {
            let asked = [
                ("product", product.as_deref()),
                ("external_id", external_id.as_deref()),
                ("limit", Some("100")),
            ];
            let answer = keystile
                .get(&format!("/v1/organizations{}", query(&asked)))
                .await?;
            list(&answer, &ORGANIZATION, form);
            return Ok(());
        }
        Organizations::Create {
            product,
            name,
            external_id,
            plan,
        } => {
            let body = json!({
                "product": product, "name": name, "external_id": external_id, "plan": plan,
            });
            let answer = keystile.post("/v1/organizations", body).await?;
            if form.told(&answer) {
                return Ok(());
            }
            fields(&answer["organization"], &ORGANIZATION);
            for project in answer["projects"].as_array().into_iter().flatten() {
                created_project(project);
            }
            return Ok(());
        }
        Organizations::Show { organization } => keystile.get(&one(&organization)).await?,
        Organizations::Suspend { organization } => {
            keystile
                .patch(&one(&organization), json!({ "enabled": false }))
                .await?
        }
        Organizations::Resume { organization } => {
            keystile
                .patch(&one(&organization), json!({ "enabled": true }))
                .await?
        }
        Organizations::Delete { organization } => keystile.delete(&one(&organization)).await?,
    };
    show(&answer, &ORGANIZATION, form);
    Ok(())
}

/// Projects.
pub(super) async fn projects(
    keystile: &Keystile,
    what: Projects,
    form: Form,
) -> Result<(), Failed> {
    let of = |id: &str| format!("/v1/organizations/{}/projects", encoded(id));
    let one = |id: &str| format!("/v1/projects/{}", encoded(id));
    match what {
        Projects::List { organization } => {
            list(&keystile.get(&of(&organization)).await?, &PROJECT, form);
        }
        Projects::Create { organization, name } => {
            let answer = keystile
                .post(&of(&organization), json!({ "name": name }))
                .await?;
            if !form.told(&answer) {
                created_project(&answer);
            }
        }
        Projects::Show { project } => show(&keystile.get(&one(&project)).await?, &PROJECT, form),
        Projects::Delete { project } => {
            show(&keystile.delete(&one(&project)).await?, &PROJECT, form);
        }
    }
    Ok(())
}

/// Environments.
pub(super) async fn environments(
    keystile: &Keystile,
    what: Environments,
    form: Form,
) -> Result<(), Failed> {
    let of = |id: &str| format!("/v1/projects/{}/environments", encoded(id));
    let one = |id: &str| format!("/v1/environments/{}", encoded(id));
    let answer = match what {
        Environments::List { project } => {
            list(&keystile.get(&of(&project)).await?, &ENVIRONMENT, form);
            return Ok(());
        }
        Environments::Create { project, name } => {
            let answer = keystile
                .post(&of(&project), json!({ "name": name }))
                .await?;
            if !form.told(&answer) {
                created_environment(&answer["environment"]);
            }
            return Ok(());
        }
        Environments::Show { environment } => keystile.get(&one(&environment)).await?,
        Environments::Disable { environment } => {
            keystile
                .patch(&one(&environment), json!({ "enabled": false }))
                .await?
        }
        Environments::Enable { environment } => {
            keystile
                .patch(&one(&environment), json!({ "enabled": true }))
                .await?
        }
        Environments::Delete { environment } => keystile.delete(&one(&environment)).await?,
    };
    show(&answer, &ENVIRONMENT, form);
    Ok(())
}

fn created_project(created: &Value) {
    heading(&format!(
        "project {}",
        output::text_of(&created["project"]["name"])
    ));
    fields(&created["project"], &PROJECT[..1]);
    for environment in created["environments"].as_array().into_iter().flatten() {
        created_environment(environment);
    }
}

fn created_environment(environment: &Value) {
    line("");
    heading(&format!(
        "environment {}",
        output::text_of(&environment["name"])
    ));
    fields(environment, &[("id", "/id"), ("mode", "/mode")]);
    for key in environment["keys"].as_array().into_iter().flatten() {
        fields(
            key,
            &[("key", "/id"), ("name", "/name"), ("value", "/value")],
        );
        super::keys::secret_once(key["secret"].as_str());
    }
}

fn list(answer: &Value, columns: &[(&str, &str)], form: Form) {
    if form.told(answer) {
        return;
    }
    table(
        answer["data"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default(),
        columns,
    );
    if answer["next_cursor"].is_string() {
        line("there are more; narrow the list down, or page through it with --json and the API");
    }
}

fn show(answer: &Value, columns: &[(&str, &str)], form: Form) {
    if form.told(answer) {
        return;
    }
    fields(answer, columns);
    output::effective(&answer["effective"]);
}
