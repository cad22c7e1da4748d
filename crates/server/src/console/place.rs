//! Where an address leads: which organization it is about, and what of it.

use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{Organization, OrganizationId, Project};

use super::visit::Visit;
use crate::app::App;
use crate::manage::Work;
use crate::problem::Problem;

/// What an address is about, as far as the frame of the page tells of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) organization: Option<Organization>,
    pub(super) project: Option<Project>,
    pub(super) rules: Option<Arc<Rules>>,
}

/// The organization of whatever the path names; `None` when it names nothing that exists, or
/// nothing of a customer's: what belongs to Keystile itself is not looked after here.
pub(super) async fn organization_of(
    app: &App,
    parameters: &[(String, String)],
) -> Result<Option<OrganizationId>, Problem> {
    let Some(id) = owner_of(app, parameters).await? else {
        return Ok(None);
    };
    let found = app.store.organization(id).await?;
    let is_customer =
        found.is_some_and(|row| row.deleted_at.is_none() && !row.product.is_operator());
    Ok(is_customer.then_some(id))
}

async fn owner_of(
    app: &App,
    parameters: &[(String, String)],
) -> Result<Option<OrganizationId>, Problem> {
    for (name, value) in parameters {
        let found = match name.as_str() {
            "organization" => value.parse().ok(),
            "project" => match value.parse() {
                Ok(id) => app
                    .store
                    .project(id)
                    .await?
                    .map(|project| project.organization),
                Err(_) => None,
            },
            "environment" => match value.parse() {
                Ok(id) => app
                    .store
                    .environment(id)
                    .await?
                    .map(|found| found.organization),
                Err(_) => None,
            },
            "key" => match value.parse() {
                Ok(id) => match app.store.key(id).await? {
                    Some(key) => {
                        let environment = app.store.environment(key.environment).await?;
                        environment.map(|found| found.organization)
                    }
                    None => None,
                },
                Err(_) => None,
            },
            _ => continue,
        };
        return Ok(found);
    }
    Ok(None)
}

impl Visit {
    /// Reads what the path names, within the reach of whoever visits.
    pub(super) async fn find_place(&mut self) -> Result<(), Problem> {
        let mut place = Place::default();
        let work = self.work();
        for (name, value) in &self.parameters {
            match name.as_str() {
                "organization" => {
                    let id = value.parse().map_err(|_| Problem::not_found("page"))?;
                    place.organization = Some(work.organization(id).await?);
                }
                "project" => {
                    let id = value.parse().map_err(|_| Problem::not_found("page"))?;
                    let (project, organization) = work.project(id).await?;
                    (place.project, place.organization) = (Some(project), Some(organization));
                }
                "environment" => {
                    let id = value.parse().map_err(|_| Problem::not_found("page"))?;
                    let (_, project, organization) = work.environment(id).await?;
                    (place.project, place.organization) = (Some(project), Some(organization));
                }
                "key" => {
                    let id = value.parse().map_err(|_| Problem::not_found("page"))?;
                    let placed = work.key(id).await?;
                    let (_, project, organization) =
                        work.environment(placed.environment.id).await?;
                    (place.project, place.organization) = (Some(project), Some(organization));
                }
                _ => {}
            }
        }
        place.rules = rules_of(&work, place.organization.as_ref());
        drop(work);
        self.place = place;
        Ok(())
    }
}

fn rules_of(work: &Work<'_>, organization: Option<&Organization>) -> Option<Arc<Rules>> {
    let products = work.app.engine.index().products();
    let product = products.get(organization?.product.as_str())?;
    Some(product.rules().to_shared())
}
