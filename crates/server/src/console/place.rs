//! Where an address leads: which organization it is about, and what of it.

use std::sync::Arc;

use http::StatusCode;
use keystile_core::manifest::Rules;
use keystile_core::model::{Organization, Project};

use crate::app::{App, Caller};
use crate::manage::{Request, Work};
use crate::problem::Problem;

/// What an address is about, as far as the frame of the page tells of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) organization: Option<Organization>,
    pub(super) project: Option<Project>,
    pub(super) rules: Option<Arc<Rules>>,
}

impl Place {
    /// What the path names, whoever asks; `None` when that is not there (any more).
    pub(super) async fn find(
        app: &App,
        parameters: &[(String, String)],
    ) -> Result<Option<Self>, Problem> {
        match Self::named(app, parameters).await {
            Ok(place) => Ok(Some(place)),
            Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn named(app: &App, parameters: &[(String, String)]) -> Result<Self, Problem> {
        let caller = Caller::system();
        let work = Work::new(app, &caller, Request::default());
        let missing = |_| Problem::not_found("page");
        let mut place = Self::default();
        for (name, value) in parameters {
            match name.as_str() {
                "organization" => {
                    let id = value.parse().map_err(missing)?;
                    place.organization = Some(work.organization(id).await?);
                }
                "project" => {
                    let id = value.parse().map_err(missing)?;
                    place.put(work.project(id).await?);
                }
                "environment" => {
                    let id = value.parse().map_err(missing)?;
                    let (_, project, organization) = work.environment(id).await?;
                    place.put((project, organization));
                }
                "key" => {
                    let id = value.parse().map_err(missing)?;
                    let environment = work.key(id).await?.environment;
                    place.put(work.project(environment.project).await?);
                }
                _ => {}
            }
        }
        place.rules = place.organization.as_ref().and_then(|organization| {
            let products = app.engine.index().products();
            let product = products.get(organization.product.as_str())?;
            Some(product.rules().to_shared())
        });
        Ok(place)
    }

    fn put(&mut self, (project, organization): (Project, Organization)) {
        self.project = Some(project);
        self.organization = Some(organization);
    }

    /// Whether it belongs to Keystile itself, whose keys are those of the operator.
    pub(super) fn is_operators(&self) -> bool {
        let organization = self.organization.as_ref();
        organization.is_some_and(|one| one.product.is_operator())
    }
}
