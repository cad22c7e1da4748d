//! `GET /v1/keys` and `GET /v1/environments/{environment}/keys`

use keystile_core::model::{EnvironmentId, Key, KeyState, Kind, OrganizationId, ProjectId, Slug};
use keystile_store::{IdleRule, KeyFilter, Page as Part};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::call::cursor;
use crate::api::key_view::{KeyView, idle_rules};
use crate::api::view::Page;
use crate::api::{Answer, Call, Operation};
use crate::manage::check_limit;
use crate::problem::Problem;

/// Which keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Of this product.
    product: Option<Slug>,
    /// Of this organization.
    organization: Option<OrganizationId>,
    /// Of the organization that you call so.
    external_id: Option<String>,
    /// Of this project.
    project: Option<ProjectId>,
    /// In this environment.
    environment: Option<EnvironmentId>,
    /// Of this kind.
    kind: Option<Kind>,
    /// In this state now.
    status: Option<KeyState>,
    /// Whose name contains this, in any case.
    name: Option<String>,
    /// `true`: only secret keys that came from a web page and are not revoked yet.
    exposed: Option<bool>,
    /// `true`: only keys with an old value that still works, because they were rotated with grace.
    retiring: Option<bool>,
    /// `true`: only working keys that were not used for as long as the manifest's `idle_after`
    /// says.
    idle: Option<bool>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) fn operation() -> Operation {
    Operation::get("listKeys", "/v1/keys")
        .needs("keys:read")
        .says("List keys", "Newest first; deleted keys are not listed.")
        .query::<Filter>()
        .answers::<Page<KeyView>>(200, "A page of keys")
        .handled(|call| async move {
            call.work().must_be_the_operators()?;
            list(&call, call.query()?).await
        })
}

pub(super) fn operation_in_environment() -> Operation {
    Operation::get("listEnvironmentKeys", "/v1/environments/{environment}/keys")
        .needs("keys:read")
        .says(
            "List the keys of an environment",
            "Newest first; deleted keys are not listed.",
        )
        .query::<Filter>()
        .answers::<Page<KeyView>>(200, "A page of keys")
        .handled(|call| async move {
            let id: EnvironmentId = call.id("environment")?;
            call.work().environment(id).await.map_err(Problem::from)?;
            let filter: Filter = call.query()?;
            list(
                &call,
                Filter {
                    environment: Some(id),
                    ..filter
                },
            )
            .await
        })
}

async fn list(call: &Call, filter: Filter) -> Result<Answer, Problem> {
    let limit = check_limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let reach = call.caller.product();
    let product = match (reach, filter.product) {
        (Some(own), Some(asked)) if *own != asked => {
            return Ok(Answer::ok(&Page::<KeyView> {
                data: Vec::new(),
                next_cursor: None,
            }));
        }
        (own, asked) => asked.or_else(|| own.cloned()),
    };
    let filter = KeyFilter {
        product,
        environment_name: call.caller.environment().map(str::to_owned),
        organization: filter.organization,
        external_id: filter.external_id,
        project: filter.project,
        environment: filter.environment,
        kind: filter.kind,
        living: None,
        state: filter.status,
        name: filter.name,
        exposed: filter.exposed.unwrap_or(false),
        retiring: filter.retiring.unwrap_or(false),
        idle: filter
            .idle
            .unwrap_or(false)
            .then(|| idle_rules_of_all(call)),
    };
    if filter.idle.is_some() {
        // What was used a moment ago is not idle.
        call.app.write_uses().await;
    }
    let rows = call
        .app
        .store
        .keys(
            filter,
            Part {
                before,
                limit: limit + 1,
            },
        )
        .await?;
    let page = Page::of(rows, limit, |key: &Key| key.id.to_string(), |key| key);
    Ok(Answer::ok(&Page {
        data: KeyView::all(&call.app, &page.data).await?,
        next_cursor: page.next_cursor,
    }))
}

/// What idle means, by product and kind.
fn idle_rules_of_all(call: &Call) -> Vec<IdleRule> {
    let products = call.app.engine.index().products();
    let rules = products
        .iter()
        .map(|product| idle_rules(product, call.app.now()));
    rules.flatten().collect()
}
