//! What nginx is told, as it goes out.

use http::{HeaderName, HeaderValue, StatusCode};
use keystile_core::bytes::any;
use keystile_core::credit::Spent;
use keystile_core::decision::Code;
use keystile_core::limit::Allowance;

use super::outcome::wire;

const STATUS: &str = "x-keystile-status";
const CODE: &str = "x-keystile-code";
pub(super) const REQUEST_ID: &str = "x-request-id";
const RATE_LIMIT: &str = "ratelimit";
const RATE_LIMIT_POLICY: &str = "ratelimit-policy";

/// What nginx is told: a status, and headers that are written as they go out (RFC 9112 §5), each
/// name once.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// `name: value`, each with its line end.
    pub(crate) lines: Vec<u8>,
}

impl Told {
    pub(super) fn new(status: StatusCode, code: Code) -> Self {
        Self::with(status, code.as_str(), wire(code).status.as_str())
    }

    /// What every answer has.
    pub(super) fn with(status: StatusCode, code: &str, says: &str) -> Self {
        let lines = Vec::with_capacity(768);
        let mut answer = Self { status, lines };
        answer.word(CODE, code);
        answer.word(STATUS, says);
        answer.word("cache-control", "no-store");
        answer
    }

    /// What an allowed call was charged; both are there also where it costs nothing.
    pub(super) fn spent(&mut self, spent: Option<&Spent>) {
        self.put("x-keystile-credits-remaining", |out| {
            let remaining = spent.map(|spent| spent.remaining.to_string());
            out.extend_from_slice(remaining.unwrap_or_default().as_bytes());
        });
        self.put("x-keystile-spend-id", |out| {
            if let Some(spent) = spent {
                spent.spend.push_to(out);
            }
        });
    }

    pub(super) fn spent_if_allowed(&mut self) {
        if self.status == StatusCode::OK {
            self.spent(None);
        }
    }

    pub(super) fn put(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
        write(&mut self.lines);
        self.lines.extend_from_slice(b"\r\n");
    }

    /// A value that has nothing to be encoded: a word of ours, or one with a plain grammar.
    pub(super) fn word(&mut self, name: &'static str, value: &str) {
        self.put(name, |out| out.extend_from_slice(value.as_bytes()));
    }

    /// Any value.
    pub(super) fn text(&mut self, name: &'static str, value: &[u8]) {
        self.put(name, |out| push_encoded(value, out));
    }

    /// How much is left, as draft-ietf-httpapi-ratelimit-headers writes it.
    pub(super) fn allowance(&mut self, allowance: &Allowance) {
        let Allowance {
            limit,
            period_seconds,
            remaining,
            reset_seconds,
        } = allowance;
        let policy = format!("\"keystile\";q={limit};w={period_seconds}");
        let left = format!("\"keystile\";r={remaining};t={reset_seconds}");
        self.word(RATE_LIMIT_POLICY, &policy);
        self.word(RATE_LIMIT, &left);
    }

    /// The headers one by one, for whoever does not take them as they are.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let lines = self.lines.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let line = line.strip_suffix(b"\r")?;
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = HeaderName::from_bytes(line.get(..colon)?).ok()?;
            let value = HeaderValue::from_bytes(line.get(colon + 2..)?).ok()?;
            Some((name, value))
        })
    }
}

/// Nearly every text can be carried as it is, spaces included; of any other, all that is not
/// plain is percent-encoded.
fn push_encoded(value: &[u8], out: &mut Vec<u8>) {
    let carried = |byte: u8| (byte == b'\t') | (b' '..0x7f).contains(&byte);
    if !any(value, |byte| !carried(byte)) {
        out.extend_from_slice(value);
        return;
    }
    for byte in value {
        match byte {
            0x21..=0x7e if *byte != b'%' => out.push(*byte),
            other => out.extend_from_slice(format!("%{other:02X}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn h18_values_that_no_header_can_carry_are_encoded() {
        let told = |value: &str| {
            let mut answer = Told::new(StatusCode::OK, Code::Ok);
            answer.text("x-told", value.as_bytes());
            let headers: HeaderMap = answer.headers().collect();
            assert_eq!(headers.len(), 4, "one more than all have");
            headers["x-told"].clone()
        };
        assert_eq!(told("plain"), "plain");
        assert_eq!(told("caf\u{e9}\r\nX: y"), "caf%C3%A9%0D%0AX:%20y");
    }
}
