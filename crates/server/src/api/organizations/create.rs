//! `POST /v1/organizations` and `PUT /v1/organizations/by-external-id/{product}/{external_id}`

use keystile_core::model::{OrganizationId, Slug};
use keystile_store::Reads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::idempotency::Begun;
use crate::api::view::{CreatedProject, OrganizationView};
use crate::api::{Answer, Call, Operation};
use crate::manage::{CreatedOrganization, NewOrganization, Work, check_named, create_organization};
use crate::problem::Problem;

/// What a new organization shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateOrganization")]
struct Body {
    /// The product it is a customer of.
    product: Slug,
    /// What people call it.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Your own id for it, unique in the product.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    external_id: Option<String>,
    /// Its plan; left out, the product's first.
    #[serde(default)]
    plan: Option<String>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// What a new organization shall be that is named by your own id.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateOrGetOrganization")]
struct NamedBody {
    /// What people call it; used only when it is created.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Its plan; used only when it is created.
    #[serde(default)]
    plan: Option<String>,
    /// A JSON object of yours; used only when it is created.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// An organization with what came automatically.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedOrganization")]
struct Created {
    organization: OrganizationView,
    /// The automatic project with its environments and keys; empty in products without one.
    projects: Vec<CreatedProject>,
}

/// An organization that is there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FoundOrganization")]
struct Known {
    organization: OrganizationView,
}

pub(super) fn operation() -> Operation {
    Operation::post("createOrganization", "/v1/organizations")
        .needs("organizations:write")
        .says(
            "Create an organization",
            "Where the manifest says so, it comes with a project, environments and keys; \
             their secrets are in this answer and nowhere else.",
        )
        .body::<Body>()
        .answers::<Created>(201, "The new organization")
        .creates()
        .handled(handle)
}

pub(super) fn or_get() -> Operation {
    let path = "/v1/organizations/by-external-id/{product}/{external_id}";
    Operation::put("createOrGetOrganization", path)
        .needs("organizations:write")
        .says(
            "Create an organization, or get the one with this external id",
            "An organization that is there already is left as it is.",
        )
        .body::<NamedBody>()
        .answers::<Known>(200, "The organization that was there")
        .answers::<Created>(201, "The new organization")
        .handled(handle_or_get)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat(&call, &id).await,
    };
    let new = NewOrganization {
        product: body.product,
        name: body.name,
        external_id: body.external_id,
        plan: body.plan,
        metadata: body.metadata,
    };
    Ok(created(&call, &create_organization(&work, &new).await?))
}

fn created(call: &Call, made: &CreatedOrganization) -> Answer {
    let projects = made
        .project
        .iter()
        .map(|project| CreatedProject::of(&call.app, project));
    let organization = (&made.organization).into();
    Answer::created(&Created {
        organization,
        projects: projects.collect(),
    })
}

/// A repeated create shows the organization as it is now, without any secret.
async fn repeat(call: &Call, id: &str) -> Result<Answer, Problem> {
    let id: OrganizationId = id.parse().map_err(|_| Problem::not_found("organization"))?;
    let organization = call.work().organization(id).await?;
    let answer = Created {
        organization: (&organization).into(),
        projects: Vec::new(),
    };
    Ok(Answer::created(&answer).replayed())
}

async fn handle_or_get(call: Call) -> Result<Answer, Problem> {
    let product: Slug = call.id("product")?;
    let external_id = call.text("external_id").to_owned();
    let body: NamedBody = call.json()?;
    let work = call.work();
    work.product(&product).await?;
    check_named(&external_id, &body.name, body.metadata.clone())?;
    if let Some(known) = find(&work, &product, &external_id).await? {
        return Ok(known);
    }
    let new = NewOrganization {
        product: product.clone(),
        name: body.name,
        external_id: Some(external_id.clone()),
        plan: body.plan,
        metadata: body.metadata,
    };
    match create_organization(&work, &new).await {
        Ok(made) => Ok(created(&call, &made)),
        // Somebody else was quicker: theirs is the one.
        Err(problem) if problem.code == "already_exists" => {
            find(&work, &product, &external_id).await?.ok_or(problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn find(
    work: &Work<'_>,
    product: &Slug,
    external_id: &str,
) -> Result<Option<Answer>, Problem> {
    let store: &dyn Reads = &*work.app.store;
    let found = store
        .organization_by_external_id(product, external_id)
        .await?;
    Ok(found.map(|row| {
        Answer::ok(&Known {
            organization: (&row).into(),
        })
    }))
}
