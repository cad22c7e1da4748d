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

use super::Operation;

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
