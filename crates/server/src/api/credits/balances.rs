//! `GET /v1/organizations/{organization}/credits`

use keystile_core::credit::AccountId;
use keystile_core::model::Mode;
use keystile_store::Balances;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::{Answer, Call, Operation};
use crate::manage::unread;
use crate::problem::Problem;

/// The two accounts of an organization, which never touch.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Credits")]
struct Credits {
    /// What live keys spend from.
    live: Balance,
    /// What test keys spend from.
    test: Balance,
}

/// What an account holds. `granted` is always the sum of the others.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Balance")]
struct Balance {
    /// Everything that was ever granted.
    granted: u64,
    /// What was spent, less refunds.
    spent: u64,
    /// What is set aside for calls whose cost is not known yet.
    reserved: u64,
    /// What ended unspent, with its time or because its grant was declared void.
    expired: u64,
    /// What can be spent.
    remaining: u64,
}

impl From<Balances> for Balance {
    fn from(held: Balances) -> Self {
        let Balances {
            granted,
            spent,
            reserved,
            expired,
            remaining,
        } = held;
        Self {
            granted,
            spent,
            reserved,
            expired,
            remaining,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("getCredits", "/v1/organizations/{organization}/credits")
        .needs("credits:read")
        .says(
            "Show an organization's credits",
            "Exact at this moment. Accounts of deleted organizations are shown too.",
        )
        .answers::<Credits>(200, "Both accounts")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let work = call.work();
    work.must_not_be_confined()?;
    let owner = work.account_owner(call.id("organization")?).await?;
    let organization = owner.id;
    let held = async |mode| {
        let account = AccountId { organization, mode };
        let held = call.app.store.balances(account).await;
        held.map(Balance::from).map_err(unread)
    };
    let (live, test) = (held(Mode::Live).await?, held(Mode::Test).await?);
    Ok(Answer::ok(&Credits { live, test }))
}
