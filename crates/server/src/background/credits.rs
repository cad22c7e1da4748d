//! What happens to credits by itself: what has ended is written down, and plans' credits come with
//! each period, also to organizations that spend nothing.
//!
//! Neither is needed for spends to be right: what has ended cannot be spent whether or not that is
//! written down, and whoever finds an account empty makes the period's credits at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keystile_core::manifest::{RecurringCredits, Rules};
use keystile_core::model::{OrganizationId, Slug, Timestamp};
use keystile_store::{OrganizationFilter, Page};

use crate::app::App;
use crate::manage::{self, plans_with_credits, renew, renew_many};
use crate::problem::Problem;

/// How long nobody looks at most: clocks jump, and reservations end that nobody here knew of.
const LONGEST: i64 = 60_000;

/// How long until what failed is tried again.
const AGAIN: i64 = 1_000;

/// How many organizations get their credits in one change, behind which others wait.
const AT_ONCE: u32 = 100;

/// The plans of a product that come with credits, each with the name of the period it is.
type Plans = Vec<(String, RecurringCredits, String)>;

/// Runs for as long as the app.
pub async fn keep_credits(app: Arc<App>) {
    let mut applied = app.applied.subscribe();
    let mut renewed = Renewed::default();
    let mut look_again = app.now();
    loop {
        if app.now() >= look_again {
            look_again = write_ends_down(&app).await;
        }
        // A manifest may have changed: what stands before this was seen by what follows.
        applied.borrow_and_update();
        let next_period = renewed.renew(&app).await;
        let wake = look_again.min(next_period);
        let pause = wake.millis().saturating_sub(app.now().millis());
        let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(0));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = applied.changed() => if changed.is_err() { return },
        }
    }
}

/// Writes down what has ended; when to look again.
async fn write_ends_down(app: &App) -> Timestamp {
    let next = manage::write_ends_down(app).await;
    let now = app.now();
    match next {
        Ok(next) => {
            let latest = now.plus_millis(LONGEST);
            next.map_or(latest, |next| next.min(latest))
        }
        Err(error) => {
            tracing::warn!(%error, "what has ended is not written down yet");
            now.plus_millis(AGAIN)
        }
    }
}

/// For which plans and periods every organization of a product has its credits.
#[derive(Debug, Default)]
struct Renewed(HashMap<Slug, Plans>);

impl Renewed {
    /// Sees to it that they have them; when the next period begins.
    async fn renew(&mut self, app: &App) -> Timestamp {
        let now = app.now();
        let mut next = now.plus_millis(LONGEST);
        for (slug, plans, end) in due(app, now) {
            next = next.min(end);
            if self.0.get(&slug) == Some(&plans) {
                continue;
            }
            match renew_product(app, &slug).await {
                Ok(()) => {
                    self.0.insert(slug, plans);
                }
                Err(problem) => {
                    let (code, private) = (problem.code, problem.private.unwrap_or_default());
                    tracing::warn!(product = %slug, code, private, "credits are not renewed yet");
                    next = next.min(now.plus_millis(AGAIN));
                }
            }
        }
        next
    }
}

/// The products that have plans with credits, and when the first of their periods ends.
fn due(app: &App, now: Timestamp) -> Vec<(Slug, Plans, Timestamp)> {
    let products = app.engine.index().products();
    let due = products.iter().filter_map(|product| {
        let (plans, end) = periods(&product.rules(), now)?;
        Some((product.slug().clone(), plans, end))
    });
    due.collect()
}

fn periods(rules: &Rules, now: Timestamp) -> Option<(Plans, Timestamp)> {
    let periods: Vec<_> = plans_with_credits(rules)
        .map(|(plan, credits)| (plan, credits, credits.every.period(now)))
        .collect();
    let end = periods.iter().map(|(.., period)| period.end).min()?;
    let plans = periods
        .into_iter()
        .map(|(plan, credits, period)| (plan.to_owned(), credits, period.name));
    Some((plans.collect(), end))
}

/// Makes this period's credits for all organizations of a product that do not have them.
async fn renew_product(app: &App, product: &Slug) -> Result<(), Problem> {
    let mut before = None;
    loop {
        let filter = OrganizationFilter {
            product: Some(product.clone()),
            ..OrganizationFilter::default()
        };
        let limit = AT_ONCE;
        let page = Page { before, limit };
        let rows = app.store.organizations(filter, page).await?;
        let some: Vec<OrganizationId> = rows.iter().map(|row| row.id).collect();
        let Some(last) = some.last() else {
            return Ok(());
        };
        before = Some(*last);
        if let Err(problem) = renew_many(app, &some).await {
            tracing::warn!(code = problem.code, "credits are renewed one by one");
            one_by_one(app, &some).await?;
        }
    }
}

/// One that cannot be granted any more must not keep the others' credits back.
async fn one_by_one(app: &App, some: &[OrganizationId]) -> Result<(), Problem> {
    for id in some {
        match renew(app, *id).await {
            Ok(_) => {}
            Err(problem) if problem.status == http::StatusCode::CONFLICT => {
                let code = problem.code;
                tracing::warn!(organization = %id, code, "its credits are not renewed");
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}
