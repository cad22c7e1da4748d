//! One row of a file, in the words of the API.

use keystile_core::manifest::duration_seconds;
use serde_json::{Map, Value, json};

/// A row of a file, read or not.
pub(super) struct Line {
    /// The line it begins on, or, in JSON, its number: the first is 1.
    pub(super) number: u64,
    /// What it says, or what is wrong with it, as field and message.
    pub(super) row: Result<Row, Wrong>,
}

/// What is wrong with a row: the field and what to do about it.
pub(super) type Wrong = (String, String);

/// What a row says.
#[derive(Debug, Default)]
pub(super) struct Row(Map<String, Value>);

impl Row {
    /// Says something, unless it is nothing.
    pub(super) fn put(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        let nothing = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if !nothing {
            self.0.insert(field.to_owned(), value);
        }
    }

    /// Whether something is said of that.
    pub(super) fn says(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(super) fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

fn wrong<T>(field: &str, message: impl Into<String>) -> Result<T, Wrong> {
    Err((field.to_owned(), message.into()))
}

/// A yes or no as databases print it.
pub(super) fn flag(field: &str, value: &Value) -> Result<Value, Wrong> {
    let text = match value {
        Value::Null | Value::Bool(_) => return Ok(value.clone()),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        other => other.to_string(),
    };
    match text.as_str() {
        "" => Ok(Value::Null),
        "true" | "t" | "1" | "yes" => Ok(Value::Bool(true)),
        "false" | "f" | "0" | "no" => Ok(Value::Bool(false)),
        _ => wrong(field, "write true or false"),
    }
}

/// Seconds since 1970 are fewer than this for the next thousand years, milliseconds more since 1973.
const MILLIS_FROM: f64 = 1e11;

/// A time as JSON and databases print it: RFC 3339, with a space for the T, without an offset (which
/// is UTC then), or as seconds or milliseconds since 1970.
pub(super) fn time(field: &str, value: &Value) -> Result<Value, Wrong> {
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::String(text) => text.trim(),
        Value::Number(number) => return instant(field, number.as_f64().unwrap_or(f64::NAN)),
        _ => return wrong(field, EXPECTED_TIME),
    };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if let Ok(number) = text.parse::<f64>() {
        return instant(field, number);
    }
    let mut text = text.replacen(' ', "T", 1);
    let (_, clock) = text.split_once('T').unwrap_or((&text, ""));
    match clock.find(['+', '-', 'Z', 'z']) {
        None => text.push('Z'),
        // PostgreSQL leaves out the minutes of an offset.
        Some(at) if clock.len() - at == 3 => text.push_str(":00"),
        Some(_) => {}
    }
    match text.parse::<keystile_core::model::Timestamp>() {
        Ok(time) => Ok(time.to_string().into()),
        Err(_) => wrong(field, EXPECTED_TIME),
    }
}

const EXPECTED_TIME: &str =
    "write a time like 2027-01-01T00:00:00Z, or seconds or milliseconds since 1970";

fn instant(field: &str, number: f64) -> Result<Value, Wrong> {
    let millis = if number < MILLIS_FROM {
        number * 1000.0
    } else {
        number
    };
    if !(0.0..=9e15).contains(&millis) {
        return wrong(field, EXPECTED_TIME);
    }
    #[expect(clippy::cast_possible_truncation, reason = "its range was looked at")]
    let time = keystile_core::model::Timestamp::from_millis(millis as i64);
    Ok(time.to_string().into())
}

/// A JSON object that may be written as text, perhaps twice over.
pub(super) fn object(field: &str, value: &Value) -> Result<Value, Wrong> {
    let mut value = value.clone();
    for _ in 0..2 {
        let Value::String(text) = &value else { break };
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        value = match serde_json::from_str(text) {
            Ok(inner) => inner,
            Err(_) => return wrong(field, "this is no JSON object"),
        };
    }
    match value {
        Value::Null | Value::Object(_) => Ok(value),
        _ => wrong(field, "this is no JSON object"),
    }
}

/// So many calls in so long a time, such as `600/1m`.
pub(super) fn rate(field: &str, text: &str) -> Result<Value, Wrong> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let read = || {
        let (limit, period) = text.split_once('/')?;
        let limit: u32 = limit.trim().parse().ok()?;
        let seconds = duration_seconds(period.trim()).ok()?;
        Some(json!({ "limit": limit, "period_seconds": seconds }))
    };
    match read() {
        Some(limit) => Ok(limit),
        None => wrong(
            field,
            "write how many calls in how long a time, such as 600/1m or 10/1s",
        ),
    }
}

/// So many credits a day, a month or in all, such as `100/day 1000/month 5000/total`.
pub(super) fn caps(field: &str, text: &str) -> Result<Value, Wrong> {
    let mut caps = Map::new();
    for cap in text.split_ascii_whitespace() {
        match credits_each(cap) {
            Some((period, credits)) if !caps.contains_key(period) => {
                caps.insert(period.to_owned(), credits.into());
            }
            _ => {
                let message = "write how many credits a day, a month or in all, each once, such \
                               as 100/day 1000/month 5000/total";
                return wrong(field, message);
            }
        }
    }
    match caps.is_empty() {
        true => Ok(Value::Null),
        false => Ok(Value::Object(caps)),
    }
}

fn credits_each(cap: &str) -> Option<(&str, u64)> {
    let (credits, period) = cap.split_once('/')?;
    let credits = credits.parse().ok()?;
    matches!(period, "day" | "month" | "total").then_some((period, credits))
}

/// A text that is separated by spaces, as a list.
pub(super) fn words(text: &str) -> Value {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    if words.is_empty() {
        return Value::Null;
    }
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a14_times_are_read_as_databases_print_them() {
        let expected = json!("2027-01-01T00:00:00.000Z");
        for text in [
            json!("2027-01-01T00:00:00Z"),
            json!("2027-01-01T01:00:00+01:00"),
            json!("2027-01-01 00:00:00"),
            json!("2027-01-01 00:00:00.000"),
            json!("2027-01-01 00:00:00+00"),
            json!("2027-01-01T00:00:00.000Z"),
            json!("1798761600"),
            json!("1798761600000"),
            json!(1_798_761_600),
            json!(1_798_761_600_000_i64),
        ] {
            assert_eq!(time("t", &text), Ok(expected.clone()), "{text}");
        }
        assert_eq!(time("t", &json!("")), Ok(Value::Null));
        for bad in [
            json!("soon"),
            json!("01/02/2027"),
            json!(-1),
            json!([]),
            json!("NaN"),
        ] {
            assert!(time("t", &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_a_number_and_a_time() {
        let expected = json!({ "limit": 600, "period_seconds": 60 });
        for text in ["600/1m", "600 / 60s"] {
            assert_eq!(rate("r", text), Ok(expected.clone()), "{text}");
        }
        assert_eq!(rate("r", ""), Ok(Value::Null));
        for bad in [
            "600",
            "600/",
            "/1m",
            "600/m",
            "600/0s",
            "-1/1m",
            "600/1m/1m",
            "99999999999/1s",
        ] {
            assert!(rate("r", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn caps_are_numbers_and_periods_each_once() {
        let expected = json!({ "day": 0, "total": 9_007_199_254_740_991_u64 });
        assert_eq!(caps("c", " 0/day  9007199254740991/total "), Ok(expected));
        assert_eq!(caps("c", ""), Ok(Value::Null));
        for bad in [
            "100",
            "100/",
            "/day",
            "100/week",
            "-1/day",
            "1.5/day",
            "1/day 2/day",
            "1/day, 2/month",
            "99999999999999999999/day",
        ] {
            assert!(caps("c", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn metadata_may_be_written_as_text_twice_over() {
        let expected = json!({ "a": 1 });
        for text in [
            json!({ "a": 1 }),
            json!("{\"a\":1}"),
            json!("\"{\\\"a\\\":1}\""),
        ] {
            assert_eq!(object("m", &text), Ok(expected.clone()), "{text}");
        }
        assert_eq!(object("m", &json!("null")), Ok(Value::Null));
        assert!(object("m", &json!("[1]")).is_err());
    }
}
