//! `PATCH` and `DELETE /v1/organizations/{organization}`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::body::told;
use crate::api::view::{Changed, OrganizationView};
use crate::api::{Answer, Call, Operation};
use crate::manage::{OrganizationChange, update_organization};
use crate::problem::Problem;

/// What shall change; what is left out stays as it is, and `null` removes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeOrganization")]
struct Body {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// Your own id for it, unique in the product.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<String>")]
    external_id: Option<Option<String>>,
    /// Its plan; `null` is the product's first.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<String>")]
    plan: Option<Option<String>>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(default, deserialize_with = "told")]
    #[schemars(with = "Option<Map<String, Value>>")]
    metadata: Option<Option<Map<String, Value>>>,
    /// `false` suspends it: every key below is refused from then on.
    #[serde(default)]
    enabled: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("changeOrganization", "/v1/organizations/{organization}")
        .needs("organizations:write")
        .says(
            "Change, suspend or resume an organization",
            "Suspending is in force on every node when this answers, and `effective` proves it.",
        )
        .body::<Body>()
        .answers::<Changed<OrganizationView>>(200, "The organization as it is now")
        .handled(|call| async move {
            let body: Body = call.json()?;
            let wanted = OrganizationChange {
                name: body.name,
                external_id: body.external_id,
                plan: body.plan,
                metadata: body.metadata,
                enabled: body.enabled,
                delete: false,
            };
            change(&call, &wanted).await
        })
}

pub(super) fn delete() -> Operation {
    Operation::delete("deleteOrganization", "/v1/organizations/{organization}")
        .needs("organizations:write")
        .says(
            "Delete an organization",
            "Every key below is dead when this answers.",
        )
        .answers::<Changed<OrganizationView>>(200, "The organization as it was")
        .handled(|call| async move {
            let wanted = OrganizationChange {
                delete: true,
                ..Default::default()
            };
            change(&call, &wanted).await
        })
}

async fn change(call: &Call, wanted: &OrganizationChange) -> Result<Answer, Problem> {
    let id = call.id("organization")?;
    let (row, effective) = update_organization(&call.work(), id, wanted).await?;
    Ok(Answer::ok(&Changed {
        thing: OrganizationView::from(&row),
        effective,
    })
    .version(row.seq))
}
