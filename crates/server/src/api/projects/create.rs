//! `POST /v1/organizations/{organization}/projects`

use keystile_core::model::ProjectId;
use keystile_store::{EnvironmentFilter, Page as Part};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::idempotency::Begun;
use crate::api::view::CreatedProject;
use crate::api::{Answer, Call, Operation};
use crate::manage::create_project;
use crate::problem::Problem;

/// What a new project shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateProject")]
struct Body {
    /// What people call it.
    #[schemars(length(min = 1, max = 100))]
    name: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("createProject", "/v1/organizations/{organization}/projects")
        .needs("organizations:write")
        .says(
            "Create a project",
            "It comes with the manifest's environments and their automatic keys.",
        )
        .body::<Body>()
        .answers::<CreatedProject>(201, "The new project")
        .creates()
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let organization = call.id("organization")?;
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat(&call, &id).await,
    };
    let made = create_project(&work, organization, &body.name).await?;
    Ok(Answer::created(&CreatedProject::of(&call.app, &made)))
}

async fn repeat(call: &Call, id: &str) -> Result<Answer, Problem> {
    let id: ProjectId = id.parse().map_err(|_| Problem::not_found("project"))?;
    let (project, _) = call.work().project(id).await?;
    let filter = EnvironmentFilter {
        project: Some(id),
        ..Default::default()
    };
    let rows = call
        .app
        .store
        .environments(
            filter,
            Part {
                before: None,
                limit: 100,
            },
        )
        .await?;
    let again = CreatedProject::again(&call.app, &project, &rows).await?;
    Ok(Answer::created(&again).replayed())
}
