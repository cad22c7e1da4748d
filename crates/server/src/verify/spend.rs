//! Paying for calls that cost credits.
//!
//! A call that everything else allows and that costs something leaves a [`Bill`]. The ledger is paid
//! before anything is answered; when rights may have changed meanwhile, the call is decided again,
//! and a charge for a call that is refused after all is reversed.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use keystile_core::credit::{AccountId, Change, Refusal, SpendOrder, Spent};
use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::Introspection;
use keystile_core::model::{Mode, SpendId, Timestamp};
use keystile_core::policy::limits;
use keystile_core::request::RequestFacts;
use keystile_core::snapshot::Found;
use keystile_store::{Asked, CommitError};

use crate::app::App;
use crate::manage;
use crate::metrics::Door;

/// What whoever asks says of paying.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Payment<'p> {
    /// The cost, where the manifest allows a range.
    pub(super) cost: Option<u64>,
    /// By what a repetition of the call is known.
    pub(super) idempotency_key: Option<&'p str>,
    /// Whether the cost is only set aside.
    pub(super) reserve: bool,
}

/// What an allowed call is to pay, and what is to be noted when it has.
#[derive(Debug)]
pub(crate) struct Bill {
    order: Arc<SpendOrder>,
    /// The state of the index on which the call was allowed.
    state: Option<u64>,
    /// Whether the organization's plan grants credits again and again.
    renews: bool,
    found: Found,
    at: Timestamp,
    from: Option<IpAddr>,
    operation: Option<u32>,
    door: Door,
}

/// What became of a bill.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paid {
    /// Paid, on the same state of rights on which the call was allowed: it is.
    Allowed(Spent),
    /// To be decided again: rights may have changed, or it is not paid.
    Again(Result<Spent, DenyReason>),
}

impl Bill {
    /// The bill of a decision; none when the call is refused or costs nothing.
    ///
    /// # Errors
    /// When nobody can say what the call costs; then it must not be allowed.
    pub(super) fn of(
        app: &App,
        decision: &Introspection<'_>,
        payment: Payment<'_>,
        (door, state): (Door, Option<u64>),
        facts: &RequestFacts<'_>,
    ) -> Result<Option<Box<Self>>, DenyReason> {
        let (Ok(_), Some(key), Some(operation)) =
            (decision.verdict, &decision.key, decision.operation)
        else {
            return Ok(None);
        };
        let rules = &decision.rules;
        let operation = rules.operations.get(operation);
        let operation = operation.ok_or(DenyReason::Undecided)?;
        let cost = operation.charge(payment.cost);
        let cost = u64::from(cost.map_err(|_| DenyReason::Undecided)?);
        if cost == 0 {
            return Ok(None);
        }
        let account = AccountId {
            organization: key.organization_id(),
            mode: key.mode(),
        };
        let asked = Asked {
            key: key.id(),
            operation: &operation.text,
            cost,
            reserve: payment.reserve,
        };
        let remember = payment
            .idempotency_key
            .map(|text| app.store.remember(account, text, &asked));
        let plan = limits::plan(key, rules);
        let recurring = plan.and_then(|plan| plan.credits);
        let renews = recurring.is_some_and(|credits| match account.mode {
            Mode::Live => credits.live > 0,
            Mode::Test => credits.test > 0,
        });
        Ok(Some(Box::new(Self {
            order: Arc::new(SpendOrder {
                account,
                key: key.id(),
                amount: cost,
                caps: key.spend_caps(),
                reserve_millis: payment
                    .reserve
                    .then(|| i64::from(rules.reservation_seconds) * 1000),
                operation: Some(Arc::clone(&operation.text)),
                remember,
                thresholds: Arc::clone(&rules.credit_thresholds),
            }),
            state,
            renews,
            found: *key.found(),
            at: facts.now,
            from: facts.ip,
            operation: rules.number_of(operation.index),
            door,
        })))
    }

    /// The door through which it came.
    pub(super) const fn door(&self) -> Door {
        self.door
    }

    /// Has the call decided again in any case, because its answer tells more than the verdict.
    pub(super) fn undecided(mut self: Box<Self>) -> Box<Self> {
        self.state = None;
        self
    }

    /// Pays it. When this returns, the charge is durable, or there is none, or nobody knows.
    pub(super) async fn pay(&self, app: &App) -> Paid {
        let mut paid = app.store.spend(Arc::clone(&self.order)).await;
        if let Ok(Err(Refusal::Exhausted {
            recurring_until, ..
        })) = paid
            && self.renews
            && recurring_until.is_none_or(|until| until <= app.now())
            // Boxed, so that what every charged call awaits stays small.
            && Box::pin(renew(app, self.order.account)).await
        {
            paid = app.store.spend(Arc::clone(&self.order)).await;
        }
        match outcome(paid) {
            Ok(spent) if self.state.is_some() && self.state == app.engine.index().state() => {
                let index = app.engine.index();
                index.note_allowed(&self.found, self.at, self.from, self.operation);
                app.metrics.verdict(self.door, Code::Ok);
                Paid::Allowed(spent)
            }
            paid => Paid::Again(paid),
        }
    }
}

fn outcome(paid: Result<Result<Spent, Refusal>, CommitError>) -> Result<Spent, DenyReason> {
    match paid {
        Ok(Ok(spent)) => Ok(spent),
        Ok(Err(Refusal::Exhausted { .. })) => Err(DenyReason::CreditsExhausted),
        Ok(Err(Refusal::CapReached { period, .. })) => Err(DenyReason::SpendCapReached(period)),
        Ok(Err(Refusal::Mismatch)) => Err(DenyReason::IdempotencyConflict),
        Ok(Err(Refusal::TooManyRemembered)) => {
            tracing::warn!("so many charges are remembered that none with a new key can be");
            Err(DenyReason::Undecided)
        }
        Err(CommitError::Unknown(_)) => Err(DenyReason::SpendUnknown),
        Err(error) => {
            tracing::warn!(%error, "a call could not be charged");
            Err(DenyReason::Undecided)
        }
    }
}

/// Makes the grants of the plan's current period, if they are missing; whether it is worth the while
/// to try again.
async fn renew(app: &App, account: AccountId) -> bool {
    match manage::renew(app, account.organization).await {
        Ok(_) => true,
        Err(problem) => {
            let organization = account.organization;
            let problem = problem.private.unwrap_or(problem.detail);
            tracing::warn!(%organization, problem, "the period's credits could not be granted");
            false
        }
    }
}

/// A call was refused after it was paid: the charge is reversed, unless it is an earlier call's.
pub(super) async fn reverse(app: &App, spent: Spent) {
    if spent.repeated {
        return;
    }
    if let Err(error) = app.store.change_charge(spent.spend, Change::Reverse).await {
        let spend: SpendId = spent.spend;
        tracing::error!(%spend, %error, "the charge of a refused call could not be reversed");
    }
}

/// Pays several bills at once, in their order.
pub(super) async fn pay_all(app: &App, bills: &[&Bill]) -> Vec<Paid> {
    let mut paying: Vec<Paying<'_>> = bills
        .iter()
        .map(|bill| Paying::Waiting(Box::pin(bill.pay(app))))
        .collect();
    // Each is polled in turn, so they queue in their order; then all wait together.
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for one in &mut paying {
            if let Paying::Waiting(bill) = one {
                match bill.as_mut().poll(context) {
                    Poll::Ready(paid) => *one = Paying::Done(paid),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if is_done {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    let paid = paying.into_iter().filter_map(|one| match one {
        Paying::Done(paid) => Some(paid),
        Paying::Waiting(_) => None,
    });
    paid.collect()
}

enum Paying<'b> {
    Waiting(Pin<Box<dyn Future<Output = Paid> + Send + 'b>>),
    Done(Paid),
}
