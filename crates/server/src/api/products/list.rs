//! `GET /v1/products` and `GET /v1/products/{product}`

use keystile_core::model::{Product, Slug, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::view::Page;
use crate::api::{Answer, Operation};
use crate::problem::Problem;

/// A product with its manifest.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub(super) struct ProductView {
    slug: Slug,
    /// The manifest as TOML.
    manifest: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ProductView {
    pub(super) fn of(row: &Product) -> Self {
        Self {
            slug: row.slug.clone(),
            manifest: row.manifest.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("listProducts", "/v1/products")
        .needs("products:read")
        .says("List products", "All of them, by slug.")
        .answers::<Page<ProductView>>(200, "The products")
        .handled(|call| async move {
            call.work().must_be_the_operators()?;
            let rows = call.app.store.products().await?;
            let known = rows.iter().filter(|row| call.caller.reaches(&row.slug));
            let data = known
                .filter(|row| !row.slug.is_operator())
                .map(ProductView::of)
                .collect();
            Ok(Answer::ok(&Page {
                data,
                next_cursor: None,
            }))
        })
}

pub(super) fn show() -> Operation {
    Operation::get("getProduct", "/v1/products/{product}")
        .needs("products:read")
        .says("Show a product with its manifest", "")
        .answers::<ProductView>(200, "The product")
        .handled(|call| async move {
            let slug: Slug = call.id("product")?;
            let row = call.work().product(&slug).await.map_err(Problem::from)?;
            Ok(Answer::ok(&ProductView::of(&row)).version(row.seq))
        })
}
