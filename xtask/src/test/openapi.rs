//! The interface description: what is committed is what the binary prints. That a linter accepts it
//! and that the running server keeps to it is tried by the command line's own `contract` tests.

use super::{Count, announce};
use crate::generate;

pub(super) fn checks() -> Count {
    announce("openapi/v1.json is what the binary prints");
    Count::one(generate::interface_is_current())
}
