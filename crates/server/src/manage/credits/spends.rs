//! What becomes of charges: refunded, settled, released.

use keystile_core::credit::{Change, Charged, MOST_GRANTED, Unchanged};
use keystile_core::model::{Mode, SpendId, Timestamp};
use keystile_store::{Changed, CommitError};

use crate::app::App;
use crate::manage::field::Fields;
use crate::manage::work::{Failure, Work};
use crate::problem::Problem;

impl Work<'_> {
    /// A charge within the caller's reach; also one of an organization that is deleted, because its
    /// calls may have been under way.
    pub(crate) async fn spend(&self, id: SpendId) -> Result<Charged, Problem> {
        let missing = || Problem::not_found("spend");
        let found = self.app.store.charged(id).await;
        let charged = found.map_err(unread)?.ok_or_else(missing)?;
        let account = charged.account;
        let own = self.caller.environment().map(Mode::of_environment);
        if own.is_some_and(|own| own != account.mode) {
            return Err(missing());
        }
        match self.account_owner(account.organization).await {
            Ok(_) => Ok(as_of(self.now(), charged)),
            Err(Failure::Problem(problem)) if problem.status == http::StatusCode::NOT_FOUND => {
                Err(missing())
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

/// A reservation whose time is over has ended, whether or not that is written down yet.
fn as_of(now: Timestamp, charged: Charged) -> Charged {
    let is_over = charged.reserved_until.is_some_and(|end| end <= now);
    if !charged.is_open() || !is_over {
        return charged;
    }
    Charged {
        returned: charged.charge.amount,
        ran_out: true,
        ..charged
    }
}

/// Writes down all that has ended until now; when something ends next.
pub(crate) async fn write_ends_down(app: &App) -> Result<Option<Timestamp>, CommitError> {
    let now = app.now();
    loop {
        let next = app.store.end_due().await?;
        // So many are written at once; what is left of them is due still.
        if next.is_none_or(|next| next > now) {
            return Ok(next);
        }
    }
}

/// Whether so many credits can be refunded or settled at all.
pub(crate) fn check_amount(amount: Option<u64>, least: u64) -> Result<(), Problem> {
    let mut fields = Fields::default();
    if let Some(amount) = amount {
        fields.credits("/amount", amount, least..=MOST_GRANTED);
    }
    fields.finish()
}

/// Changes what became of a charge; durable when this returns.
pub(crate) async fn change_spend(
    work: &Work<'_>,
    id: SpendId,
    change: Change,
) -> Result<Changed, Problem> {
    work.must_be_the_operators()?;
    work.spend(id).await?;
    let changed = work.app.store.change_charge(id, change).await;
    let changed = changed.map_err(unwritten)?;
    let changed = changed.ok_or_else(|| Problem::not_found("spend"))?;
    changed.map_err(|unchanged| refusal(change, unchanged))
}

/// What an account holds could not be asked for; nothing was to be changed.
pub(crate) fn unread(error: CommitError) -> Problem {
    let detail = "the ledger does not answer; try again";
    Problem::unavailable("store_unavailable", detail).because(error)
}

fn unwritten(error: CommitError) -> Problem {
    match error {
        CommitError::Unknown(_) => Problem::unavailable(
            "spend_unknown",
            "it is not known whether this was written: look at the spend before you repeat it",
        )
        .because(error),
        other => other.into(),
    }
}

fn refusal(change: Change, unchanged: Unchanged) -> Problem {
    match (unchanged, change) {
        (Unchanged::TooMuch { left }, Change::Settle { .. }) => Problem::conflict(
            "settle_exceeds_reservation",
            format!("only {left} credits are reserved: settle at most so many"),
        ),
        (Unchanged::TooMuch { left }, _) => Problem::conflict(
            "refund_exceeds_spend",
            format!("{left} credits are left of this spend: refund at most so many"),
        ),
        (Unchanged::Open, _) => Problem::conflict(
            "reservation_open",
            "these credits are only reserved: settle or release them instead",
        ),
        (Unchanged::NotReserved, _) => Problem::conflict(
            "not_reserved",
            "these credits are spent, not reserved: refund them instead",
        ),
        (Unchanged::Ended, Change::Release) => Problem::conflict(
            "reservation_ended",
            "this reservation was settled: refund the spend instead",
        ),
        (Unchanged::Ended, _) => Problem::conflict(
            "reservation_ended",
            "this reservation was settled for another amount, was released, or ran out: \
             `GET` the spend tells which",
        ),
    }
}
