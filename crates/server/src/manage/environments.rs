//! Adding environments to a project.

use keystile_core::model::{Action, ProjectId, Subject};
use keystile_store::Guard;
use serde_json::json;

use super::field::Fields;
use super::minting::MintedEnvironment;
use super::work::Work;
use crate::problem::Problem;

/// What a new environment shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewEnvironment {
    /// One of the manifest's, or, where customers may add their own, any other.
    pub(crate) name: String,
}

/// Creates an environment with its automatic keys, in one change.
pub(crate) async fn create_environment(
    work: &Work<'_>,
    project: ProjectId,
    new: &NewEnvironment,
) -> Result<MintedEnvironment, Problem> {
    work.must_not_be_confined()?;
    work.attempt(async || {
        let (project, organization) = work.project(project).await?;
        work.must_not_be_built_in(&project.product)?;
        let (rules, guard) = work.rules(&project.product).await?;
        let mut fields = Fields::default();
        if rules.environment(&new.name).is_none() {
            if !rules.custom_environments {
                fields.wrong(
                    "/name",
                    "the product's manifest has no environment of this name",
                );
            } else if !is_environment_name(&new.name) {
                let rule =
                    "1 to 40 lower-case letters, digits, hyphens and underscores, a letter first";
                fields.wrong("/name", format!("an environment's name has {rule}"));
            }
        }
        fields.finish()?;
        let mut minted = work.new_environment(&project, &new.name, work.now(), &rules)?;
        let mut change = work.change(Action::EnvironmentCreated, json!({ "name": new.name }));
        change.product = Some(project.product.clone());
        change.organization = Some(organization.id);
        change.guards.push(guard);
        change
            .guards
            .push(Guard::Unchanged(Subject::Project(project.id), project.seq));
        change.writes = minted.writes();
        change.idempotency = work.remember(&minted.environment.id);
        minted.environment.seq = work.commit(change).await?.seq;
        Ok(minted)
    })
    .await
}

fn is_environment_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}
