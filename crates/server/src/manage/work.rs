//! What every use-case does the same way: reading with the caller's reach, committing, waiting
//! until the change is in force.

use std::future::Future;
use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{
    Action, Effective, Environment, EnvironmentId, Key, KeyId, Kind, Organization, OrganizationId,
    Personal, Product, Project, ProjectId, Record, RequestId, Slug, Subject, Timestamp,
};
use keystile_store::{Change, CommitError, Committed, Guard, Idempotency, StoreError, Write};

use crate::app::{App, Caller};
use crate::problem::Problem;

const TRIES: u32 = 8;

/// What is known of the request a use-case serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Its id.
    pub(crate) id: Option<RequestId>,
    /// Where it came from.
    pub(crate) personal: Option<Personal>,
    /// What to remember, so that a repeat finds it; the outcome is filled in by the use-case.
    pub(crate) idempotency: Option<Idempotency>,
}

/// One use-case at work for one checked caller.
pub(crate) struct Work<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) request: Request,
}

/// Why an attempt did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something it rested on has changed: worth another attempt.
    Conflict(Subject),
    /// This is the answer.
    Problem(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(subject) => Self::Conflict(subject),
            other => Self::Problem(other.into()),
        }
    }
}

/// A single read is never worth another attempt: whatever went wrong is the answer.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Problem(problem) => problem,
            Failure::Conflict(subject) => CommitError::Conflict(subject).into(),
        }
    }
}

/// A key with everything above it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) key: Key,
    pub(crate) environment: Environment,
    pub(crate) organization: Organization,
}

impl<'a> Work<'a> {
    pub(crate) fn new(app: &'a App, caller: &'a Caller, request: Request) -> Self {
        Self {
            app,
            caller,
            request,
        }
    }

    /// The time by the store.
    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Tries again while what was read has changed by the time it is written.
    pub(crate) async fn attempt<T, F, A>(&self, attempt: F) -> Result<T, Problem>
    where
        F: Fn() -> A,
        A: Future<Output = Result<T, Failure>>,
    {
        let mut last = None;
        for _ in 0..TRIES {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Failure::Problem(problem)) => return Err(problem),
                Err(Failure::Conflict(subject)) => last = Some(subject),
            }
        }
        let subject = last.map_or_else(|| "something".to_owned(), |subject| subject.to_string());
        let detail = format!("{subject} keeps being changed by others; try again");
        Err(Problem::conflict("changed_meanwhile", detail))
    }

    /// A change that does nothing yet.
    pub(crate) fn change(&self, action: Action, details: serde_json::Value) -> Change {
        Change {
            at: self.now(),
            action,
            actor: self.caller.actor().clone(),
            product: None,
            organization: None,
            details,
            request_id: self.request.id,
            personal: self.request.personal.clone(),
            guards: Vec::new(),
            writes: Vec::new(),
            idempotency: None,
            keyring: None,
        }
    }

    /// What to remember of a creating request, with the ids that answer a repeat.
    pub(crate) fn remember(&self, outcome: &impl ToString) -> Option<Idempotency> {
        let idempotency = self.request.idempotency.clone();
        idempotency.map(|known| Idempotency {
            outcome: outcome.to_string(),
            ..known
        })
    }

    /// Writes a change and waits until it is in force here.
    pub(crate) async fn commit(&self, change: Change) -> Result<Committed, Failure> {
        let committed = self.app.store.commit(change).await?;
        self.in_force(committed.seq).await?;
        Ok(committed)
    }

    /// Writes a change that takes rights away, and proves that it is in force everywhere.
    pub(crate) async fn narrow(&self, change: Change) -> Result<Effective, Failure> {
        let committed = self.commit(change).await?;
        let effective = Effective {
            seq: committed.seq,
            nodes: 1,
            confirmed: 1,
            lapsed: 0,
        };
        self.app.store.keep_effective(effective).await?;
        Ok(effective)
    }

    /// The proof for a narrowing that was made before: it is in force, or this waits for it.
    pub(crate) async fn effective(&self, seq: Option<u64>) -> Result<Option<Effective>, Problem> {
        let Some(seq) = seq else { return Ok(None) };
        self.in_force(seq).await?;
        let kept = self.app.store.effective(seq).await?;
        Ok(Some(kept.unwrap_or(Effective {
            seq,
            nodes: 1,
            confirmed: 1,
            lapsed: 0,
        })))
    }

    /// Waits until the index has applied the journal row `seq`.
    async fn in_force(&self, seq: u64) -> Result<(), Problem> {
        let mut applied = self.app.applied.subscribe();
        let waiting = applied.wait_for(|applied| *applied >= seq);
        match tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Problem::unavailable(
                "not_yet_in_force",
                format!("the change is written (journal row {seq}) but not yet in force here"),
            )),
        }
    }

    /// Waits until the index has applied all that is written now.
    pub(crate) async fn caught_up(&self) -> Result<(), Problem> {
        let head = self.app.store.head().await?;
        self.in_force(head.seq).await
    }

    /// The product that is named, or else the one that the caller is bound to.
    pub(crate) fn product_or_bound(&self, named: Option<&Slug>) -> Result<Slug, Problem> {
        let slug = named.or(self.caller.product()).ok_or_else(|| {
            let message = "name the product, or use an operator key that is bound to one";
            Problem::field("/product", message)
        })?;
        if slug.is_operator() {
            return Err(Problem::field("/product", "this product is Keystile's own"));
        }
        Ok(slug.clone())
    }

    /// The rules of a product, and a guard that they are still these when something is written.
    pub(crate) async fn rules(&self, slug: &Slug) -> Result<(Arc<Rules>, Guard), Failure> {
        let product = self.product(slug).await?;
        let rules = rules_of(&product)?;
        let guard = Guard::Unchanged(Subject::Product(product.slug.clone()), product.seq);
        Ok((Arc::new(rules), guard))
    }

    /// A product within the caller's reach: for members of an organization that one's alone.
    pub(crate) async fn product(&self, slug: &Slug) -> Result<Product, Failure> {
        if let Some(own) = self.caller.organization() {
            let own = self.organization(own).await;
            let own = own.map_err(|failure| hide(failure, "product"))?;
            if own.product != *slug {
                return Err(Problem::not_found("product").into());
            }
        }
        let found = self.app.store.product(slug).await?;
        let found = found.filter(|product| self.caller.reaches(&product.slug));
        found.ok_or_else(|| Problem::not_found("product").into())
    }

    /// Whether an organization may be known to the caller at all.
    pub(crate) fn reaches(&self, row: &Organization) -> bool {
        self.caller.reaches(&row.product) && self.caller.reaches_organization(row.id)
    }

    /// An organization within the caller's reach that is not deleted.
    pub(crate) async fn organization(&self, id: OrganizationId) -> Result<Organization, Failure> {
        let found = self.app.store.organization(id).await?;
        let known = |row: &Organization| row.deleted_at.is_none() && self.reaches(row);
        found
            .filter(known)
            .ok_or_else(|| Problem::not_found("organization").into())
    }

    /// A project within the caller's reach that is not deleted, with its organization.
    pub(crate) async fn project(&self, id: ProjectId) -> Result<(Project, Organization), Failure> {
        let found = self.app.store.project(id).await?;
        let known = |row: &Project| {
            row.deleted_at.is_none()
                && self.caller.reaches(&row.product)
                && self.caller.reaches_organization(row.organization)
        };
        let project = found
            .filter(known)
            .ok_or_else(|| Problem::not_found("project"))?;
        let above = self.organization(project.organization).await;
        let organization = above.map_err(|failure| hide(failure, "project"))?;
        Ok((project, organization))
    }

    /// An environment within the caller's reach that is not deleted, with what is above it.
    pub(crate) async fn environment(
        &self,
        id: EnvironmentId,
    ) -> Result<(Environment, Project, Organization), Failure> {
        let found = self.app.store.environment(id).await?;
        let known = |row: &Environment| {
            row.deleted_at.is_none()
                && self.caller.reaches_environment(&row.product, &row.name)
                && self.caller.reaches_organization(row.organization)
        };
        let environment = found
            .filter(known)
            .ok_or_else(|| Problem::not_found("environment"))?;
        let above = self.project(environment.project).await;
        let (project, organization) = above.map_err(|failure| hide(failure, "environment"))?;
        Ok((environment, project, organization))
    }

    /// A key within the caller's reach that is not deleted, with what is above it.
    pub(crate) async fn key(&self, id: KeyId) -> Result<Placed, Failure> {
        let placed = self.key_or_deleted(id).await?;
        if placed.key.deleted_at.is_some() {
            return Err(Problem::not_found("key").into());
        }
        Ok(placed)
    }

    /// A key within the caller's reach, also when it is deleted itself.
    pub(crate) async fn key_or_deleted(&self, id: KeyId) -> Result<Placed, Failure> {
        let found = self.app.store.key(id).await?;
        let key = found.ok_or_else(|| Problem::not_found("key"))?;
        let above = self.environment(key.environment).await;
        let (environment, _, organization) = above.map_err(|failure| hide(failure, "key"))?;
        Ok(Placed {
            key,
            environment,
            organization,
        })
    }

    /// Whether the caller may change this key: operator keys are the installation's business.
    pub(crate) async fn may_touch_keys_of(&self, id: KeyId) -> Result<(), Problem> {
        let placed = self.key(id).await?;
        if !placed.environment.product.is_operator() {
            return Ok(());
        }
        self.must_hold("installation:write")
    }

    /// Refuses callers whose operator key lacks a scope: nobody grants what they lack.
    pub(crate) fn must_hold(&self, scope: &str) -> Result<(), Problem> {
        let rules = Rules::operator().map_err(|why| {
            Problem::unavailable("undecided", "the built-in product is unusable").because(why)
        })?;
        let needed = rules.resolve_scopes(Kind::Secret, &[scope.to_owned()]);
        if self.caller.holds(&needed) {
            return Ok(());
        }
        let detail = format!("this operator key lacks the scope {scope}");
        Err(Problem::forbidden("insufficient_scope", detail))
    }

    /// What the built-in product consists of is not for changing: operator keys alone are.
    pub(crate) fn must_not_be_built_in(&self, product: &Slug) -> Result<(), Problem> {
        if product.is_operator() {
            let detail = "this belongs to Keystile itself and is not changed";
            return Err(Problem::forbidden("built_in", detail));
        }
        Ok(())
    }

    /// Environment-bound callers act on keys only.
    pub(crate) fn must_not_be_confined(&self) -> Result<(), Problem> {
        match self.caller.environment() {
            None => Ok(()),
            Some(name) => Err(Problem::forbidden(
                "outside_binding",
                format!("this operator key is bound to the environment {name}"),
            )),
        }
    }

    /// What the operator alone decides is not for members of an organization.
    pub(crate) fn must_be_the_operators(&self) -> Result<(), Problem> {
        match self.caller.organization() {
            None => Ok(()),
            Some(_) => Err(Problem::forbidden(
                "outside_binding",
                "this is for the operator, not for members of an organization",
            )),
        }
    }

    /// Only callers that are bound to nothing.
    pub(crate) fn must_be_unbound(&self) -> Result<(), Problem> {
        self.must_be_the_operators()?;
        match self.caller.product() {
            None => Ok(()),
            Some(slug) => Err(Problem::forbidden(
                "outside_binding",
                format!("this operator key is bound to the product {slug}"),
            )),
        }
    }
}

/// What is above a thing must not be told apart from the thing itself.
fn hide(failure: Failure, what: &str) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.status == http::StatusCode::NOT_FOUND => {
            Problem::not_found(what).into()
        }
        other => other,
    }
}

/// The rules that a stored product means.
pub(super) fn rules_of(product: &Product) -> Result<Rules, Problem> {
    let rules = if product.slug.is_operator() {
        Rules::operator()
    } else {
        keystile_core::manifest::Manifest::from_toml(&product.manifest)
            .and_then(|manifest| Rules::check(&manifest))
    };
    rules.map_err(|why| {
        let detail = format!(
            "the manifest of {} does not check any more; apply it anew",
            product.slug
        );
        Problem::unavailable("manifest_unusable", detail).because(why)
    })
}

/// Replaces a record by its next version.
pub(super) fn update(record: Record, replaces: u64) -> Write {
    Write::Update { record, replaces }
}
