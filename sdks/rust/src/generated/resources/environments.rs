//! Operations about environments.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::call::Call;
use crate::call::Operation;
use crate::pages::Pages;
use crate::transport::Caller;
use crate::types::{
    ChangeEnvironment, ChangedEnvironment, CreateEnvironment, CreatedEnvironment, Environment,
    ListEnvironmentsQuery,
};
use http::Method;
use std::sync::Arc;

/// Operations about environments.
#[derive(Debug, Clone)]
pub struct EnvironmentsResource {
    pub(crate) api: Arc<Caller>,
}

impl EnvironmentsResource {
    /// Add an environment to a project.
    ///
    /// It comes with its automatic keys.
    ///
    /// Needs the scope `organizations:write`.
    pub fn create(&self, project: &str, body: CreateEnvironment) -> Call<CreatedEnvironment> {
        let operation = Operation::new(
            Method::POST,
            "/v1/projects/{project}/environments",
            &[("project", project)],
        )
        .body(body)
        .with_idempotency_key();
        Call::of(&self.api, operation)
    }

    /// List the environments of a project.
    ///
    /// Newest first.
    ///
    /// Needs the scope `organizations:read`.
    pub fn list(&self, project: &str, query: ListEnvironmentsQuery) -> Pages<Environment> {
        let operation = Operation::new(
            Method::GET,
            "/v1/projects/{project}/environments",
            &[("project", project)],
        )
        .query(query);
        Pages::of(&self.api, operation)
    }

    /// Show an environment.
    ///
    /// Needs the scope `organizations:read`.
    pub fn get(&self, environment: &str) -> Call<ChangedEnvironment> {
        let operation = Operation::new(
            Method::GET,
            "/v1/environments/{environment}",
            &[("environment", environment)],
        );
        Call::of(&self.api, operation)
    }

    /// Disable or enable an environment.
    ///
    /// Disabling is in force on every node when this answers, and `effective` proves it.
    ///
    /// Needs the scope `organizations:write`.
    pub fn update(&self, environment: &str, body: ChangeEnvironment) -> Call<ChangedEnvironment> {
        let operation = Operation::new(
            Method::PATCH,
            "/v1/environments/{environment}",
            &[("environment", environment)],
        )
        .body(body);
        Call::of(&self.api, operation)
    }

    /// Delete an environment.
    ///
    /// Every key in it is dead when this answers.
    ///
    /// Needs the scope `organizations:write`.
    pub fn delete(&self, environment: &str) -> Call<ChangedEnvironment> {
        let operation = Operation::new(
            Method::DELETE,
            "/v1/environments/{environment}",
            &[("environment", environment)],
        );
        Call::of(&self.api, operation)
    }
}
