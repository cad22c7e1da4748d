//! Operations about organizations.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    ChangeOrganization, ChangedOrganization, CreateOrGetOrganization, CreateOrganization,
    CreatePortalToken, CreatedOrganization, FoundOrganization, ListOrganizationsQuery,
    Organization, PortalToken,
};
use http::Method;
use std::sync::Arc;

/// Operations about organizations.
#[derive(Debug, Clone)]
pub struct OrganizationsResource {
    pub(crate) api: Arc<Caller>,
}

impl OrganizationsResource {
    /// Create an organization.
    ///
    /// Where the manifest says so, it comes with a project, environments and keys; their secrets are in this answer and nowhere else.
    ///
    /// Needs the scope `organizations:write`.
    pub fn create(&self, body: CreateOrganization) -> Call<CreatedOrganization> {
        let operation = Operation::new(Method::POST, "/v1/organizations", &[])
            .body(body)
            .with_idempotency_key();
        Call::of(&self.api, operation)
    }

    /// List organizations.
    ///
    /// Newest first.
    ///
    /// Needs the scope `organizations:read`.
    pub fn list(&self, query: ListOrganizationsQuery) -> Pages<Organization> {
        let operation = Operation::new(Method::GET, "/v1/organizations", &[]).query(query);
        Pages::of(&self.api, operation)
    }

    /// Create an organization, or get the one with this external id.
    ///
    /// An organization that is there already is left as it is.
    ///
    /// Needs the scope `organizations:write`.
    pub fn create_or_get(
        &self,
        product: &str,
        external_id: &str,
        body: CreateOrGetOrganization,
    ) -> Call<FoundOrganization> {
        let operation = Operation::new(
            Method::PUT,
            "/v1/organizations/by-external-id/{product}/{external_id}",
            &[("product", product), ("external_id", external_id)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Show an organization.
    ///
    /// Needs the scope `organizations:read`.
    pub fn get(&self, organization: &str) -> Call<ChangedOrganization> {
        let operation = Operation::new(
            Method::GET,
            "/v1/organizations/{organization}",
            &[("organization", organization)],
        );
        Call::of(&self.api, operation)
    }

    /// Change, suspend or resume an organization.
    ///
    /// Suspending is in force on every node when this answers, and `effective` proves it.
    ///
    /// Needs the scope `organizations:write`.
    pub fn update(
        &self,
        organization: &str,
        body: ChangeOrganization,
    ) -> Call<ChangedOrganization> {
        let operation = Operation::new(
            Method::PATCH,
            "/v1/organizations/{organization}",
            &[("organization", organization)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Delete an organization.
    ///
    /// Every key below is dead when this answers.
    ///
    /// Needs the scope `organizations:write`.
    pub fn delete(&self, organization: &str) -> Call<ChangedOrganization> {
        let operation = Operation::new(
            Method::DELETE,
            "/v1/organizations/{organization}",
            &[("organization", organization)],
        );
        Call::of(&self.api, operation)
    }

    /// Let a customer into the portal.
    ///
    /// The portal is the page of this organization's keys, inside your own site. Ask for a link whenever you show it: it opens once, within five minutes. Abilities need the scope `keys:write` too. All portals close at once with the operator key that asked for them, and with the organization.
    ///
    /// Needs the scope `keys:read`.
    pub fn create_portal_token(
        &self,
        organization: &str,
        body: CreatePortalToken,
    ) -> Call<PortalToken> {
        let operation = Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/portal-tokens",
            &[("organization", organization)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }
}
