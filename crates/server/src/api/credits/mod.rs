//! Credits: `/v1/organizations/{organization}/credits`, `…/ledger` and `…/grants`, `/v1/grants` and
//! `/v1/spends`.

mod amount;
mod balances;
mod entry;
mod export;
mod grants;
mod ledger;
mod spends;
mod view;

pub(crate) use export::Ledger;

use keystile_core::credit::AccountId;
use keystile_store::Page as Part;

use self::entry::EntryView;
use super::Operation;
use crate::app::App;
use crate::problem::Problem;

/// What happened to an account last, newest first.
pub(crate) async fn ledger_rows(
    app: &App,
    account: AccountId,
    limit: u32,
) -> Result<Vec<EntryView>, Problem> {
    let part = Part {
        before: None,
        limit,
    };
    let mut rows = Vec::new();
    for row in app.store.entries(account, part).await? {
        rows.push(entry::show(app, row).await?);
    }
    Ok(rows)
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        balances::operation(),
        ledger::operation(),
        grants::create(),
        grants::list(),
        grants::void(),
        spends::show(),
        spends::refund(),
        spends::settle(),
        spends::release(),
    ]
}
