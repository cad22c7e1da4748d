//! Organizations that an import needs and that do not exist yet.

use std::collections::BTreeSet;

use keystile_core::manifest::Rules;
use keystile_core::model::{Action, Kind, Organization, OrganizationId, Record, Slug, Subject};
use keystile_store::{Guard, Write};
use serde_json::json;

use crate::manage::field::Fields;
use crate::manage::minting::MintedProject;
use crate::manage::work::{Failure, Work};

/// So many are created in one change, which others wait behind.
const AT_ONCE: usize = 100;

/// What their project is called where the manifest names none.
const PROJECT: &str = "Main";

/// Creates an organization with a project for each of these external ids. Ids that cannot be any
/// are left out: their rows are refused.
pub(super) async fn create_customers(
    work: &Work<'_>,
    product: &Slug,
    rules: &Rules,
    guard: &Guard,
    external_ids: &BTreeSet<String>,
) -> Result<(), Failure> {
    let good = external_ids.iter().filter(|id| can_be_external_id(id));
    let good: Vec<_> = good.collect();
    for some in good.chunks(AT_ONCE) {
        let details = json!({ "organizations": some.len(), "for_import": true });
        let mut change = work.change(Action::OrganizationCreated, details);
        change.product = Some(product.clone());
        change.guards.push(guard.clone());
        for external_id in some {
            let (organization, project) = customer(work, product, rules, external_id)?;
            let grants = work.first_grants(&organization, rules)?;
            change
                .writes
                .push(Write::Insert(Record::Organization(organization)));
            change.writes.extend(project.writes());
            change.writes.extend(grants);
        }
        match work.commit(change).await {
            Ok(_) => {}
            Err(Failure::Problem(problem)) if problem.code == "already_exists" => {
                return Err(Failure::Conflict(Subject::Product(product.clone())));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Whether a text can be an external id, and a name for as long as nobody gives a better one.
pub(super) fn can_be_external_id(text: &str) -> bool {
    let mut fields = Fields::default();
    fields.external_id("/organization", Some(text));
    fields.into_errors().is_empty()
}

/// An organization without automatic keys: its secrets would be shown to nobody, and the imported
/// keys may be all that there may be.
fn customer(
    work: &Work<'_>,
    product: &Slug,
    rules: &Rules,
    external_id: &str,
) -> Result<(Organization, MintedProject), Failure> {
    let now = work.now();
    let organization = Organization {
        id: OrganizationId::new(now, work.fresh()?),
        product: product.clone(),
        external_id: Some(external_id.to_owned()),
        name: external_id.chars().take(100).collect(),
        plan: None,
        metadata: None,
        enabled: true,
        created_at: now,
        deleted_at: None,
        narrowed_seq: None,
        seq: 0,
    };
    let name = rules.auto_project.as_deref().unwrap_or(PROJECT);
    let mut project = work.new_project(&organization, name, rules)?;
    let imported = |kind: Kind| rules.foreign_formats.iter().any(|one| one.kind == kind);
    for environment in &mut project.environments {
        environment
            .keys
            .retain(|minted| minted.secret.is_none() && !imported(minted.key.kind));
    }
    Ok((organization, project))
}
