//! Organizations: `/v1/organizations`.

mod change;
mod create;
mod list;
mod portal;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        create::operation(),
        create::or_get(),
        list::operation(),
        list::show(),
        change::operation(),
        change::delete(),
        portal::operation(),
    ]
}
