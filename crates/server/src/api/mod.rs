//! The JSON API: one file an operation, each with its request, its answers and its handler.
//!
//! [`operations`] is the whole of it. The router, the OpenAPI document and the tests that every
//! operation is authorized, documented and audited all read that one list.

mod answer;
pub(crate) mod body;
mod call;
mod credits;
pub(crate) mod csv;
mod environments;
mod flow;
mod idempotency;
mod installation;
mod key_view;
mod keys;
mod operation;
mod organizations;
mod products;
mod projects;
mod usage;
mod view;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, decoded};
pub(crate) use credits::{Ledger, ledger_rows};
pub(crate) use flow::Body;
pub(crate) use idempotency::remembered;
pub(crate) use key_view::{KeyView, idle_rules};
pub(crate) use keys::{OwnKeyEnded, end_own_key};
pub(crate) use operation::Operation;

/// Every operation of the API.
pub(crate) fn operations() -> Vec<Operation> {
    let groups = [
        keys::operations(),
        organizations::operations(),
        projects::operations(),
        environments::operations(),
        credits::operations(),
        products::operations(),
        usage::operations(),
        installation::operations(),
    ];
    groups.into_iter().flatten().collect()
}
