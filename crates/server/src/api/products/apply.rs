//! `PUT /v1/products/{product}`

use keystile_core::manifest::{Change as Difference, Manifest};
use keystile_core::model::{Effective, Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::ProductView;
use crate::api::body::{Media, json, media};
use crate::api::{Answer, Call, Operation};
use crate::manage::{apply_manifest, invalid_manifest};
use crate::problem::Problem;

/// How to apply.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// `true` only shows what would change.
    dry_run: Option<bool>,
}

/// What applying a manifest did, or would do.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AppliedManifest")]
struct Applied {
    product: ProductView,
    /// Empty when it is the manifest that is in force already.
    changes: Vec<Difference>,
    /// Whether nothing was written, because that was asked for.
    dry_run: bool,
    /// Present when the change may have taken rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<Effective>,
    /// How many sealed secrets were destroyed, or would be, because the product's secrets are not
    /// recoverable any more. When this answers, none is left.
    #[serde(skip_serializing_if = "is_none")]
    #[schemars(default)]
    destroyed_secrets: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

pub(super) fn operation() -> Operation {
    Operation::put("applyManifest", "/v1/products/{product}")
        .needs("products:write")
        .says(
            "Apply a product's manifest",
            "As JSON or as TOML (`application/toml`). Applying the same again changes nothing.",
        )
        .query::<Query>()
        .body::<Manifest>()
        .or_toml()
        .answers::<Applied>(200, "What changed, or would change")
        .answers::<Applied>(201, "The new product")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let query: Query = call.query()?;
    let slug: Slug =
        call.text("product")
            .parse()
            .map_err(|why: keystile_core::model::SlugError| {
                Problem::field("/product/slug", why.to_string())
            })?;
    let manifest = manifest(&call)?;
    let dry_run = query.dry_run.unwrap_or(false);
    let done = apply_manifest(&call.work(), &slug, &manifest, dry_run).await?;
    let created = done.created && !dry_run;
    let applied = Applied {
        product: ProductView::of(&done.product),
        changes: done.changes,
        dry_run,
        effective: done.effective,
        destroyed_secrets: done.destroyed_secrets,
    };
    Ok(if created {
        Answer::created(&applied)
    } else {
        Answer::ok(&applied)
    })
}

fn manifest(call: &Call) -> Result<Manifest, Problem> {
    let read = match media(&call.headers)? {
        Media::Json => Manifest::from_value(json(&call.body)?),
        Media::Toml => {
            let text = std::str::from_utf8(&call.body);
            Manifest::from_toml(text.map_err(|_| Problem::bad_request("the body is not UTF-8"))?)
        }
    };
    read.map_err(|problems| invalid_manifest(&problems))
}
