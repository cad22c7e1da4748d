//! Which operation a request is: method and raw path against the templates of the manifest.
//!
//! A path matches a template segment by segment, byte for byte; a parameter stands for any one
//! segment. Where several templates match, the one whose literals include the others' wins; a
//! manifest in which that is not settled is refused, so the order of operations means nothing.
//! HEAD matches only where it is listed. The query is cut off and never looked at.
//!
//! Finding takes no memory: the segments are compared where they lie.

use std::sync::Arc;

use super::path::{self, PathError};
use super::scope::ScopeId;
use super::template::{self, Segment, Template};
use crate::model::RateLimit;

/// What a request may be, and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its position in the manifest.
    pub index: u16,
    /// As the manifest writes it, such as `POST /v1/events/{event}/messages`.
    pub text: Arc<str>,
    /// The scope a key needs.
    pub scope: ScopeId,
    /// How many credits a call costs for which no other cost is named.
    pub cost: u32,
    /// The most credits that may be named as the cost of a call; at least `cost`, and the same
    /// where the cost is fixed.
    pub max_cost: u32,
    /// How often one key may do it.
    pub rate_limit: Option<RateLimit>,
}

/// Why no operation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// The method is not one to 32 capitals or hyphens.
    #[error("the method is malformed")]
    MalformedMethod,
    /// The path has no single meaning.
    #[error("{0}")]
    MalformedPath(PathError),
    /// The text is not a method, one space and a path.
    #[error("an operation is a method, one space and a path, such as `POST /v1/events`")]
    MalformedText,
    /// The manifest lists no such operation.
    #[error("the product has no such operation")]
    Unknown,
}

/// The operations of a product, ready to be searched.
#[derive(Debug, Clone, Default)]
pub struct OperationTable {
    operations: Vec<Operation>,
    methods: Words,
}

/// Words, and where each leads, in their order.
#[derive(Debug, Clone, Default)]
struct Words(Vec<(Box<str>, Node)>);

/// Up to so many words are compared one by one, which their lengths make quick.
const FEW: usize = 8;

impl Words {
    fn get(&self, word: &str) -> Option<&Node> {
        let found = if self.0.len() <= FEW {
            self.0.iter().find(|(known, _)| **known == *word)
        } else {
            self.0.get(self.place(word).ok()?)
        };
        found.map(|(_, node)| node)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the word is there, or was just put there"
    )]
    fn get_or_add(&mut self, word: &str) -> &mut Node {
        let at = self.place(word).unwrap_or_else(|at| {
            self.0.insert(at, (word.into(), Node::default()));
            at
        });
        &mut self.0[at].1
    }

    fn place(&self, word: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (**known).cmp(word))
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(word, _)| &**word)
    }
}

/// A place in the tree of segments.
#[derive(Debug, Clone, Default)]
struct Node {
    literals: Words,
    parameter: Option<Box<Node>>,
    operation: Option<u16>,
}

impl OperationTable {
    pub(super) fn build(entries: Vec<(Template, Operation)>) -> Self {
        let mut table = Self::default();
        for (template, operation) in entries {
            let root = table.methods.get_or_add(&template.method);
            root.grow(&template.segments, operation.index);
            table.operations.push(operation);
        }
        table
    }

    /// Finds the operation of a request by its method and its raw target.
    ///
    /// # Errors
    /// Says whether method or path is malformed, or that there is no such operation. Each of them
    /// is a refusal.
    pub fn find(&self, method: &str, target: &str) -> Result<&Operation, OperationError> {
        if !template::is_method(method) {
            return Err(OperationError::MalformedMethod);
        }
        let path = path::clean(target).map_err(OperationError::MalformedPath)?;
        let segments = path.text.get(1..).filter(|rest| !rest.is_empty());
        let found = match self.methods.get(method) {
            Some(root) => root
                .find(segments, path.is_encoded)
                .map_err(OperationError::MalformedPath)?,
            None => None,
        };
        found
            .and_then(|index| self.operations.get(usize::from(index)))
            .ok_or(OperationError::Unknown)
    }

    /// Finds an operation by a text such as `POST /v1/events/evt_1/messages`.
    ///
    /// # Errors
    /// As [`find`](Self::find); also when the text does not have that form.
    pub fn find_text(&self, text: &str) -> Result<&Operation, OperationError> {
        let (method, target) = text.split_once(' ').ok_or(OperationError::MalformedText)?;
        self.find(method, target)
    }

    /// The operation at that position of the manifest.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<&Operation> {
        self.operations.get(usize::from(index))
    }

    /// The operations in the order of the manifest.
    #[must_use]
    pub fn as_slice(&self) -> &[Operation] {
        &self.operations
    }
}

impl Node {
    fn grow(&mut self, segments: &[Segment], operation: u16) {
        let Some((first, rest)) = segments.split_first() else {
            self.operation = Some(operation);
            return;
        };
        let next = match first {
            Segment::Literal(text) => self.literals.get_or_add(text),
            Segment::Parameter(_) => &mut **self.parameter.get_or_insert_default(),
        };
        next.grow(rest, operation);
    }

    /// Literals are tried first, so the first hit is the most specific one. The depth is bounded
    /// by the longest template, the work by the size of the tree. `encoded` says whether the path
    /// has any percent-encoding.
    fn find(&self, segments: Option<&str>, encoded: bool) -> Result<Option<u16>, PathError> {
        let Some(segments) = segments else {
            return Ok(self.operation);
        };
        let end = segments
            .bytes()
            .position(|byte| byte == b'/')
            .unwrap_or(segments.len());
        let (segment, rest) = segments.split_at_checked(end).unwrap_or((segments, ""));
        let rest = rest.get(1..);
        if let Some(next) = self.literals.get(segment)
            && let Some(found) = next.find(rest, encoded)?
        {
            return Ok(Some(found));
        }
        let Some(next) = &self.parameter else {
            return Ok(None);
        };
        // `/v1/%65vents` must not pass as a parameter when the application will decode it to
        // `/v1/events`, an operation with another scope.
        if encoded && self.literals.iter().any(|text| path::spells(segment, text)) {
            return Err(PathError::Disguised);
        }
        next.find(rest, encoded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::template::Overlap;

    fn table(texts: &[&str]) -> OperationTable {
        let entries = texts.iter().enumerate().map(|(index, text)| {
            let operation = Operation {
                index: u16::try_from(index).unwrap(),
                text: (*text).into(),
                scope: ScopeId(0),
                cost: 0,
                max_cost: 0,
                rate_limit: None,
            };
            (Template::parse(text).unwrap(), operation)
        });
        OperationTable::build(entries.collect())
    }

    fn found<'a>(table: &'a OperationTable, text: &str) -> Option<&'a str> {
        table.find_text(text).ok().map(|operation| &*operation.text)
    }

    #[test]
    fn a_literal_beats_a_parameter_and_a_dead_end_turns_back() {
        let table = table(&[
            "GET /a/{x}/{y}",
            "GET /a/b/{y}",
            "GET /a/{x}",
            "GET /a/b",
            "GET /",
        ]);
        for (text, expected) in [
            ("GET /a/b", Some("GET /a/b")),
            ("GET /a/c", Some("GET /a/{x}")),
            ("GET /a/b/c?d=/a", Some("GET /a/b/{y}")),
            ("GET /a/c/d", Some("GET /a/{x}/{y}")),
            ("GET /", Some("GET /")),
            ("GET /A/b", None),
            ("GET /a", None),
            ("GET /a/b/c/d", None),
            ("POST /a/b", None),
        ] {
            assert_eq!(found(&table, text), expected, "{text}");
        }
        let table = self::table(&["GET /a/b/c", "GET /a/{x}/d"]);
        assert_eq!(found(&table, "GET /a/b/d"), Some("GET /a/{x}/d"));
    }

    #[test]
    fn head_matches_only_where_it_is_listed() {
        assert_eq!(found(&table(&["GET /a"]), "HEAD /a"), None);
        assert_eq!(found(&table(&["HEAD /a"]), "HEAD /a"), Some("HEAD /a"));
    }

    #[test]
    fn f09_odd_methods_are_malformed() {
        let table = table(&["GET /a"]);
        for method in [
            "",
            "get",
            "Get",
            "GET ",
            "G\u{0}T",
            "GÉT",
            "GET/1",
            &"G".repeat(33),
        ] {
            let error = table.find(method, "/a").unwrap_err();
            assert_eq!(error, OperationError::MalformedMethod, "{method}");
        }
        assert_eq!(table.find_text("/a"), Err(OperationError::MalformedText));
        assert_eq!(table.find("BREW", "/a"), Err(OperationError::Unknown));
    }

    #[test]
    fn f25_an_encoded_spelling_of_a_known_segment_does_not_pass_as_a_parameter() {
        let table = table(&["GET /data/{table}", "GET /data/secrets", "GET /data/a:b"]);
        for path in [
            "/data/%73ecrets",
            "/data/secret%73",
            "/data/a%3ab",
            "/data/a%3Ab",
        ] {
            let error = table.find("GET", path).unwrap_err();
            assert_eq!(
                error,
                OperationError::MalformedPath(PathError::Disguised),
                "{path}"
            );
        }
        assert_eq!(
            found(&table, "GET /data/caf%C3%A9"),
            Some("GET /data/{table}")
        );
        assert_eq!(
            found(&table, "GET /data/%73ecret"),
            Some("GET /data/{table}")
        );
    }

    /// The slow reference: try every template, keep the one that beats all others that match.
    fn reference(templates: &[Template], method: &str, path: &str) -> Option<usize> {
        let parts: Vec<&str> = path
            .split('/')
            .skip(1)
            .filter(|part| !part.is_empty())
            .collect();
        let fits = |template: &Template| {
            &*template.method == method
                && template.segments.len() == parts.len()
                && template
                    .segments
                    .iter()
                    .zip(&parts)
                    .all(|(segment, part)| match segment {
                        Segment::Literal(text) => &**text == *part,
                        Segment::Parameter(_) => true,
                    })
        };
        let hits: Vec<usize> = (0..templates.len())
            .filter(|&index| fits(&templates[index]))
            .collect();
        hits.iter().copied().find(|&hit| {
            hits.iter().all(|&other| {
                hit == other || templates[hit].overlap(&templates[other]) == Overlap::First
            })
        })
    }

    fn some_template() -> impl Strategy<Value = String> {
        let segment = prop_oneof![Just("a"), Just("b"), Just("c"), Just("{}")];
        (
            prop_oneof![Just("GET"), Just("PUT")],
            proptest::collection::vec(segment, 0..4),
        )
            .prop_map(|(method, segments)| {
                let path: Vec<String> = segments
                    .iter()
                    .enumerate()
                    .map(|(index, text)| text.replace("{}", &format!("{{p{index}}}")))
                    .collect();
                format!("{method} /{}", path.join("/"))
            })
    }

    proptest! {
        #[test]
        fn every_find_agrees_with_the_slow_reference(
            texts in proptest::collection::vec(some_template(), 0..12),
            path in proptest::collection::vec("[abcd]", 0..5),
            method in prop_oneof![Just("GET"), Just("PUT"), Just("HEAD")],
        ) {
            let mut kept: Vec<Template> = Vec::new();
            let mut kept_texts: Vec<&str> = Vec::new();
            for text in &texts {
                let template = Template::parse(text).unwrap();
                if kept.iter().all(|other| template.overlap(other) != Overlap::Conflict) {
                    kept.push(template);
                    kept_texts.push(text);
                }
            }
            let path = format!("/{}", path.join("/"));
            let table = table(&kept_texts);
            let fast = table.find(method, &path).ok().map(|operation| usize::from(operation.index));
            prop_assert_eq!(fast, reference(&kept, method, &path));
        }

        #[test]
        fn no_request_makes_the_matcher_panic(method in "\\PC{0,5}", target in "[/%.;?#a-z0-9é\\\\\\x00]{0,40}") {
            let table = table(&["GET /a/{x}", "GET /{y}", "GET /"]);
            let _ = table.find(&method, &target);
            if let Ok(operation) = table.find("GET", &target) {
                let path = target.split('?').next().unwrap();
                prop_assert!(path.starts_with('/') && !path.contains("//") && !path.contains("/../"));
                prop_assert!(operation.index < 3);
            }
        }
    }
}
