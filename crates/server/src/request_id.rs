//! The id that ties an answer to its line in the log.

use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;
use keystile_core::key::{Random, RandomError, may_hold_key};
use keystile_core::model::{RequestId, Timestamp};

const LONGEST: usize = 64;

/// Makes request ids: the time, a part that is random once a process, and a count. They name
/// requests and prove nothing, so a count is unique enough and costs no system call.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: [u8; 4],
    count: AtomicU64,
}

/// The id of one request: the caller's own, when it is short and plain, else ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestName {
    text: [u8; LONGEST],
    length: u8,
    /// Ours, as the journal keeps it.
    pub(crate) id: RequestId,
}

impl RequestIds {
    /// Begins counting at a random place.
    pub(crate) fn new(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0_u8; 8];
        random.fill(&mut bytes)?;
        let [a, b, c, d, low @ ..] = bytes;
        let count = AtomicU64::new(u64::from(u32::from_be_bytes(low)));
        Ok(Self {
            process: [a, b, c, d],
            count,
        })
    }

    /// A new id.
    pub(crate) fn next(&self, now: Timestamp) -> RequestId {
        let count = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let [_, _, a, b, c, d, e, f] = count;
        let [p, q, r, s] = self.process;
        RequestId::new(now, [p, q, r, s, a, b, c, d, e, f])
    }

    /// The name of a request that came with these headers.
    pub(crate) fn name(&self, headers: &HeaderMap, now: Timestamp) -> RequestName {
        let id = self.next(now);
        let mut name = RequestName {
            text: [0; LONGEST],
            length: 0,
            id,
        };
        let theirs = headers.get("x-request-id").map(http::HeaderValue::as_bytes);
        match theirs.filter(|text| is_plain(text)) {
            Some(text) => name.set(text),
            None => name.set(id.write_to(&mut [0; 32]).as_bytes()),
        }
        name
    }
}

impl RequestName {
    fn set(&mut self, text: &[u8]) {
        self.text[..text.len()].copy_from_slice(text);
        self.length = u8::try_from(text.len()).unwrap_or(0);
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.length)]).unwrap_or_default()
    }
}

fn is_plain(text: &[u8]) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !text.starts_with(b"sk_")
        && !text.starts_with(b"pk_")
        && std::str::from_utf8(text).is_ok_and(|text| !may_hold_key(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn h18_only_a_short_and_plain_id_of_the_client_is_kept() {
        let ids = RequestIds::new(&OsRandom).unwrap();
        let name = |text: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", http::HeaderValue::from_bytes(text).unwrap());
            ids.name(&headers, Timestamp::from_millis(0))
                .as_str()
                .to_owned()
        };
        assert_eq!(name(b"trace-1.a_B"), "trace-1.a_B");
        let ours = name(b"");
        assert_eq!(name(ours.as_bytes()), ours, "one of ours comes back");
        let long = [b'a'; 2048];
        for bad in [
            b"[31m red".as_slice(),
            b"a b",
            b"",
            b"a\"b",
            &long,
            b"sk_live_x",
            b"id-sk_live_oZXPq7Bv2mKdR9TfLw3Y",
            b"oZXPq7Bv2mKdR9TfLw3Ync8HsJg5Ue1aXk4P0c",
        ] {
            assert!(name_is_ours(&name(bad)), "{bad:?}");
        }
    }

    fn name_is_ours(name: &str) -> bool {
        name.parse::<RequestId>().is_ok()
    }
}
