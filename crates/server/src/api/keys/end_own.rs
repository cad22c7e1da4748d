//! What answers `POST /v1/keys/self/revoke`, whose caller is a key and no operator.

use http::HeaderMap;
use keystile_core::key::preview;
use keystile_core::model::{Effective, KeyId, KeyState, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::body;
use crate::manage::{Work, end_key};
use crate::problem::Problem;

/// Nothing is to be said; a body, if there is one, is an empty object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {}

/// A key that its holder has revoked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnKeyEnded {
    key: DeadKey,
    /// No request that begins from now on is allowed on any of these nodes.
    effective: Effective,
}

/// What its holder is told of it; notes and metadata are the operator's.
#[derive(Debug, Serialize, JsonSchema)]
struct DeadKey {
    id: KeyId,
    name: String,
    preview: String,
    status: KeyState,
    revoked_at: Option<Timestamp>,
}

/// Revokes the key for good.
///
/// # Errors
/// When the body says anything, or the change cannot be made.
pub(crate) async fn end_own_key(
    work: &Work<'_>,
    id: KeyId,
    headers: &HeaderMap,
    sent: &[u8],
) -> Result<OwnKeyEnded, Problem> {
    if !sent.is_empty() {
        let Body {} = body::parse(headers, sent)?;
    }
    let (placed, effective) = end_key(work, id, false).await?;
    let key = placed.key;
    Ok(OwnKeyEnded {
        key: DeadKey {
            id,
            status: key.state(work.now()),
            preview: preview(&key.start),
            name: key.name,
            revoked_at: key.revoked_at,
        },
        effective,
    })
}
