//! The credits of plans, period by period: once for each organization and period, whoever makes
//! them and however often it is tried.

use std::collections::HashMap;
use std::sync::Arc;

use keystile_core::manifest::{RecurringCredits, Rules};
use keystile_core::model::{Action, OrganizationId, Slug, Subject};
use keystile_store::Guard;
use serde_json::json;

use super::automatic::or_granted_meanwhile;
use crate::app::{App, Caller};
use crate::manage::work::{Failure, Request, Work};
use crate::problem::Problem;

/// Makes the credits of an organization's plan for this period, if they are not there yet. Whoever
/// finds an account empty may ask for it; whether any were made.
pub(crate) async fn renew(app: &App, organization: OrganizationId) -> Result<bool, Problem> {
    renew_many(app, &[organization]).await
}

/// The same for several organizations, in one change; whether any were made.
pub(crate) async fn renew_many(
    app: &App,
    organizations: &[OrganizationId],
) -> Result<bool, Problem> {
    let caller = Caller::system();
    let work = Work::new(app, &caller, Request::default());
    work.attempt(async || {
        let mut change = work.change(Action::CreditsGranted, json!({ "renewed": true }));
        let mut known: HashMap<Slug, (Arc<Rules>, Guard)> = HashMap::new();
        for id in organizations {
            let found = work.app.store.organization(*id).await?;
            let Some(row) = found.filter(|row| row.deleted_at.is_none()) else {
                continue;
            };
            if !known.contains_key(&row.product) {
                let rules = work.rules(&row.product).await?;
                known.insert(row.product.clone(), rules);
            }
            let Some((rules, guard)) = known.get(&row.product) else {
                continue;
            };
            let missing = work.missing_grants(&row, rules).await?;
            if missing.is_empty() {
                continue;
            }
            if !change.guards.contains(guard) {
                change.guards.push(guard.clone());
            }
            change
                .guards
                .push(Guard::Unchanged(Subject::Organization(*id), row.seq));
            change.product = Some(row.product);
            change.organization = Some(*id).filter(|_| organizations.len() == 1);
            change.writes.extend(missing);
        }
        if change.writes.is_empty() {
            return Ok(false);
        }
        let first = organizations.first().copied();
        let committed = work.commit(change).await;
        committed.map_err(|failure| match first {
            Some(first) => or_granted_meanwhile(failure, first),
            None => failure,
        })?;
        Ok::<_, Failure>(true)
    })
    .await
}

/// The plans of a product that come with credits.
pub(crate) fn plans_with_credits(
    rules: &Rules,
) -> impl Iterator<Item = (&str, RecurringCredits)> + '_ {
    let plans = rules.plans.iter();
    plans.filter_map(|plan| Some((&*plan.name, plan.credits?)))
}
