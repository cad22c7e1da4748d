//! Who asks at the verify doors, remembered per connection.
//!
//! A caller sends the same operator key with every question. As long as the index is in the state
//! in which that key was found good, it is good: any change at all, its own revocation among them,
//! makes it a key to be verified anew. So this remembers, and still nothing lags behind.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, header};
use keystile_core::model::{Binding, Timestamp};
use keystile_core::snapshot::{Found, Identity};
use zeroize::Zeroizing;

use super::decide::Stage;
use super::operator::{Operator, authorize_any};
use crate::app::App;
use crate::problem::Problem;

/// Headers that say nothing about who asks or from where. With any other, a request is verified in
/// full.
const MUTE: [HeaderName; 8] = [
    header::HOST,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::USER_AGENT,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    HeaderName::from_static("x-request-id"),
];

/// Somebody entitled to ask, and what they are confined to.
pub(crate) type Entitled = Option<Arc<Binding>>;

/// The operator key that was last found good on a connection.
#[derive(Default)]
pub(crate) struct LastAsker(Mutex<Option<Known>>);

struct Known {
    /// The state of the index in which it was good.
    state: u64,
    scope: &'static str,
    authorization: Zeroizing<Vec<u8>>,
    entitled: Entitled,
    found: Found,
}

impl LastAsker {
    /// Whether the caller may ask at doors that need `scope`.
    ///
    /// # Errors
    /// As [`authorize_any`].
    pub(crate) fn entitled(
        &self,
        app: &App,
        headers: &HeaderMap,
        scope: &'static str,
        (stage, now): (Stage, Timestamp),
    ) -> Result<Entitled, Problem> {
        let state = app.engine.index().state();
        let alone = authorization_alone(headers);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(state), Some(sent), Some(known)) = (state, alone, last.as_ref())
            && known.state == state
            && known.scope == scope
            && same(&known.authorization, sent)
        {
            if stage == Stage::Whole {
                let index = app.engine.index();
                index.note_allowed(&known.found, now, None, None);
            }
            return Ok(known.entitled.clone());
        }
        let Operator { key, .. } = authorize_any(app, headers, scope, (stage, now))?;
        let entitled = key.binding().cloned().map(Arc::new);
        *last = match (state, alone) {
            (Some(state), Some(sent)) if is_lasting(&key) => Some(Known {
                state,
                scope,
                authorization: Zeroizing::new(sent.to_vec()),
                entitled: entitled.clone(),
                found: *key.found(),
            }),
            _ => None,
        };
        Ok(entitled)
    }
}

/// Whether a verdict about a key stays the same for as long as nothing is changed: neither time nor
/// its own use ends it.
fn is_lasting(key: &Identity<'_>) -> bool {
    !key.hangs_on_time() && key.rate_limit().is_none()
}

/// Whether these are the same, found out in a time that tells nothing of where they differ: all
/// bytes are looked at before there is anything to decide. (Deciding about each of them by itself,
/// as `subtle` does, takes longer than all the rest that is asked of a known caller.)
fn same(known: &[u8], sent: &[u8]) -> bool {
    let differences = known.iter().zip(sent).map(|(known, sent)| known ^ sent);
    let all = differences.fold(0, |all, difference| all | difference);
    known.len() == sent.len() && std::hint::black_box(all) == 0
}

/// The one Authorization header, if no other header says who asks or from where.
fn authorization_alone(headers: &HeaderMap) -> Option<&[u8]> {
    let mut found = None;
    for (name, value) in headers {
        if *name == header::AUTHORIZATION && found.is_none() {
            found = Some(value.as_bytes());
        } else if !MUTE.contains(name) {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_text_is_known() {
        assert!(same(b"Bearer abc", b"Bearer abc") && same(b"", b""));
        for other in [
            &b"Bearer abd"[..],
            b"Bearer ab",
            b"Bearer abcd",
            b"",
            b"cearer abc",
        ] {
            assert!(!same(b"Bearer abc", other));
        }
    }

    #[test]
    fn any_header_that_may_matter_asks_for_a_full_verify() {
        let with = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", "Bearer x".parse().unwrap());
            headers.insert("user-agent", "curl".parse().unwrap());
            headers.append(name, "y".parse().unwrap());
            authorization_alone(&headers).map(<[u8]>::to_vec)
        };
        assert_eq!(with("accept").unwrap(), b"Bearer x");
        for name in [
            "x-api-key",
            "origin",
            "referer",
            "sec-fetch-site",
            "x-forwarded-for",
            "x-new",
        ] {
            assert_eq!(with(name), None, "{name}");
        }
        assert_eq!(with("authorization"), None, "sent twice");
    }
}
