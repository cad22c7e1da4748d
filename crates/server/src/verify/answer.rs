//! The JSON of a verdict, written straight into its buffer: this is the hottest output there is.

use std::io::Write as _;

use keystile_core::bytes::{any, is_escaped};
use keystile_core::credit::Spent;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Explanation, Introspection};
use keystile_core::limit::Allowance;
use keystile_core::manifest::Rules;
use keystile_core::model::{Kind, Mode};
use keystile_core::snapshot::Identity;

use super::form::Form;
use super::outcome;

const KEY: Form<45, 1> = Form::new(b",\"key\":{\"id\":\"key_..........................\"");

/// What follows the key, up to the organization's external id.
const ORGANIZATION: Form<70, 1> =
    Form::new(b"},\"organization\":{\"id\":\"org_..........................\",\"external_id\":");

/// What follows the organization, up to the environment's name.
const ENVIRONMENT: Form<112, 2> = Form::new(
    b"},\"project\":{\"id\":\"prj_..........................\"},\
       \"environment\":{\"id\":\"env_..........................\",\"name\":",
);

/// A buffer that takes JSON tokens.
pub(super) struct JsonWriter<'a>(pub(super) &'a mut Vec<u8>);

impl JsonWriter<'_> {
    pub(super) fn raw(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }

    /// A string with its quotes.
    pub(super) fn string(&mut self, text: &str) {
        self.utf8(text.as_bytes());
    }

    /// A string in UTF-8 with its quotes. Nearly none has anything to escape.
    fn utf8(&mut self, text: &[u8]) {
        self.utf8_known(text, !any(text, is_escaped));
    }

    /// A string in UTF-8 with its quotes, of which it is known whether it is plain: nothing in it
    /// is to be escaped.
    fn utf8_known(&mut self, text: &[u8], is_plain: bool) {
        self.0.push(b'"');
        if is_plain {
            self.bytes(text);
        } else {
            for byte in text {
                if is_escaped(*byte) {
                    self.escape(*byte);
                } else {
                    self.0.push(*byte);
                }
            }
        }
        self.0.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' => self.raw("\\\""),
            b'\\' => self.raw("\\\\"),
            other => self.raw(&format!("\\u{other:04x}")),
        }
    }

    fn maybe_utf8_known(&mut self, text: Option<&[u8]>, is_plain: bool) {
        match text {
            Some(text) => self.utf8_known(text, is_plain),
            None => self.raw("null"),
        }
    }

    /// A string that is known to need no escape: a word of ours, or one with a plain grammar.
    fn word(&mut self, text: &str) {
        self.0.push(b'"');
        self.raw(text);
        self.0.push(b'"');
    }

    /// Words in a list.
    fn words<'s>(&mut self, words: impl Iterator<Item = &'s str>) {
        self.raw("[\"");
        let begin = self.0.len();
        for word in words {
            self.raw(word);
            self.raw("\",\"");
        }
        // What was written for one more is taken back.
        let surplus = if self.0.len() > begin { 2 } else { 1 };
        self.0.truncate(self.0.len() - surplus);
        self.raw("]");
    }

    fn field(&mut self, name: &str, value: &str) {
        self.raw(name);
        self.string(value);
    }

    fn plain(&mut self, name: &str, word: &str) {
        self.raw(name);
        self.word(word);
    }

    /// `"key"`, `"organization"`, `"project"` and `"environment"`, each after a comma.
    fn identity(&mut self, key: &Identity<'_>, decision: &Introspection<'_>) {
        let rules = &decision.rules;
        KEY.push_to(self.0, [key.id().as_u128()]);
        // Each whole, because what is known when this is compiled is put down faster.
        match (key.kind(), key.mode()) {
            (Kind::Secret, Mode::Live) => {
                self.raw(",\"kind\":\"secret\",\"mode\":\"live\",\"name\":");
            }
            (Kind::Secret, Mode::Test) => {
                self.raw(",\"kind\":\"secret\",\"mode\":\"test\",\"name\":");
            }
            (Kind::Publishable, Mode::Live) => {
                self.raw(",\"kind\":\"publishable\",\"mode\":\"live\",\"name\":");
            }
            (Kind::Publishable, Mode::Test) => {
                self.raw(",\"kind\":\"publishable\",\"mode\":\"test\",\"name\":");
            }
        }
        self.utf8_known(key.name_bytes(), key.is_name_plain());
        self.raw(",\"preview\":\"");
        self.bytes(key.start_bytes());
        self.raw("\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\",\"scopes\":");
        self.words(rules.scope_names(decision.scopes));
        match (key.metadata_bytes(), key.expires_at()) {
            (None, None) => self.raw(",\"metadata\":null,\"expires_at\":null"),
            (metadata, end) => {
                self.raw(",\"metadata\":");
                self.bytes(metadata.unwrap_or(b"null"));
                match end {
                    Some(end) => self.raw(&format!(",\"expires_at\":\"{end}\"")),
                    None => self.raw(",\"expires_at\":null"),
                }
            }
        }
        self.place(key, rules);
    }

    fn place(&mut self, key: &Identity<'_>, rules: &Rules) {
        let is_plain = key.are_organization_texts_plain();
        ORGANIZATION.push_to(self.0, [key.organization_id().as_u128()]);
        self.maybe_utf8_known(key.external_id_bytes(), is_plain);
        self.raw(",\"plan\":");
        match (key.plan_bytes(), rules.default_plan()) {
            (Some(plan), _) => self.utf8_known(plan, is_plain),
            (None, Some(default)) => self.string(&default.name),
            (None, None) => self.raw("null"),
        }
        let (project, environment) = (key.project_id(), key.environment_id());
        ENVIRONMENT.push_to(self.0, [project.as_u128(), environment.as_u128()]);
        self.word(key.environment_name());
        self.raw("}");
    }

    fn reason(&mut self, reason: DenyReason, rules: &Rules) {
        self.plain(",\"code\":", reason.code().as_str());
        match reason {
            DenyReason::InsufficientScope { missing } => {
                let scope = rules.scope_name(missing);
                self.field(",\"message\":", &format!("the key lacks the scope {scope}"));
                self.field(",\"missing_scope\":", scope);
            }
            other => self.field(",\"message\":", other.message()),
        }
        if let Some(since) = outcome::since(reason) {
            self.field(",\"since\":", &since.to_string());
        }
    }

    /// One verdict as an object, without its closing brace.
    pub(super) fn verdict(&mut self, decision: &Introspection<'_>) {
        match decision.verdict {
            Ok(_) => self.raw("{\"valid\":true,\"code\":\"ok\",\"message\":\"allowed\""),
            Err(reason) => {
                self.raw("{\"valid\":false");
                self.reason(reason, &decision.rules);
            }
        }
        if let Some(key) = &decision.key {
            self.identity(key, decision);
        }
        if let Some(session) = &decision.session {
            self.raw(",\"session\":{\"id\":\"");
            session.id.push_to(self.0);
            self.plain("\",\"expires_at\":", &session.ends_at.to_string());
            self.raw("}");
        }
        if let Some(allowance) = &decision.allowance {
            self.allowance(allowance);
        }
    }

    /// `"rate_limit"`, after a comma.
    fn allowance(&mut self, allowance: &Allowance) {
        let Allowance {
            limit,
            remaining,
            reset_seconds,
            ..
        } = allowance;
        self.raw(&format!(
            ",\"rate_limit\":{{\"limit\":{limit},\"remaining\":{remaining},\"reset_seconds\":{reset_seconds}}}"
        ));
    }

    /// `"credits"` and `"spend_id"`, each after a comma.
    pub(super) fn spent(&mut self, spent: &Spent) {
        self.raw(",\"credits\":{\"remaining\":");
        // Writing to a buffer cannot fail.
        let _ = write!(self.0, "{}", spent.remaining);
        self.raw("},\"spend_id\":\"");
        spent.spend.push_to(self.0);
        self.raw("\"");
    }

    /// A refusal of which nothing else is known, without its closing brace.
    pub(super) fn refusal(&mut self, reason: DenyReason) {
        self.plain("{\"valid\":false,\"code\":", reason.code().as_str());
        self.field(",\"message\":", reason.message());
    }

    /// `"checks"`, after a comma.
    pub(super) fn checks(&mut self, explained: &Explanation<'_>) {
        self.raw(",\"checks\":[");
        for (index, (name, failed)) in explained.checks.iter().enumerate() {
            self.raw(if index == 0 { "" } else { "," });
            self.field("{\"check\":", name);
            self.raw(if failed.is_none() {
                ",\"passed\":true"
            } else {
                ",\"passed\":false"
            });
            if let Some(reason) = failed {
                self.reason(*reason, &explained.decision.rules);
            }
            self.raw("}");
        }
        self.raw("]");
    }
}

/// The code of a decision, for counting.
pub(super) fn code(decision: &Introspection<'_>) -> Code {
    decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_read_back_as_they_were() {
        for text in [
            "plain",
            "q\"uote\\",
            "line\nbreak\u{1}",
            "\u{2028} é \u{1f511}",
            "",
        ] {
            let mut buffer = Vec::new();
            JsonWriter(&mut buffer).string(text);
            let read: String = serde_json::from_slice(&buffer).unwrap();
            assert_eq!(read, text);
        }
    }
}
