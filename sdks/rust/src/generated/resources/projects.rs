//! Operations about projects.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    ChangeProject, ChangedProject, CreateProject, CreatedProject, ListProjectsQuery, Project,
};
use http::Method;
use std::sync::Arc;

/// Operations about projects.
#[derive(Debug, Clone)]
pub struct ProjectsResource {
    pub(crate) api: Arc<Caller>,
}

impl ProjectsResource {
    /// Create a project.
    ///
    /// It comes with the manifest's environments and their automatic keys.
    ///
    /// Needs the scope `organizations:write`.
    pub fn create(&self, organization: &str, body: CreateProject) -> Call<CreatedProject> {
        let operation = Operation::new(
            Method::POST,
            "/v1/organizations/{organization}/projects",
            &[("organization", organization)],
        )
        .body(body)
        .with_idempotency_key();
        Call::of(&self.api, operation)
    }

    /// List the projects of an organization.
    ///
    /// Newest first.
    ///
    /// Needs the scope `organizations:read`.
    pub fn list(&self, organization: &str, query: ListProjectsQuery) -> Pages<Project> {
        let operation = Operation::new(
            Method::GET,
            "/v1/organizations/{organization}/projects",
            &[("organization", organization)],
        )
        .query(query);
        Pages::of(&self.api, operation)
    }

    /// Show a project.
    ///
    /// Needs the scope `organizations:read`.
    pub fn get(&self, project: &str) -> Call<ChangedProject> {
        let operation = Operation::new(
            Method::GET,
            "/v1/projects/{project}",
            &[("project", project)],
        );
        Call::of(&self.api, operation)
    }

    /// Change, disable or enable a project.
    ///
    /// Disabling is in force on every node when this answers, and `effective` proves it.
    ///
    /// Needs the scope `organizations:write`.
    pub fn update(&self, project: &str, body: ChangeProject) -> Call<ChangedProject> {
        let operation = Operation::new(
            Method::PATCH,
            "/v1/projects/{project}",
            &[("project", project)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Delete a project.
    ///
    /// Every key below is dead when this answers.
    ///
    /// Needs the scope `organizations:write`.
    pub fn delete(&self, project: &str) -> Call<ChangedProject> {
        let operation = Operation::new(
            Method::DELETE,
            "/v1/projects/{project}",
            &[("project", project)],
        );
        Call::of(&self.api, operation)
    }
}
