//! Products: `/v1/products`.

mod apply;
mod list;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![apply::operation(), list::operation(), list::show()]
}
