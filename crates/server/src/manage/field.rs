//! Checks of single fields, all problems collected before any is answered.

use std::ops::RangeInclusive;

use keystile_core::key::holds_secret_key;
use keystile_core::model::{RateLimit, SpendCaps, Timestamp};
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

const NAME_CHARS: usize = 100;
const NOTE_CHARS: usize = 500;
const REASON_CHARS: usize = 200;
const METADATA_BYTES: usize = 2 << 10;
const EXTERNAL_ID_CHARS: usize = 255;
const LONGEST_PERIOD: u32 = 31 * 24 * 3600;
const VISITOR_CHARS: usize = 100;
const SOURCE_CHARS: usize = 100;
const TEN_YEARS: i64 = 10 * 366 * 24 * 3600 * 1000;

/// Collects what is wrong with the fields of one request.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes a problem.
    pub(crate) fn wrong(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, message));
    }

    /// A name for people.
    pub(crate) fn name(&mut self, pointer: &str, name: &str) {
        let count = name.chars().count();
        if name.trim().is_empty() || count > NAME_CHARS {
            self.wrong(pointer, format!("a name has 1 to {NAME_CHARS} characters"));
        }
        self.printable(pointer, name);
    }

    /// A note for people.
    pub(crate) fn note(&mut self, pointer: &str, note: Option<&str>) {
        let note = note.unwrap_or_default();
        if note.chars().count() > NOTE_CHARS {
            self.wrong(
                pointer,
                format!("a note has at most {NOTE_CHARS} characters"),
            );
        }
        if note
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            self.wrong(pointer, "control characters are not allowed");
        }
        self.no_secret(pointer, note);
    }

    /// Where something comes from, such as the name of a file.
    pub(crate) fn source(&mut self, pointer: &str, source: Option<&str>) {
        let Some(source) = source else { return };
        if source.chars().count() > SOURCE_CHARS {
            self.wrong(
                pointer,
                format!("a source has at most {SOURCE_CHARS} characters"),
            );
        }
        self.printable(pointer, source);
    }

    /// The operator's own id for something.
    pub(crate) fn external_id(&mut self, pointer: &str, id: Option<&str>) {
        let Some(id) = id else { return };
        if id.is_empty() || id.chars().count() > EXTERNAL_ID_CHARS {
            self.wrong(
                pointer,
                format!("an external id has 1 to {EXTERNAL_ID_CHARS} characters"),
            );
        }
        self.printable(pointer, id);
    }

    /// The operator's own id for a guest of the portal: it stands in the audit log for ever.
    pub(crate) fn visitor(&mut self, pointer: &str, id: Option<&str>) {
        let Some(id) = id else { return };
        if id.is_empty() || id.chars().count() > VISITOR_CHARS {
            let message = format!("a visitor's id has 1 to {VISITOR_CHARS} characters");
            self.wrong(pointer, message);
        }
        if id.contains('@') {
            let message = "this looks like an email address: send an id that names nobody, because \
                           the audit log keeps it";
            self.wrong(pointer, message);
        }
        self.printable(pointer, id);
    }

    fn printable(&mut self, pointer: &str, text: &str) {
        if text.chars().any(char::is_control) {
            self.wrong(pointer, "control characters are not allowed");
        }
        self.no_secret(pointer, text);
    }

    /// What is kept in clear and shown again must not hold a secret key, as a slip of the
    /// clipboard brings.
    pub(crate) fn no_secret(&mut self, pointer: &str, text: &str) {
        if holds_secret_key(text) {
            self.wrong(
                pointer,
                "this holds a secret key, and what is written here is shown again: leave it out, \
                 and rotate the key if it is in use",
            );
        }
    }

    /// A JSON object of the operator's, as the text to keep.
    pub(crate) fn metadata(
        &mut self,
        pointer: &str,
        metadata: Option<Map<String, Value>>,
    ) -> Option<String> {
        let text = metadata.map(|object| Value::Object(object).to_string());
        if text
            .as_ref()
            .is_some_and(|text| text.len() > METADATA_BYTES)
        {
            self.wrong(
                pointer,
                format!("metadata has at most {METADATA_BYTES} bytes as JSON"),
            );
        }
        self.no_secret(pointer, text.as_deref().unwrap_or_default());
        text
    }

    /// An end that lies ahead, but within ten years: further away it is a mistake of units.
    pub(crate) fn expiry(&mut self, pointer: &str, at: Option<Timestamp>, now: Timestamp) {
        let Some(at) = at else { return };
        if at <= now {
            self.wrong(
                pointer,
                "the expiry lies in the past; to end a key now, revoke it",
            );
        } else if at > now.plus_millis(TEN_YEARS) {
            self.wrong(
                pointer,
                "the expiry lies more than ten years ahead; leave it out instead",
            );
        }
    }

    /// An end that lies ahead, within ten years, of anything but a key.
    pub(crate) fn ends(&mut self, pointer: &str, at: Option<Timestamp>, now: Timestamp) {
        let Some(at) = at else { return };
        if at <= now {
            self.wrong(pointer, "this lies in the past");
        } else if at > now.plus_millis(TEN_YEARS) {
            let message = "this lies more than ten years ahead; leave it out instead";
            self.wrong(pointer, message);
        }
    }

    /// Why something was done, for people.
    pub(crate) fn reason(&mut self, pointer: &str, reason: &str) {
        let count = reason.chars().count();
        if reason.trim().is_empty() || count > REASON_CHARS {
            let message = format!("a reason has 1 to {REASON_CHARS} characters");
            self.wrong(pointer, message);
        }
        self.printable(pointer, reason);
    }

    /// So many credits.
    pub(crate) fn credits(&mut self, pointer: &str, amount: u64, within: RangeInclusive<u64>) {
        if !within.contains(&amount) {
            let (least, most) = (within.start(), within.end());
            let message = format!("a whole number of credits from {least} to {most}");
            self.wrong(pointer, message);
        }
    }

    /// A limit that lets something through, in a period of at most 31 days.
    pub(crate) fn rate_limit(&mut self, pointer: &str, limit: Option<RateLimit>) {
        let Some(limit) = limit else { return };
        if limit.limit == 0 {
            let message = "a limit of 0 refuses everything: disable the key instead";
            self.wrong(format!("{pointer}/limit"), message);
        }
        if !(1..=LONGEST_PERIOD).contains(&limit.period_seconds) {
            let message = format!("a period has 1 to {LONGEST_PERIOD} seconds (31 days)");
            self.wrong(format!("{pointer}/period_seconds"), message);
        }
    }

    /// Caps of which at least one is set.
    pub(crate) fn spend_caps(&mut self, pointer: &str, caps: Option<SpendCaps>) {
        if caps.is_some_and(|caps| caps.is_empty()) {
            let message = "no cap is set: say day, month or total, or leave spend_caps out";
            self.wrong(pointer, message);
        }
        let parts = ["day", "month", "total"]
            .into_iter()
            .zip(SpendCaps::parts(caps));
        for (name, cap) in parts {
            if cap.is_some_and(|cap| cap > SpendCaps::MOST) {
                let message = format!("a cap is at most {} credits", SpendCaps::MOST);
                self.wrong(format!("{pointer}/{name}"), message);
            }
        }
    }

    /// Everything that was noted, one by one.
    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// Everything that was noted.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

/// How many rows of a list are wanted.
pub(crate) fn check_limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit.unwrap_or(20) {
        limit @ 1..=100 => Ok(limit),
        _ => Err(Problem::field(
            "?limit",
            "a list has 1 to 100 entries a page",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: impl FnOnce(&mut Fields)) -> usize {
        let mut fields = Fields::default();
        check(&mut fields);
        fields
            .finish()
            .map_or_else(|problem| problem.errors.len(), |()| 0)
    }

    #[test]
    fn a14_an_expiry_lies_ahead_and_within_ten_years() {
        let at = |text: &str| Some(text.parse().unwrap());
        let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        assert_eq!(
            problems(|f| f.expiry("/e", at("2027-01-01T00:00:00Z"), now)),
            0
        );
        for bad in [
            "2026-11-21T00:00:00Z",
            "2020-01-01T00:00:00Z",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(problems(|f| f.expiry("/e", at(bad), now)), 1, "{bad}");
        }
    }

    #[test]
    fn a09_metadata_has_a_cap_and_is_inert() {
        let object = |text: &str| serde_json::from_str::<Map<_, _>>(text).ok();
        let mut fields = Fields::default();
        let kept = fields.metadata("/m", object(r#"{"__proto__":{"x":1}}"#));
        assert_eq!(kept.as_deref(), Some(r#"{"__proto__":{"x":1}}"#));
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(METADATA_BYTES));
        assert_eq!(problems(|f| drop(f.metadata("/m", object(&long)))), 1);
    }

    #[test]
    fn p05_nothing_that_is_kept_in_clear_holds_a_secret_key() {
        let key = concat!("sk_live_", "oZXPq7Bv2mKdR9TfLw3Ync8HsJg5Ue1aXk4P0c");
        let object = |key: &str| serde_json::from_value(serde_json::json!({ "a": { "b": key } }));
        assert_eq!(problems(|f| f.name("/n", key)), 1);
        assert_eq!(problems(|f| f.note("/n", Some(&format!("old: {key}")))), 1);
        assert_eq!(problems(|f| f.external_id("/e", Some(key))), 1);
        assert_eq!(problems(|f| drop(f.metadata("/m", object(key).ok()))), 1);
        assert_eq!(problems(|f| f.name("/n", "the key with sk_live_")), 0);
    }

    #[test]
    fn names_have_one_to_a_hundred_printable_characters() {
        assert_eq!(problems(|f| f.name("/n", &"\u{1f511}".repeat(100))), 0);
        for bad in ["", "   ", &"x".repeat(101), "a\nb", "a\0b"] {
            assert_eq!(problems(|f| f.name("/n", bad)), 1, "{bad:?}");
        }
    }
}
