//! Creating, changing, suspending and deleting organizations.

use keystile_core::manifest::Rules;
use keystile_core::model::{
    Action, Effective, Organization, OrganizationId, Record, Slug, THIS_ROW,
};
use keystile_store::Write;
use serde_json::{Map, Value, json};

use super::credits::or_granted_meanwhile;
use super::field::Fields;
use super::minting::MintedProject;
use super::work::{Work, update};
use crate::problem::Problem;

/// What a new organization shall be.
#[derive(Debug, Clone)]
pub(crate) struct NewOrganization {
    pub(crate) product: Slug,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// An organization that was just made, with what comes automatically.
#[derive(Debug, Clone)]
pub(crate) struct CreatedOrganization {
    pub(crate) organization: Organization,
    pub(crate) project: Option<MintedProject>,
}

/// What shall change; the outer `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OrganizationChange {
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<Option<String>>,
    pub(crate) plan: Option<Option<String>>,
    pub(crate) metadata: Option<Option<Map<String, Value>>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) delete: bool,
}

impl OrganizationChange {
    /// Whether it is for the organization itself to decide, which can change what it is called.
    fn is_its_own_matter(&self) -> bool {
        *self
            == Self {
                name: self.name.clone(),
                ..Self::default()
            }
    }
}

/// Creates an organization and, where the manifest says so, its project with environments and
/// keys, in one change.
pub(crate) async fn create_organization(
    work: &Work<'_>,
    new: &NewOrganization,
) -> Result<CreatedOrganization, Problem> {
    work.must_not_be_confined()?;
    work.must_be_the_operators()?;
    work.attempt(async || {
        if new.product.is_operator() {
            return Err(Problem::field("/product", "this product is Keystile's own").into());
        }
        let known = work.product(&new.product).await;
        if known.is_err() {
            return Err(Problem::field("/product", "there is no product of this name").into());
        }
        let (rules, guard) = work.rules(&new.product).await?;
        let mut fields = Fields::default();
        fields.name("/name", &new.name);
        fields.external_id("/external_id", new.external_id.as_deref());
        check_plan(&mut fields, new.plan.as_deref(), &rules);
        let metadata = fields.metadata("/metadata", new.metadata.clone());
        fields.finish()?;

        let now = work.now();
        let mut organization = Organization {
            id: OrganizationId::new(now, work.fresh()?),
            product: new.product.clone(),
            external_id: new.external_id.clone(),
            name: new.name.clone(),
            plan: new.plan.clone(),
            metadata,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        };
        let project = rules
            .auto_project
            .as_deref()
            .map(|name| work.new_project(&organization, name, &rules))
            .transpose()?;
        let mut change = work.change(Action::OrganizationCreated, json!({ "name": new.name }));
        change.product = Some(new.product.clone());
        change.organization = Some(organization.id);
        change.guards.push(guard);
        change
            .writes
            .push(Write::Insert(Record::Organization(organization.clone())));
        change
            .writes
            .extend(project.iter().flat_map(MintedProject::writes));
        let grants = work.first_grants(&organization, &rules)?;
        change.writes.extend(grants);
        change.idempotency = work.remember(&organization.id);
        organization.seq = work.commit(change).await?.seq;
        Ok(CreatedOrganization {
            organization,
            project,
        })
    })
    .await
}

/// What is wrong with the words of a new organization, whether or not it is there already.
pub(crate) fn check_named(
    external_id: &str,
    name: &str,
    metadata: Option<Map<String, Value>>,
) -> Result<(), Problem> {
    let mut fields = Fields::default();
    fields.external_id("/external_id", Some(external_id));
    fields.name("/name", name);
    fields.metadata("/metadata", metadata);
    fields.finish()
}

fn check_plan(fields: &mut Fields, plan: Option<&str>, rules: &Rules) {
    if plan.is_some_and(|name| rules.plan(name).is_none()) {
        fields.wrong("/plan", "the product has no plan of this name");
    }
}

/// Changes an organization. Suspending and deleting narrow every key below.
pub(crate) async fn update_organization(
    work: &Work<'_>,
    id: OrganizationId,
    wanted: &OrganizationChange,
) -> Result<(Organization, Option<Effective>), Problem> {
    work.must_not_be_confined()?;
    if !wanted.is_its_own_matter() {
        work.must_be_the_operators()?;
    }
    work.attempt(async || {
        let before = work.organization(id).await?;
        work.must_not_be_built_in(&before.product)?;
        let (rules, guard) = work.rules(&before.product).await?;
        let mut after = apply(work, &before, wanted, &rules)?;
        if after == before {
            let effective = work.effective(before.narrowed_seq).await?;
            return Ok((before, effective.filter(|_| wanted.enabled == Some(false))));
        }
        let narrows =
            wanted.delete || (before.enabled && !after.enabled) || before.plan != after.plan;
        if narrows {
            after.narrowed_seq = Some(THIS_ROW);
        }
        let mut change = work.change(action(&before, &after), json!({ "name": after.name }));
        change.product = Some(after.product.clone());
        change.organization = Some(id);
        change.guards.push(guard);
        change
            .writes
            .push(update(Record::Organization(after.clone()), before.seq));
        if before.plan != after.plan && !wanted.delete {
            let grants = work.missing_grants(&after, &rules).await?;
            change.writes.extend(grants);
        }
        if narrows {
            let narrowed = work.narrow(change).await;
            let effective = narrowed.map_err(|failure| or_granted_meanwhile(failure, id))?;
            after.narrowed_seq = Some(effective.seq);
            return Ok((
                Organization {
                    seq: effective.seq,
                    ..after
                },
                Some(effective),
            ));
        }
        let seq = work.commit(change).await?.seq;
        Ok((Organization { seq, ..after }, None))
    })
    .await
}

fn apply(
    work: &Work<'_>,
    before: &Organization,
    wanted: &OrganizationChange,
    rules: &Rules,
) -> Result<Organization, Problem> {
    let mut fields = Fields::default();
    let mut after = before.clone();
    if let Some(name) = &wanted.name {
        fields.name("/name", name);
        after.name.clone_from(name);
    }
    if let Some(external_id) = &wanted.external_id {
        fields.external_id("/external_id", external_id.as_deref());
        after.external_id.clone_from(external_id);
    }
    if let Some(plan) = &wanted.plan {
        check_plan(&mut fields, plan.as_deref(), rules);
        after.plan.clone_from(plan);
    }
    if let Some(metadata) = &wanted.metadata {
        after.metadata = fields.metadata("/metadata", metadata.clone());
    }
    after.enabled = wanted.enabled.unwrap_or(before.enabled);
    if wanted.delete {
        after.deleted_at = Some(work.now());
    }
    fields.finish()?;
    Ok(after)
}

fn action(before: &Organization, after: &Organization) -> Action {
    match (after.deleted_at.is_some(), before.enabled, after.enabled) {
        (true, _, _) => Action::OrganizationDeleted,
        (false, true, false) => Action::OrganizationSuspended,
        (false, false, true) => Action::OrganizationResumed,
        _ => Action::OrganizationUpdated,
    }
}
