//! Fields of forms and of queries (WHATWG URL §5.1), read strictly.

use http::{HeaderMap, StatusCode, header};

use crate::api::decoded;
use crate::problem::Problem;

/// The most fields a form of ours could ever have.
const MOST: usize = 512;

/// A text as a part of an address, or the value of a cookie (RFC 3986 §2.1).
pub(super) fn coded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Names and values, in their order.
#[derive(Default, Clone)]
pub(super) struct Fields(Vec<(String, String)>);

/// Values may be passwords.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Fields {
    /// Reads `a=b&c=d`.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let mut fields = Vec::new();
        for pair in pairs {
            if fields.len() == MOST {
                return Err(Problem::bad_request("there are too many fields"));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push((decoded(name)?, decoded(value)?));
        }
        Ok(Self(fields))
    }

    /// The body of a form.
    pub(super) fn of_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let unsupported = |detail| {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::new(status, "unsupported_media_type", detail))
        };
        if headers.contains_key(header::CONTENT_ENCODING) {
            return unsupported("send the body as it is, without Content-Encoding");
        }
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !body.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return unsupported("this takes a form: application/x-www-form-urlencoded");
        }
        let text =
            std::str::from_utf8(body).map_err(|_| Problem::bad_request("the form is not UTF-8"))?;
        Self::read(text)
    }

    /// The value of a field; one that stands several times has none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }

    /// The same, or nothing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// A field that people may leave empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// All values of a field, as of several boxes that are ticked.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).collect()
    }

    /// A field with one entry a line.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.text(name).lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// All fields but these.
    pub(super) fn but(&self, names: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        kept.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_repeated_ones_have_no_single_value() {
        let fields = Fields::read("name=Old+launch%20page&scope=a&scope=b&note=&x").unwrap();
        assert_eq!(fields.get("name"), Some("Old launch page"));
        assert_eq!(fields.get("scope"), None);
        assert_eq!(fields.all("scope"), ["a", "b"]);
        assert_eq!(fields.filled("note"), None);
        assert!(fields.is_ticked("x") && !fields.is_ticked("y"));
    }

    #[test]
    fn lines_are_entries() {
        let fields = Fields::read("origins=+https%3A%2F%2Fa.example%0D%0A%0D%0Ahttps://b.example");
        let lines = fields.unwrap().lines("origins");
        assert_eq!(lines, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn broken_or_endless_forms_are_refused() {
        assert!(Fields::read("a=%zz").is_err());
        assert!(Fields::read("a=%ff").is_err());
        assert!(Fields::read(&"a&".repeat(MOST + 1)).is_err());
        let json = [(
            header::CONTENT_TYPE,
            http::HeaderValue::from_static("text/plain"),
        )];
        assert!(Fields::of_body(&json.into_iter().collect(), b"a=b").is_err());
    }

    #[test]
    fn values_are_never_printed() {
        let fields = Fields::read("password=correct+horse").unwrap();
        assert_eq!(format!("{fields:?}"), r#"["password"]"#);
    }
}
