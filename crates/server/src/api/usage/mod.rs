//! How often keys are used, and how their calls end.

mod show;

use super::Operation;

/// The operations of this room.
pub(super) fn operations() -> Vec<Operation> {
    vec![show::of_key(), show::of_many()]
}
