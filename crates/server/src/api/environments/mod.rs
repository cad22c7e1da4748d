//! Environments: `/v1/projects/{project}/environments` and `/v1/environments/{environment}`.

mod change;
mod create;
mod list;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        create::operation(),
        list::operation(),
        list::show(),
        change::operation(),
        change::delete(),
    ]
}
