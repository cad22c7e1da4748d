//! Operations about products.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{AppliedManifest, ApplyManifestQuery, Product};
use http::Method;
use std::sync::Arc;

/// Operations about products.
#[derive(Debug, Clone)]
pub struct ProductsResource {
    pub(crate) api: Arc<Caller>,
}

impl ProductsResource {
    /// Apply a product's manifest.
    ///
    /// As JSON or as TOML (`application/toml`). Applying the same again changes nothing.
    ///
    /// Needs the scope `products:write`.
    pub fn apply(
        &self,
        product: &str,
        manifest: impl Into<String>,
        query: ApplyManifestQuery,
    ) -> Call<AppliedManifest> {
        let operation = Operation::new(
            Method::PUT,
            "/v1/products/{product}",
            &[("product", product)],
        )
        .manifest(manifest)
        .query(query);
        Call::of(&self.api, operation)
    }

    /// Show a product with its manifest.
    ///
    /// Needs the scope `products:read`.
    pub fn get(&self, product: &str) -> Call<Product> {
        let operation = Operation::new(
            Method::GET,
            "/v1/products/{product}",
            &[("product", product)],
        );
        Call::of(&self.api, operation)
    }

    /// List products.
    ///
    /// All of them, by slug.
    ///
    /// Needs the scope `products:read`.
    pub fn list(&self) -> Pages<Product> {
        let operation = Operation::new(Method::GET, "/v1/products", &[]);
        Pages::of(&self.api, operation)
    }
}
