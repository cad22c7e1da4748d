//! Where a key of another system shall belong, from what that system knows of its owner.

use keystile_core::manifest::Rules;
use keystile_core::model::{
    Environment, EnvironmentId, Mode, Organization, OrganizationId, ProjectId, Slug,
};
use keystile_store::{EnvironmentFilter, Page, StoreError};

use super::customers::can_be_external_id;
use crate::manage::work::{Failure, Work};
use crate::problem::FieldError;

/// How an owner is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ownership {
    /// The organization: its id, or the operator's own.
    pub(crate) organization: Option<String>,
    /// The project's id, where the organization has several.
    pub(crate) project: Option<String>,
    /// The environment: its id, or its name.
    pub(crate) environment: Option<String>,
}

/// An environment that was found, with what it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) environment: Environment,
    pub(super) organization: Organization,
}

/// Why there is no place.
#[derive(Debug)]
pub(super) enum NoPlace {
    /// The organization of this external id does not exist, and might be created.
    NoOrganization(String),
    /// What was said leads nowhere.
    Wrong(FieldError),
    /// It could not be found out.
    Failure(Failure),
}

impl From<FieldError> for NoPlace {
    fn from(error: FieldError) -> Self {
        Self::Wrong(error)
    }
}

impl From<Failure> for NoPlace {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for NoPlace {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl NoPlace {
    /// For whoever does not create organizations.
    pub(super) fn into_wrong(self) -> Result<FieldError, Failure> {
        match self {
            Self::Wrong(error) => Ok(error),
            Self::NoOrganization(name) => Ok(Self::unknown_organization(&name)),
            Self::Failure(failure) => Err(failure),
        }
    }

    /// What is said of an organization that does not exist.
    pub(super) fn unknown_organization(name: &str) -> FieldError {
        let message = match can_be_external_id(name) {
            true => "the product has no organization with this id or external id: create it first",
            false => "an external id has 1 to 255 printable characters and holds no secret key",
        };
        FieldError::new("/organization", message)
    }
}

/// The environment's name: that which is given, or the only one there is for keys of that mode.
pub(super) fn environment_name(
    named: Option<&str>,
    mode: Mode,
    rules: &Rules,
) -> Result<String, FieldError> {
    let wrong = |message: String| FieldError::new("/environment", message);
    let Some(name) = named else {
        let mut of_mode = rules.environments.iter().filter(|one| one.mode == mode);
        return match (of_mode.next(), of_mode.next()) {
            (Some(only), None) => Ok(only.name.to_string()),
            (None, _) => Err(wrong(format!("the product has no {mode} environment"))),
            (Some(_), Some(_)) => Err(wrong(format!(
                "the product has several {mode} environments: name one"
            ))),
        };
    };
    if rules.environment(name).is_none() && !rules.custom_environments {
        return Err(wrong(
            "the product has no environment of this name".to_owned(),
        ));
    }
    right_mode(Mode::of_environment(name), mode)?;
    Ok(name.to_owned())
}

fn right_mode(of_environment: Mode, of_format: Mode) -> Result<(), FieldError> {
    if of_environment == of_format {
        return Ok(());
    }
    let message = format!(
        "keys that begin like this are {of_format} by the manifest, and this environment is \
         {of_environment}: name another environment, or give the other system's {of_environment} \
         keys a format of their own"
    );
    Err(FieldError::new("/environment", message))
}

fn project_id(text: &str) -> Result<ProjectId, FieldError> {
    let wrong = |_| FieldError::new("/project", "this is no project's id");
    text.parse().map_err(wrong)
}

impl Work<'_> {
    /// The environment of that product that keys of that mode and owner belong to.
    pub(super) async fn place(
        &self,
        product: &Slug,
        rules: &Rules,
        mode: Mode,
        owner: &Ownership,
    ) -> Result<Place, NoPlace> {
        let named = owner.environment.as_deref();
        if let Some(id) = named.and_then(|text| text.parse().ok()) {
            let place = self.place_by_id(product, mode, id).await?;
            self.must_agree(product, owner, &place).await?;
            return Ok(place);
        }
        let name = environment_name(named, mode, rules)?;
        let Some(organization) = owner.organization.as_deref() else {
            let message = "say whose key it is: an organization's id or external id";
            return Err(FieldError::new("/organization", message).into());
        };
        let found = self.owner(product, organization).await?;
        let Some(organization) = found else {
            return Err(NoPlace::NoOrganization(organization.to_owned()));
        };
        let project = owner.project.as_deref();
        self.environment_below(organization, project, &name).await
    }

    async fn place_by_id(
        &self,
        product: &Slug,
        mode: Mode,
        id: EnvironmentId,
    ) -> Result<Place, NoPlace> {
        let unknown = || FieldError::new("/environment", "there is no such environment");
        let (environment, _, organization) = match self.environment(id).await {
            Ok(found) => found,
            Err(Failure::Problem(why)) if why.status == http::StatusCode::NOT_FOUND => {
                return Err(unknown().into());
            }
            Err(failure) => return Err(failure.into()),
        };
        if environment.product != *product {
            return Err(unknown().into());
        }
        right_mode(environment.mode, mode)?;
        Ok(Place {
            environment,
            organization,
        })
    }

    /// Whoever names the environment by its id need not say whose it is, but may say nothing else
    /// than what is so: a key must not go to one customer because another's is meant.
    async fn must_agree(
        &self,
        product: &Slug,
        owner: &Ownership,
        place: &Place,
    ) -> Result<(), NoPlace> {
        let wrong = |pointer: &str, message: &str| Err(FieldError::new(pointer, message).into());
        if let Some(named) = owner.organization.as_deref() {
            let found = self.owner(product, named).await?;
            if found.is_none_or(|found| found.id != place.organization.id) {
                return wrong(
                    "/organization",
                    "the environment is not one of this organization: name its own, or none",
                );
            }
        }
        match owner.project.as_deref().map(project_id).transpose()? {
            Some(id) if id != place.environment.project => wrong(
                "/project",
                "the environment is not one of this project: name its own, or none",
            ),
            _ => Ok(()),
        }
    }

    /// An external id may look like an id of ours, so both are tried.
    async fn owner(&self, product: &Slug, named: &str) -> Result<Option<Organization>, Failure> {
        let store = &self.app.store;
        if let Ok(id) = named.parse::<OrganizationId>() {
            let found = store.organization(id).await?;
            let ours = |row: &Organization| row.product == *product && row.deleted_at.is_none();
            if let Some(found) = found.filter(ours) {
                return Ok(Some(found));
            }
        }
        Ok(store.organization_by_external_id(product, named).await?)
    }

    async fn environment_below(
        &self,
        organization: Organization,
        project: Option<&str>,
        name: &str,
    ) -> Result<Place, NoPlace> {
        let project = project.map(project_id).transpose()?;
        let filter = EnvironmentFilter {
            organization: Some(organization.id),
            project,
            name: Some(name.to_owned()),
            ..EnvironmentFilter::default()
        };
        let few = Page {
            before: None,
            limit: 20,
        };
        let mut living = Vec::new();
        for environment in self.app.store.environments(filter, few).await? {
            let above = self.app.store.project(environment.project).await?;
            let reached = self
                .caller
                .reaches_environment(&environment.product, &environment.name);
            if reached && above.is_some_and(|project| project.deleted_at.is_none()) {
                living.push(environment);
            }
        }
        let several = living.len() > 1;
        match living.pop() {
            Some(environment) if !several => Ok(Place {
                environment,
                organization,
            }),
            Some(_) => Err(FieldError::new(
                "/project",
                "the organization has several projects with this environment: name one by its id",
            )
            .into()),
            None => Err(FieldError::new(
                "/environment",
                "the organization has no such environment: create its project first",
            )
            .into()),
        }
    }
}
