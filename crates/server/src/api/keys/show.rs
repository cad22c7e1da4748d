//! `GET /v1/keys/{key}`

use crate::api::key_view::KeyView;
use crate::api::view::Changed;
use crate::api::{Answer, Call, Operation};
use crate::problem::Problem;

pub(super) fn operation() -> Operation {
    Operation::get("getKey", "/v1/keys/{key}")
        .needs("keys:read")
        .says(
            "Show a key",
            "`effective` is the proof that the last change which took rights away is in force.",
        )
        .answers::<Changed<KeyView>>(200, "The key")
        .handled(handle)
}

async fn handle(call: Call) -> Result<Answer, Problem> {
    let work = call.work();
    let placed = work.key(call.id("key")?).await?;
    let effective = work.effective(placed.key.narrowed_seq).await?;
    let thing = KeyView::one(&call.app, &placed.key).await?;
    Ok(Answer::ok(&Changed { thing, effective }).version(placed.key.seq))
}
