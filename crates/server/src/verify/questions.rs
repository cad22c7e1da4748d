//! The questions of a batch. Most ask the same of one key after another, so what they say beside
//! their keys is read once: where the text of a question is that of the one before with another key,
//! it means the same.

use keystile_core::bytes::{self, is_escaped};
use serde_json::Deserializer;

use super::batch::{BatchRequest, MOST};
use super::question::Question;
use crate::object::Object;

/// Questions in their order.
#[derive(Debug)]
pub(super) struct Questions<'a> {
    /// What is asked, each with the key that it was first asked of.
    pub(super) asked: Vec<Question<'a>>,
    entries: Vec<Entry<'a>>,
}

/// A question: which of those that are asked, and of what key, unless it is the first one's.
#[derive(Debug)]
struct Entry<'a> {
    asked: usize,
    key: Option<&'a str>,
}

/// How a question is written around its key.
struct Around<'a> {
    before: &'a str,
    after: &'a str,
    /// How long its key is, as most are.
    length: usize,
}

impl<'a> Questions<'a> {
    /// All of them, each for itself.
    pub(super) fn of(batch: BatchRequest<'a>) -> Self {
        let asked: Vec<_> = batch.requests.into_iter().map(|Object(one)| one).collect();
        let entries = (0..asked.len()).map(|asked| Entry { asked, key: None });
        Self {
            entries: entries.collect(),
            asked,
        }
    }

    /// Reads a batch. `None` where there is anything about it that should be looked at closely: too
    /// many questions, or none, or what is no batch at all.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut rest = token(token(token(token(text, "{")?, "\"requests\"")?, ":")?, "[")?;
        let (mut asked, mut entries) = (Vec::new(), Vec::with_capacity(MOST));
        let mut last: Option<Around<'a>> = None;
        loop {
            rest = trimmed(rest);
            if let Some((key, after)) = last.as_ref().and_then(|last| last.again(rest)) {
                entries.push(Entry {
                    asked: asked.len() - 1,
                    key: Some(key),
                });
                rest = after;
            } else {
                let mut reading = Deserializer::from_str(rest).into_iter::<Object<Question<'a>>>();
                let Object(question) = reading.next()?.ok()?;
                let (written, after) = rest.split_at_checked(reading.byte_offset())?;
                last = Around::of(&question, written);
                entries.push(Entry {
                    asked: asked.len(),
                    key: None,
                });
                asked.push(question);
                rest = after;
            }
            if entries.len() > MOST {
                return None;
            }
            match token(rest, ",") {
                Some(after) => rest = after,
                None => break,
            }
        }
        let end = token(token(rest, "]")?, "}")?;
        trimmed(end).is_empty().then_some(Self { asked, entries })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Each key, with which of those that are asked is asked of it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.entries.iter().filter_map(|entry| {
            let own = || Some(&*self.asked.get(entry.asked)?.key);
            Some((entry.key.or_else(own)?, entry.asked))
        })
    }
}

impl<'a> Around<'a> {
    /// `None` where the key is not written as it is.
    fn of(question: &Question<'a>, written: &'a str) -> Option<Self> {
        let std::borrow::Cow::Borrowed(key) = question.key else {
            return None;
        };
        let begin = key.as_ptr().addr().checked_sub(written.as_ptr().addr())?;
        let before = written.get(..begin)?;
        let after = written.get(begin.checked_add(key.len())?..)?;
        let is_quoted = before.ends_with('"') && after.starts_with('"');
        let length = key.len();
        is_quoted.then_some(Self {
            before,
            after,
            length,
        })
    }

    /// The key of a question that is written like this, and what follows the question.
    fn again(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = text.strip_prefix(self.before)?;
        let usual = rest.as_bytes().get(..self.length)?;
        let end = match bytes::any(usual, is_escaped) {
            false if rest.as_bytes().get(self.length) == Some(&b'"') => self.length,
            _ => rest.bytes().position(is_escaped)?,
        };
        let (key, rest) = rest.split_at_checked(end)?;
        Some((key, rest.strip_prefix(self.after)?))
    }
}

/// What follows a token and the white space before it.
fn token<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    trimmed(text).strip_prefix(token)
}

/// Without the white space that JSON allows before tokens (RFC 8259 §2).
fn trimmed(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What both ways of reading make of it.
    fn both(text: &str) -> (Option<Vec<String>>, Option<Vec<String>>) {
        let shown = |questions: Questions<'_>| -> Vec<String> {
            let one = |(key, asked): (&str, usize)| {
                let question = Question {
                    key: key.to_owned().into(),
                    ..questions.asked[asked].clone()
                };
                format!("{question:?}")
            };
            questions.iter().map(one).collect()
        };
        let closely = serde_json::from_str::<Object<BatchRequest<'_>>>(text);
        let closely = closely.ok().map(|Object(batch)| Questions::of(batch));
        (Questions::read(text).map(shown), closely.map(shown))
    }

    fn written(keys: &[&str], rest: &str) -> String {
        let one = |key: &&str| format!("{{\"key\":\"{key}\",{rest}}}");
        let all: Vec<_> = keys.iter().map(one).collect();
        format!("{{\"requests\":[{}]}}", all.join(","))
    }

    #[test]
    fn questions_alike_are_read_once() {
        let text = written(
            &["a", "b", "", "\u{e9}"],
            "\"product\":\"p\",\"mode\":\"any\"",
        );
        let questions = Questions::read(&text).unwrap();
        assert_eq!(questions.asked.len(), 1);
        let keys: Vec<_> = questions.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "b", "", "\u{e9}"]);
        let text = text.replacen("\"any\"", "\"live\"", 2);
        assert_eq!(Questions::read(&text).unwrap().asked.len(), 2);
    }

    #[test]
    fn white_space_of_any_kind_is_read() {
        let text = "\r\n{ \"requests\" :\t[ {\"key\": \"a\", \"mode\": \"any\"} ,\n {\"key\": \"b\", \
                    \"mode\": \"any\"} ] } \n";
        let (quickly, closely) = both(text);
        assert!(quickly.is_some());
        assert_eq!(quickly, closely);
    }

    #[test]
    fn what_is_no_batch_is_left_to_the_close_look() {
        let good = written(&["a", "b"], "\"product\":\"p\"");
        for bad in [
            good.replace("]}", "]"),
            good.replace("]}", "]}x"),
            good.replace("]}", "],\"more\":1}"),
            good.replace("\"b\"", "\"b\u{1}\""),
            good.replacen("\"p\"", "\"p\",\"product\":\"q\"", 1),
            good.replace("\"b\"", "7"),
            "{\"requests\":[]}".to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(Questions::read(&bad).is_none(), "{bad}");
        }
        let many = written(&["a"; 101], "\"product\":\"p\"");
        assert!(Questions::read(&many).is_none());
    }

    proptest! {
        /// However a batch is spoilt, the quick reading either says the same or leaves it.
        #[test]
        fn the_quick_reading_says_what_the_close_one_says(
            keys in proptest::collection::vec("[a-c\\\\\"]{0,3}", 1..6),
            rest in "(\"product\":\"p\")|(\"mode\":\"any\",\"scope\":\"k\")|(\"scope\":[\"a\",\"b\"])",
            spoilt in proptest::collection::vec((any::<u16>(), "[\"a,:{} \\\\\\[\\]]"), 0..3),
        ) {
            let keys: Vec<_> = keys.iter().map(|key| &**key).collect();
            let mut text = written(&keys, &rest);
            for (at, with) in spoilt {
                let at = usize::from(at) % text.len();
                text.replace_range(at..=at, &with);
            }
            let (quickly, closely) = both(&text);
            if quickly.is_some() {
                prop_assert_eq!(quickly, closely, "{}", text);
            }
        }
    }
}
