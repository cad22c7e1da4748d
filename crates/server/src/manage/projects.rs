//! Creating, changing and deleting projects, and changing environments, which works alike.

use keystile_core::model::{
    Action, Effective, Environment, EnvironmentId, OrganizationId, Project, ProjectId, Record,
    Subject, THIS_ROW,
};
use keystile_store::{Change, Guard};
use serde_json::{Map, Value, json};

use super::field::Fields;
use super::minting::MintedProject;
use super::work::{Failure, Work, update};
use crate::problem::Problem;

/// What shall change in a project or an environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeChange {
    /// Projects only: an environment's name decides its mode and stays.
    pub(crate) name: Option<String>,
    /// Projects only.
    pub(crate) metadata: Option<Option<Map<String, Value>>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) delete: bool,
}

/// Creates a project with the manifest's environments and their automatic keys, in one change.
pub(crate) async fn create_project(
    work: &Work<'_>,
    organization: OrganizationId,
    name: &str,
) -> Result<MintedProject, Problem> {
    work.must_not_be_confined()?;
    work.attempt(async || {
        let organization = work.organization(organization).await?;
        work.must_not_be_built_in(&organization.product)?;
        let (rules, guard) = work.rules(&organization.product).await?;
        let mut fields = Fields::default();
        fields.name("/name", name);
        fields.finish()?;
        let mut minted = work.new_project(&organization, name, &rules)?;
        let mut change = work.change(Action::ProjectCreated, json!({ "name": name }));
        change.product = Some(organization.product.clone());
        change.organization = Some(organization.id);
        change.guards.push(guard);
        let subject = Subject::Organization(organization.id);
        change
            .guards
            .push(Guard::Unchanged(subject, organization.seq));
        change.writes = minted.writes();
        change.idempotency = work.remember(&minted.project.id);
        minted.project.seq = work.commit(change).await?.seq;
        Ok(minted)
    })
    .await
}

/// Changes a project. Disabling and deleting narrow every key below.
pub(crate) async fn update_project(
    work: &Work<'_>,
    id: ProjectId,
    wanted: &NodeChange,
) -> Result<(Project, Option<Effective>), Problem> {
    work.must_not_be_confined()?;
    work.attempt(async || {
        let (before, _) = work.project(id).await?;
        work.must_not_be_built_in(&before.product)?;
        let mut after = before.clone();
        let mut fields = Fields::default();
        if let Some(name) = &wanted.name {
            fields.name("/name", name);
            after.name.clone_from(name);
        }
        if let Some(metadata) = &wanted.metadata {
            after.metadata = fields.metadata("/metadata", metadata.clone());
        }
        fields.finish()?;
        after.enabled = wanted.enabled.unwrap_or(before.enabled);
        after.deleted_at = wanted.delete.then(|| work.now());
        if after == before {
            let effective = work.effective(before.narrowed_seq).await?;
            return Ok((before, effective.filter(|_| wanted.enabled == Some(false))));
        }
        let narrows = wanted.delete || (before.enabled && !after.enabled);
        if narrows {
            after.narrowed_seq = Some(THIS_ROW);
        }
        let action = if wanted.delete {
            Action::ProjectDeleted
        } else {
            Action::ProjectUpdated
        };
        let mut change = work.change(
            action,
            json!({ "name": after.name, "enabled": after.enabled }),
        );
        change.product = Some(after.product.clone());
        change.organization = Some(after.organization);
        change
            .writes
            .push(update(Record::Project(after.clone()), before.seq));
        let (seq, effective) = write(work, change, narrows).await?;
        after.narrowed_seq = effective.map(|proof| proof.seq).or(before.narrowed_seq);
        Ok((Project { seq, ..after }, effective))
    })
    .await
}

/// Changes an environment. Disabling and deleting narrow every key in it.
pub(crate) async fn update_environment(
    work: &Work<'_>,
    id: EnvironmentId,
    wanted: &NodeChange,
) -> Result<(Environment, Option<Effective>), Problem> {
    work.must_not_be_confined()?;
    work.attempt(async || {
        let (before, _, _) = work.environment(id).await?;
        work.must_not_be_built_in(&before.product)?;
        let mut after = before.clone();
        after.enabled = wanted.enabled.unwrap_or(before.enabled);
        after.deleted_at = wanted.delete.then(|| work.now());
        if after == before {
            let effective = work.effective(before.narrowed_seq).await?;
            return Ok((before, effective.filter(|_| wanted.enabled == Some(false))));
        }
        let narrows = wanted.delete || (before.enabled && !after.enabled);
        if narrows {
            after.narrowed_seq = Some(THIS_ROW);
        }
        let action = if wanted.delete {
            Action::EnvironmentDeleted
        } else {
            Action::EnvironmentUpdated
        };
        let mut change = work.change(
            action,
            json!({ "name": after.name, "enabled": after.enabled }),
        );
        change.product = Some(after.product.clone());
        change.organization = Some(after.organization);
        change
            .writes
            .push(update(Record::Environment(after.clone()), before.seq));
        let (seq, effective) = write(work, change, narrows).await?;
        after.narrowed_seq = effective.map(|proof| proof.seq).or(before.narrowed_seq);
        Ok((Environment { seq, ..after }, effective))
    })
    .await
}

async fn write(
    work: &Work<'_>,
    change: Change,
    narrows: bool,
) -> Result<(u64, Option<Effective>), Failure> {
    if narrows {
        let effective = work.narrow(change).await?;
        return Ok((effective.seq, Some(effective)));
    }
    Ok((work.commit(change).await?.seq, None))
}
