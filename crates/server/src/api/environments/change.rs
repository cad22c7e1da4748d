//! `PATCH` and `DELETE /v1/environments/{environment}`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::view::{Changed, EnvironmentView};
use crate::api::{Answer, Call, Operation};
use crate::manage::{NodeChange, update_environment};
use crate::problem::Problem;

/// What shall change. The name decides the mode, so it stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeEnvironment")]
struct Body {
    /// `false` refuses every key in it until it is enabled again.
    #[serde(default)]
    enabled: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("changeEnvironment", "/v1/environments/{environment}")
        .needs("organizations:write")
        .says(
            "Disable or enable an environment",
            "Disabling is in force on every node when this answers, and `effective` proves it.",
        )
        .body::<Body>()
        .answers::<Changed<EnvironmentView>>(200, "The environment as it is now")
        .handled(|call| async move {
            let body: Body = call.json()?;
            change(
                &call,
                &NodeChange {
                    enabled: body.enabled,
                    ..Default::default()
                },
            )
            .await
        })
}

pub(super) fn delete() -> Operation {
    Operation::delete("deleteEnvironment", "/v1/environments/{environment}")
        .needs("organizations:write")
        .says(
            "Delete an environment",
            "Every key in it is dead when this answers.",
        )
        .answers::<Changed<EnvironmentView>>(200, "The environment as it was")
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
    let id = call.id("environment")?;
    let (row, effective) = update_environment(&call.work(), id, wanted).await?;
    Ok(Answer::ok(&Changed {
        thing: EnvironmentView::from(&row),
        effective,
    })
    .version(row.seq))
}
