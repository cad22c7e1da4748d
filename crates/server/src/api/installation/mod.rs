//! The installation itself: operator keys and the audit log.

mod audit;
mod operator_keys;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![audit::operation(), operator_keys::operation()]
}
