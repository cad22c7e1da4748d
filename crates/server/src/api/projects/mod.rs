//! Projects: `/v1/organizations/{organization}/projects` and `/v1/projects/{project}`.

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
