//! The first start: key material, the built-in product, and the first operator key.

use keystile_core::key::{Keyring, MasterKey, Random, RandomError, WrappedKey};
use keystile_core::manifest::OPERATOR_MANIFEST;
use keystile_core::model::{
    Action, Environment, EnvironmentId, Mode, Organization, OrganizationId, Product, Project,
    ProjectId, Record, Slug, Timestamp,
};
use keystile_store::{EnvironmentFilter, OrganizationFilter, Page, Write};
use serde_json::json;

use super::operator_keys::{NewOperatorKey, check_bootstrap, create_operator_key, is_known};
use super::work::{Request, Work};
use crate::app::{App, Caller};
use crate::problem::Problem;

/// Fresh key material for a new installation, wrapped by its master key.
///
/// # Errors
/// When the random source fails.
pub(crate) fn fresh_keyring(
    master: &MasterKey,
    random: &dyn Random,
) -> Result<Vec<WrappedKey>, RandomError> {
    Keyring::generate(random)?
        .iter()
        .map(|key| key.wrap(master, random))
        .collect()
}

/// Makes the built-in product with the one environment that owns operator keys, if it is not
/// there yet.
///
/// # Errors
/// When it cannot be written, as text for people.
pub(crate) async fn ensure_operator_product(app: &App) -> Result<(), String> {
    ensure(app).await.map_err(|problem| problem.detail)
}

async fn ensure(app: &App) -> Result<(), Problem> {
    let slug = Slug::operator();
    if app.store.product(&slug).await?.is_some() {
        return Ok(());
    }
    let caller = Caller::system();
    let work = Work::new(app, &caller, Request::default());
    let writes = operator_records(&work, &slug, work.now())?;
    let made = work
        .attempt(async || {
            let mut change = work.change(Action::InstallationCreated, json!({}));
            change.product = Some(slug.clone());
            change.writes = writes.iter().cloned().map(Write::Insert).collect();
            work.commit(change).await
        })
        .await;
    made.map(drop)
}

fn operator_records(work: &Work<'_>, slug: &Slug, now: Timestamp) -> Result<Vec<Record>, Problem> {
    let organization = OrganizationId::new(now, work.fresh()?);
    let project = ProjectId::new(now, work.fresh()?);
    let environment = EnvironmentId::new(now, work.fresh()?);
    let (product, name) = (slug.clone(), "Keystile".to_owned());
    Ok(vec![
        Record::Product(Product {
            slug: product.clone(),
            manifest: OPERATOR_MANIFEST.to_owned(),
            created_at: now,
            updated_at: now,
            seq: 0,
        }),
        Record::Organization(Organization {
            id: organization,
            product: product.clone(),
            external_id: None,
            name: name.clone(),
            plan: None,
            metadata: None,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        }),
        Record::Project(Project {
            id: project,
            organization,
            product: product.clone(),
            name,
            metadata: None,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        }),
        Record::Environment(Environment {
            id: environment,
            project,
            organization,
            product,
            name: "production".to_owned(),
            mode: Mode::Live,
            enabled: true,
            created_at: now,
            deleted_at: None,
            narrowed_seq: None,
            seq: 0,
        }),
    ])
}

/// The environment that owns operator keys.
pub(crate) async fn operator_environment(app: &App) -> Result<EnvironmentId, Problem> {
    let slug = Slug::operator();
    let organizations = OrganizationFilter {
        product: Some(slug.clone()),
        ..Default::default()
    };
    let first = Page {
        before: None,
        limit: 1,
    };
    let organization = app.store.organizations(organizations, first).await?;
    let filter = EnvironmentFilter {
        product: Some(slug),
        ..Default::default()
    };
    let environments = app
        .store
        .environments(
            filter,
            Page {
                before: None,
                limit: 1,
            },
        )
        .await?;
    let found = environments.first().filter(|_| !organization.is_empty());
    found.map(|environment| environment.id).ok_or_else(|| {
        Problem::unavailable(
            "undecided",
            "the built-in product is incomplete; restore a backup",
        )
    })
}

/// Takes the key of `KEYSTILE_BOOTSTRAP_KEY` in: the first operator key, with every scope,
/// bound to nothing. A key that is known already is left as it is.
///
/// # Errors
/// When it is not a well-formed operator key or cannot be written, as text for people.
pub async fn take_bootstrap_key(app: &App, text: &str) -> Result<(), String> {
    let products = app.engine.index().products();
    let operator = products
        .get(Slug::OPERATOR)
        .ok_or("the built-in product is not loaded")?;
    let value = check_bootstrap(text, &operator.rules()).map_err(|why| {
        format!("not an operator key: {why}; `keystile mint --brand keystile` makes one")
    })?;
    let caller = Caller::system();
    let work = Work::new(app, &caller, Request::default());
    let keyring = app.engine.keyring();
    let mut digests = keyring
        .peppers()
        .iter()
        .map(|pepper| pepper.digest(value.reveal()));
    if digests.any(|digest| is_known(&work, &digest)) {
        return Ok(());
    }
    let environment = operator_environment(app)
        .await
        .map_err(|problem| problem.detail)?;
    let new = NewOperatorKey {
        name: "Bootstrap key".to_owned(),
        scopes: None,
        product: None,
        environment: None,
        expires_at: None,
        value: Some(value),
    };
    create_operator_key(&work, environment, &new)
        .await
        .map_err(|problem| problem.detail)?;
    Ok(())
}
