//! `GET /v1/spends/{spend}`, and `POST …/refund`, `…/settle` and `…/release`

use keystile_core::credit::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::view::SpendView;
use crate::api::{Answer, Operation};
use crate::manage::{change_spend, check_amount};
use crate::problem::Problem;

/// How much goes back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RefundSpend")]
struct Refund {
    /// How many credits; left out, all that are left of the spend.
    #[serde(default)]
    #[schemars(range(min = 1))]
    amount: Option<Amount>,
}

/// What the call cost.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettleSpend")]
struct Settle {
    /// How many credits, at most what is reserved; 0 is nothing.
    amount: Amount,
}

/// Nothing is to be said; a body, if there is one, is an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// One charge.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OneSpend")]
struct One {
    spend: SpendView,
}

/// A charge that was changed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangedSpend")]
struct Changed {
    spend: SpendView,
    credits: Remaining,
}

/// What is left of the account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RemainingCredits")]
struct Remaining {
    /// What can be spent.
    remaining: u64,
}

pub(super) fn show() -> Operation {
    Operation::get("getSpend", "/v1/spends/{spend}")
        .needs("credits:read")
        .says(
            "Show what a call was charged",
            "As it stands now, with what was settled and refunded.",
        )
        .answers::<One>(200, "The spend")
        .handled(|call| async move {
            let charged = call.work().spend(call.id("spend")?).await?;
            let spend = SpendView::from(&charged);
            Ok(Answer::ok(&One { spend }))
        })
}

pub(super) fn refund() -> Operation {
    Operation::post("refundSpend", "/v1/spends/{spend}/refund")
        .needs("keys:verify")
        .says(
            "Refund a spend",
            "Back to the grants it came from, in sum never more than was spent; what returns to a \
             grant that has ended counts as expired. Without `amount` it may be repeated: what is \
             refunded stays refunded once. A part that is repeated is refunded again, so look at \
             `refunded` first; an `Idempotency-Key` is refused there.",
        )
        .body_or_none::<Refund>()
        .answers::<Changed>(200, "The spend as it is now")
        .handled(|call| async move {
            let id = call.id("spend")?;
            let body: Refund = call.json_or_default()?;
            let amount = body.amount.map(|amount| amount.0);
            check_amount(amount, 1)?;
            if amount.is_some() && call.headers.contains_key("idempotency-key") {
                let detail = "a refund of a part heeds no Idempotency-Key: look at `refunded` of \
                              the spend before you repeat it, or refund all that is left";
                return Err(Problem::bad_request(detail));
            }
            let changed = change_spend(&call.work(), id, Change::Refund { amount }).await?;
            Ok(answer(&changed))
        })
}

pub(super) fn settle() -> Operation {
    Operation::post("settleSpend", "/v1/spends/{spend}/settle")
        .needs("keys:verify")
        .says(
            "Settle a reservation",
            "The call cost so much; the rest of what was reserved is free again. The same again \
             changes nothing.",
        )
        .body::<Settle>()
        .answers::<Changed>(200, "The spend as it is now")
        .handled(|call| async move {
            let id = call.id("spend")?;
            let body: Settle = call.json()?;
            let amount = body.amount.0;
            check_amount(Some(amount), 0)?;
            let changed = change_spend(&call.work(), id, Change::Settle { amount }).await?;
            Ok(answer(&changed))
        })
}

pub(super) fn release() -> Operation {
    Operation::post("releaseSpend", "/v1/spends/{spend}/release")
        .needs("keys:verify")
        .says(
            "Release a reservation",
            "Nothing is spent; all of it is free again. The same again changes nothing.",
        )
        .answers::<Changed>(200, "The spend as it is now")
        .handled(|call| async move {
            let id = call.id("spend")?;
            let Nothing {} = call.json_or_default()?;
            let changed = change_spend(&call.work(), id, Change::Release).await?;
            Ok(answer(&changed))
        })
}

fn answer(changed: &keystile_store::Changed) -> Answer {
    let remaining = changed.remaining;
    Answer::ok(&Changed {
        spend: SpendView::from(&changed.charged),
        credits: Remaining { remaining },
    })
}
