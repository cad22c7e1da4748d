//! `GET /v1/organizations` and `GET /v1/organizations/{organization}`

use keystile_core::model::{Organization, Slug};
use keystile_store::{OrganizationFilter, Page as Part};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::call::cursor;
use crate::api::view::{Changed, OrganizationView, Page};
use crate::api::{Answer, Call, Operation};
use crate::manage::check_limit;
use crate::problem::Problem;

/// Which organizations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Of this product.
    product: Option<Slug>,
    /// That you call so.
    external_id: Option<String>,
    /// Whose name contains this, in any case.
    name: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) fn operation() -> Operation {
    Operation::get("listOrganizations", "/v1/organizations")
        .needs("organizations:read")
        .says("List organizations", "Newest first.")
        .query::<Filter>()
        .answers::<Page<OrganizationView>>(200, "A page of organizations")
        .handled(handle)
}

pub(super) fn show() -> Operation {
    Operation::get("getOrganization", "/v1/organizations/{organization}")
        .needs("organizations:read")
        .says("Show an organization", "")
        .answers::<Changed<OrganizationView>>(200, "The organization")
        .handled(|call| async move {
            let work = call.work();
            let row = work.organization(call.id("organization")?).await?;
            let effective = work.effective(row.narrowed_seq).await?;
            Ok(Answer::ok(&Changed {
                thing: OrganizationView::from(&row),
                effective,
            })
            .version(row.seq))
        })
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    call.work().must_be_the_operators()?;
    let filter: Filter = call.query()?;
    let limit = check_limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let mut wanted = OrganizationFilter {
        product: filter.product,
        external_id: filter.external_id,
        name: filter.name,
    };
    if let Some(own) = call.caller.product() {
        if wanted.product.as_ref().is_some_and(|asked| asked != own) {
            return Ok(Answer::ok(&Page::<OrganizationView> {
                data: Vec::new(),
                next_cursor: None,
            }));
        }
        wanted.product = Some(own.clone());
    }
    let asked_for_ours = wanted.product.as_ref().is_some_and(Slug::is_operator);
    let mut rows = call
        .app
        .store
        .organizations(
            wanted,
            Part {
                before,
                limit: limit + 1,
            },
        )
        .await?;
    rows.retain(|row| asked_for_ours || !row.product.is_operator());
    let page = Page::of(
        rows,
        limit,
        |row: &Organization| row.id.to_string(),
        |row| OrganizationView::from(&row),
    );
    Ok(Answer::ok(&page))
}
