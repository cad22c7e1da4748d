//! One `METHOD /path/{parameter}` of a manifest: read, and compared with others.

use super::grammar;

/// Longest path of a template, in segments.
const SEGMENTS: usize = 32;

/// A method and a path in which some segments stand for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) method: Box<str>,
    pub(super) segments: Vec<Segment>,
}

/// One segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Exactly these bytes.
    Literal(Box<str>),
    /// Any one segment; the name is for people.
    Parameter(Box<str>),
}

/// How the paths that two templates match lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlap {
    /// No path matches both.
    None,
    /// The first is the more specific wherever both match.
    First,
    /// The second is the more specific wherever both match.
    Second,
    /// Some path matches both, and neither is the more specific.
    Conflict,
}

impl Template {
    /// Reads `POST /v1/events/{event}/messages`.
    ///
    /// # Errors
    /// Says which part is wrong and what it should look like.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (method, path) = text.split_once(' ').ok_or_else(|| {
            format!("`{text}` must be a method, one space and a path, such as `GET /v1/events`")
        })?;
        if !is_method(method) {
            return Err(format!(
                "`{method}` is no method: write it in capitals, such as `GET`"
            ));
        }
        if matches!(method, "CONNECT" | "TRACE") {
            return Err(format!(
                "`{method}` is never passed on, so it cannot be an operation"
            ));
        }
        let rest = path
            .strip_prefix('/')
            .ok_or_else(|| format!("the path `{path}` must begin with a slash"))?;
        let segments = if rest.is_empty() {
            Ok(Vec::new())
        } else {
            parse_segments(rest)
        }?;
        if segments.len() > SEGMENTS {
            return Err(format!(
                "the path has {} segments and may have {SEGMENTS}",
                segments.len()
            ));
        }
        Ok(Self {
            method: method.into(),
            segments,
        })
    }

    /// Which of the two is the more specific where both match.
    pub(super) fn overlap(&self, other: &Self) -> Overlap {
        if self.method != other.method || self.segments.len() != other.segments.len() {
            return Overlap::None;
        }
        let (mut first, mut second) = (false, false);
        for pair in self.segments.iter().zip(&other.segments) {
            match pair {
                (Segment::Literal(a), Segment::Literal(b)) if a != b => return Overlap::None,
                (Segment::Literal(_), Segment::Parameter(_)) => first = true,
                (Segment::Parameter(_), Segment::Literal(_)) => second = true,
                _ => {}
            }
        }
        match (first, second) {
            (true, false) => Overlap::First,
            (false, true) => Overlap::Second,
            _ => Overlap::Conflict,
        }
    }
}

/// Whether the text is a method as clients send it: capitals and hyphens, at most 32.
pub(super) fn is_method(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}

fn parse_segments(path: &str) -> Result<Vec<Segment>, String> {
    let mut segments: Vec<Segment> = Vec::new();
    for text in path.split('/') {
        let segment = parse_segment(text)?;
        if matches!(segment, Segment::Parameter(_)) && segments.contains(&segment) {
            return Err(format!(
                "the parameter `{text}` stands twice: give each its own name"
            ));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn parse_segment(text: &str) -> Result<Segment, String> {
    if let Some(name) = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        if grammar::is_name(name, 40, b"_") {
            return Ok(Segment::Parameter(name.into()));
        }
        return Err(format!(
            "`{text}`: a parameter is named with lower-case letters, digits and _"
        ));
    }
    if text.is_empty() {
        return Err("the path has an empty segment: requests with one are refused".to_owned());
    }
    if text.contains(['{', '}', '*']) {
        return Err(format!(
            "`{text}`: a parameter is a whole segment, written as `{{name}}`"
        ));
    }
    if text == "." || text == ".." || !text.bytes().all(is_literal_byte) {
        return Err(format!(
            "`{text}`: a segment consists of letters, digits and -._~!$&'()+,=:@, and is not . or .."
        ));
    }
    Ok(Segment::Literal(text.into()))
}

/// RFC 3986 `pchar` without percent-encoding, `;` and `*`.
fn is_literal_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()+,=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: &str, b: &str) -> Overlap {
        Template::parse(a)
            .unwrap()
            .overlap(&Template::parse(b).unwrap())
    }

    #[test]
    fn f24_what_no_request_could_match_is_refused_in_the_manifest() {
        for bad in [
            "",
            "GET",
            "GET  /a",
            "get /a",
            "GET a",
            "GET /a/",
            "GET //a",
            "GET /a/../b",
            "GET /.",
            "GET /a;b",
            "GET /a%2Fb",
            "GET /é",
            "GET /a?b",
            "GET /a#b",
            "GET /{a}/{a}",
            "GET /{A}",
            "GET /{}",
            "GET /{id}.json",
            "GET /*",
            "* /a",
            "TRACE /a",
            "CONNECT /a",
            "G=T /a",
            "GET /a b",
            "POST,GET /a",
        ] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
        let deep = format!("GET {}", "/a".repeat(33));
        assert!(Template::parse(&deep).unwrap_err().contains("33 segments"));
    }

    #[test]
    fn literals_beat_parameters_and_equals_conflict() {
        assert_eq!(overlap("GET /a/{x}", "GET /a/b"), Overlap::Second);
        assert_eq!(overlap("GET /a/b", "GET /{x}/{y}"), Overlap::First);
        assert_eq!(overlap("GET /a/{x}", "GET /a/{y}"), Overlap::Conflict);
        assert_eq!(overlap("GET /a/{x}", "GET /{y}/b"), Overlap::Conflict);
        assert_eq!(overlap("GET /a/b", "GET /a/b"), Overlap::Conflict);
        assert_eq!(overlap("GET /a/b", "GET /a/c"), Overlap::None);
        assert_eq!(overlap("GET /a/{x}", "HEAD /a/{x}"), Overlap::None);
        assert_eq!(overlap("GET /a", "GET /a/{x}"), Overlap::None);
        assert_eq!(overlap("GET /", "GET /"), Overlap::Conflict);
    }
}
