//! Operations about installation.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    AuditEntry, CreateOperatorKey, CreatedOperatorKey, GetUsageQuery, ListAuditQuery, Usage,
};
use http::Method;
use std::sync::Arc;

/// Operations about installation.
#[derive(Debug, Clone)]
pub struct InstallationResource {
    pub(crate) api: Arc<Caller>,
}

impl InstallationResource {
    /// Show how the keys of an environment or organization are used.
    ///
    /// Deleted keys are counted too.
    ///
    /// Needs the scope `usage:read`.
    pub fn get_usage(&self, query: GetUsageQuery) -> Call<Usage> {
        let operation = Operation::new(Method::GET, "/v1/usage", &[]).query(query);
        Call::of(&self.api, operation)
    }

    /// List what was done.
    ///
    /// Newest first: who, what, when and from where.
    ///
    /// Needs the scope `audit:read`.
    pub fn list_audit(&self, query: ListAuditQuery) -> Pages<AuditEntry> {
        let operation = Operation::new(Method::GET, "/v1/audit", &[]).query(query);
        Pages::of(&self.api, operation)
    }

    /// Create an operator key.
    ///
    /// It is shown, rotated and revoked like any other key, under `/v1/keys`.
    ///
    /// Needs the scope `installation:write`.
    pub fn create_operator_key(&self, body: CreateOperatorKey) -> Call<CreatedOperatorKey> {
        let operation = Operation::new(Method::POST, "/v1/operator-keys", &[])
            .body(body)
            .with_idempotency_key();
        Call::of(&self.api, operation)
    }
}
