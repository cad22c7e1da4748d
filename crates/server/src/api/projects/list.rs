//! `GET /v1/organizations/{organization}/projects` and `GET /v1/projects/{project}`

use keystile_core::model::{OrganizationId, Project};
use keystile_store::{Page as Part, ProjectFilter};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::call::cursor;
use crate::api::view::{Changed, Page, ProjectView};
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
    Operation::get("listProjects", "/v1/organizations/{organization}/projects")
        .needs("organizations:read")
        .says("List the projects of an organization", "Newest first.")
        .query::<Filter>()
        .answers::<Page<ProjectView>>(200, "A page of projects")
        .handled(handle)
}

pub(super) fn show() -> Operation {
    Operation::get("getProject", "/v1/projects/{project}")
        .needs("organizations:read")
        .says("Show a project", "")
        .answers::<Changed<ProjectView>>(200, "The project")
        .handled(|call| async move {
            let work = call.work();
            let (row, _) = work.project(call.id("project")?).await?;
            let effective = work.effective(row.narrowed_seq).await?;
            Ok(Answer::ok(&Changed {
                thing: ProjectView::from(&row),
                effective,
            })
            .version(row.seq))
        })
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let id: OrganizationId = call.id("organization")?;
    let organization = call.work().organization(id).await?;
    let filter: Filter = call.query()?;
    let limit = check_limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let wanted = ProjectFilter {
        organization: Some(organization.id),
        ..Default::default()
    };
    let rows = call
        .app
        .store
        .projects(
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
        |row: &Project| row.id.to_string(),
        |row| ProjectView::from(&row),
    );
    Ok(Answer::ok(&page))
}
