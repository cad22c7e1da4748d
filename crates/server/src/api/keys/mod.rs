//! Keys: `/v1/keys` and `/v1/environments/{environment}/keys`.

mod adopt;
mod change;
mod create;
mod end;
mod end_own;
mod import;
mod list;
mod retire;
mod reveal;
mod rotate;
mod show;

use super::Operation;

pub(super) use create::repeat as repeat_create;
pub(crate) use end_own::{OwnKeyEnded, end_own_key};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        create::operation(),
        adopt::operation(),
        import::operation(),
        list::operation(),
        list::operation_in_environment(),
        show::operation(),
        change::operation(),
        rotate::operation(),
        retire::operation(),
        reveal::operation(),
        end::revoke(),
        end::delete(),
    ]
}
