//! `POST /v1/projects/{project}/environments`

use keystile_core::model::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::idempotency::Begun;
use crate::api::view::EnvironmentWithKeys;
use crate::api::{Answer, Call, Operation};
use crate::manage::{NewEnvironment, create_environment};
use crate::problem::Problem;

/// What a new environment shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateEnvironment")]
struct Body {
    /// One of the manifest's, or, where customers may add their own, any other.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_-]{0,39}$"))]
    name: String,
}

/// An environment with its automatic keys.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedEnvironment")]
struct Created {
    environment: EnvironmentWithKeys,
}

pub(super) fn operation() -> Operation {
    Operation::post("createEnvironment", "/v1/projects/{project}/environments")
        .needs("organizations:write")
        .says(
            "Add an environment to a project",
            "It comes with its automatic keys.",
        )
        .body::<Body>()
        .answers::<Created>(201, "The new environment")
        .creates()
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let project = call.id("project")?;
    let body: Body = call.json()?;
    let work = match call.begin().await? {
        Begun::Anew(work) => work,
        Begun::Before(id) => return repeat(&call, &id).await,
    };
    let made = create_environment(&work, project, &NewEnvironment { name: body.name }).await?;
    let environment = EnvironmentWithKeys::of(&call.app, &made);
    Ok(Answer::created(&Created { environment }))
}

async fn repeat(call: &Call, id: &str) -> Result<Answer, Problem> {
    let id: EnvironmentId = id.parse().map_err(|_| Problem::not_found("environment"))?;
    let (row, _, _) = call.work().environment(id).await?;
    let environment = EnvironmentWithKeys::again(&call.app, &row).await?;
    Ok(Answer::created(&Created { environment }).replayed())
}
