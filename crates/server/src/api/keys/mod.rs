//! Keys: `/v1/keys` and `/v1/environments/{environment}/keys`.

mod adopt;
mod change;
mod create;
mod end;
mod import;
mod list;
mod rotate;
mod show;

use super::Operation;

pub(super) use create::repeat as repeat_create;

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
        end::revoke(),
        end::delete(),
    ]
}
