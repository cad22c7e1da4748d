//! `GET /v1/projects/{project}/environments` and `GET /v1/environments/{environment}`

use keystile_core::model::{Environment, ProjectId};
use keystile_store::{EnvironmentFilter, Page as Part};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::call::cursor;
use crate::api::view::{Changed, EnvironmentView, Page};
use crate::api::{Answer, Call, Operation};
use crate::manage::check_limit;
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) fn operation() -> Operation {
    Operation::get("listEnvironments", "/v1/projects/{project}/environments")
        .needs("organizations:read")
        .says("List the environments of a project", "Newest first.")
        .query::<Filter>()
        .answers::<Page<EnvironmentView>>(200, "A page of environments")
        .handled(handle)
}

pub(super) fn show() -> Operation {
    Operation::get("getEnvironment", "/v1/environments/{environment}")
        .needs("organizations:read")
        .says("Show an environment", "")
        .answers::<Changed<EnvironmentView>>(200, "The environment")
        .handled(|call| async move {
            let work = call.work();
            let (row, _, _) = work.environment(call.id("environment")?).await?;
            let effective = work.effective(row.narrowed_seq).await?;
            let thing = EnvironmentView::from(&row);
            Ok(Answer::ok(&Changed { thing, effective }).version(row.seq))
        })
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id: ProjectId = call.id("project")?;
    let (project, _) = call.work().project(id).await?;
    let filter: Filter = call.query()?;
    let limit = check_limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let wanted = EnvironmentFilter {
        project: Some(project.id),
        ..Default::default()
    };
    let rows = call
        .app
        .store
        .environments(
            wanted,
            Part {
                before,
                limit: limit + 1,
            },
        )
        .await?;
    let page = Page::of(
        rows,
        limit,
        |row: &Environment| row.id.to_string(),
        |row| EnvironmentView::from(&row),
    );
    Ok(Answer::ok(&page))
}
