//! `PATCH` and `DELETE /v1/projects/{project}`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::body::told;
use crate::api::view::{Changed, ProjectView};
use crate::api::{Answer, Call, Operation};
use crate::manage::{NodeChange, update_project};
use crate::problem::Problem;

/// What shall change; what is left out stays as it is, and `null` removes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeProject")]
struct Body {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Map<String, Value>>")]
    metadata: Option<Option<Map<String, Value>>>,
    /// `false` refuses every key below until it is enabled again.
    #[serde(default)]
    enabled: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("changeProject", "/v1/projects/{project}")
        .needs("organizations:write")
        .says(
            "Change, disable or enable a project",
            "Disabling is in force on every node when this answers, and `effective` proves it.",
        )
        .body::<Body>()
        .answers::<Changed<ProjectView>>(200, "The project as it is now")
        .handled(|call| async move {
            let body: Body = call.json()?;
            let (name, metadata, enabled) = (body.name, body.metadata, body.enabled);
            change(
                &call,
                &NodeChange {
                    name,
                    metadata,
                    enabled,
                    delete: false,
                },
            )
            .await
        })
}

pub(super) fn delete() -> Operation {
    Operation::delete("deleteProject", "/v1/projects/{project}")
        .needs("organizations:write")
        .says(
            "Delete a project",
            "Every key below is dead when this answers.",
        )
        .answers::<Changed<ProjectView>>(200, "The project as it was")
        .handled(|call| async move {
            change(
                &call,
                &NodeChange {
                    delete: true,
                    ..Default::default()
                },
            )
            .await
        })
}

async fn change(call: &Call, wanted: &NodeChange) -> Result<Answer, Problem> {
    let (row, effective) = update_project(&call.work(), call.id("project")?, wanted).await?;
    Ok(Answer::ok(&Changed {
        thing: ProjectView::from(&row),
        effective,
    })
    .version(row.seq))
}
