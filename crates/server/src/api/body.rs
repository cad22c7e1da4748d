//! Reading bodies: strict, and with the place of what is wrong.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use keystile_core::manifest::parse_strict_json;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::object::Object;
use crate::problem::Problem;

/// What the body claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`.
    Json,
    /// `application/toml`.
    Toml,
}

/// The media type of the body; JSON in UTF-8, or TOML, and nothing encoded.
pub(crate) fn media(headers: &HeaderMap) -> Result<Media, Problem> {
    let unsupported = |detail: &str| {
        Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        ))
    };
    if headers.contains_key(header::CONTENT_ENCODING) {
        return unsupported("send the body as it is, without Content-Encoding");
    }
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = values
        .next()
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if values.next().is_some() {
        return unsupported("there is more than one Content-Type");
    }
    let (media, parameters) = value.split_once(';').unwrap_or((value, ""));
    let charset = parameters.trim().to_ascii_lowercase();
    if !matches!(charset.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"") {
        return unsupported("the body must be UTF-8");
    }
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Media::Json),
        "application/toml" => Ok(Media::Toml),
        _ => unsupported("say Content-Type: application/json"),
    }
}

/// Reads a JSON body as `T`.
///
/// # Errors
/// 415 for another media type, 400 for what is not JSON or has a name twice, 422 for what is not
/// a `T`, with the place.
pub(crate) fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    if media(headers)? != Media::Json {
        let detail = "say Content-Type: application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported_media_type", detail));
    }
    from_value(json(body)?)
}

/// Reads a JSON body that borrows its texts, for the hot path: what cannot be read so is read
/// again slowly, for the words.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_fast<'a, T: Deserialize<'a>>(
    headers: &HeaderMap,
    body: &'a Bytes,
) -> Result<T, Problem> {
    check_json(headers)?;
    // Seeing at once that all of it is text is quicker than seeing it of every string.
    let text = std::str::from_utf8(body).map_err(|_| not_utf8())?;
    let read = serde_json::from_str::<Object<T>>(text);
    read.map(|object| object.0)
        .map_err(|error| why_not::<T>(body, &error))
}

/// Sees that a body of the hot path claims to be JSON. Another form that is known here does as well,
/// and is then not JSON.
///
/// # Errors
/// 415 for any other media type.
pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value != "application/json")
        || headers.contains_key(header::CONTENT_ENCODING)
    {
        media(headers)?;
    }
    Ok(())
}

fn not_utf8() -> Problem {
    Problem::bad_request("the body is not UTF-8")
}

/// Says what is wrong with a body that could not be read, and where.
fn why_not<'a, T: Deserialize<'a>>(body: &'a [u8], error: &serde_json::Error) -> Problem {
    match json(body) {
        Err(problem) => problem,
        Ok(_) if error.is_syntax() || error.is_eof() => Problem::bad_request(error.to_string()),
        Ok(_) => {
            let mut again = serde_json::Deserializer::from_slice(body);
            match serde_path_to_error::deserialize::<_, Object<T>>(&mut again) {
                Err(error) => wrong_at(&error),
                Ok(_) => Problem::bad_request(error.to_string()),
            }
        }
    }
}

/// What is wrong at which place of a body.
fn wrong_at(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{key}")),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Problem::field(pointer, without_value(message))
}

/// serde repeats the value that it does not take; what was expected says enough.
fn without_value(message: &str) -> String {
    let repeats = message.starts_with("invalid ") || message.starts_with("unknown variant ");
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if repeats => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// Any JSON in which no name stands twice.
pub(crate) fn json(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| not_utf8())?;
    parse_strict_json(text).map_err(|problems| Problem::bad_request(problems.to_string()))
}

/// JSON as `T`.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    let read = serde_path_to_error::deserialize::<_, Object<T>>(value);
    read.map(|object| object.0)
        .map_err(|error| wrong_at(&error))
}

/// Tells a field that is left out from one that is `null`: `None`, or `Some` of what it says.
pub(crate) fn told<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[expect(dead_code, reason = "only read")]
        name: String,
    }

    fn read(content_type: &'static str, body: &[u8]) -> Result<Thing, (u16, String)> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        parse(&headers, body).map_err(|problem| (problem.status.as_u16(), problem.detail))
    }

    fn status(content_type: &'static str, body: &[u8]) -> u16 {
        read(content_type, body)
            .err()
            .map_or(200, |(status, _)| status)
    }

    #[test]
    fn a01_an_unknown_field_is_refused_by_its_name() {
        let (status, detail) = read("application/json", br#"{"name":"a","role":"b"}"#).unwrap_err();
        assert_eq!(status, 422);
        assert!(detail.contains("role"), "{detail}");
    }

    #[test]
    fn p05_a_value_of_the_wrong_type_is_not_repeated() {
        let told = without_value("invalid type: string \"abcdefgh, expected x\", expected u32");
        assert_eq!(told, "expected u32");
        let told = without_value("unknown variant `abcdefgh`, expected `live` or `test`");
        assert_eq!(told, "expected `live` or `test`");
        let told = without_value("unknown field `role`, expected `name`");
        assert_eq!(told, "unknown field `role`, expected `name`");
    }

    #[test]
    fn a01_a_list_of_values_is_no_object() {
        let (status, detail) = read("application/json", br#"["a"]"#).unwrap_err();
        assert_eq!((status, detail.as_str()), (422, "expected an object"));
        let quick = parse_fast::<Thing>(&HeaderMap::new(), &Bytes::from_static(b"[\"a\"]"));
        assert_eq!(
            quick.unwrap_err().status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let quick = parse_fast::<Thing>(&headers, &Bytes::from_static(b"[\"a\"]"));
        assert_eq!(quick.unwrap_err().status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn a02_a04_a06_what_has_no_single_meaning_is_not_read() {
        let nested = "[".repeat(100_000);
        for body in [
            br#"{"name":"a","name":"b"}"#.as_slice(),
            nested.as_bytes(),
            b"\xff",
            br#"{"name":"\ud800"}"#,
        ] {
            assert_eq!(status("application/json", body), 400);
        }
    }

    #[test]
    fn a07_only_json_in_utf_8_is_taken() {
        let good = br#"{"name":"a"}"#;
        assert_eq!(status("application/json; charset=UTF-8", good), 200);
        for other in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/xml",
        ] {
            assert_eq!(status(other, good), 415, "{other}");
        }
    }
}
