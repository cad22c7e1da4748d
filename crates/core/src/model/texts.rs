//! Lists of texts that thousands of records have in common.

use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::key::Encoder;

/// A list of texts that never changes. Cloning it copies a pointer, and what is often asked of it
/// is worked out once, so that keys with the same list are cheap to make and to look up.
#[derive(Clone)]
pub struct TextList(Arc<Listed>);

struct Listed {
    texts: Box<[String]>,
    /// What a MAC covers of the list.
    encoded: Box<[u8]>,
    /// Of those bytes.
    hash: u64,
}

impl TextList {
    /// What a MAC covers of it: how many texts, and each of them. Different lists never give the
    /// same bytes.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.0.encoded
    }
}

impl From<Vec<String>> for TextList {
    fn from(texts: Vec<String>) -> Self {
        let mut encoded = Vec::new();
        Encoder::new(&mut encoded).texts(&texts);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&encoded);
        Self(Arc::new(Listed {
            texts: texts.into(),
            encoded: encoded.into(),
            hash,
        }))
    }
}

impl FromIterator<String> for TextList {
    fn from_iter<T: IntoIterator<Item = String>>(texts: T) -> Self {
        Self::from(Vec::from_iter(texts))
    }
}

impl Deref for TextList {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0.texts
    }
}

impl PartialEq for TextList {
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.0, &other.0);
        Arc::ptr_eq(mine, theirs) || mine.hash == theirs.hash && mine.encoded == theirs.encoded
    }
}

impl Eq for TextList {}

impl Hash for TextList {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for TextList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.texts.fmt(f)
    }
}

impl Serialize for TextList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.texts.serialize(serializer)
    }
}

impl JsonSchema for TextList {
    fn inline_schema() -> bool {
        Vec::<String>::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Vec::<String>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<String>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> TextList {
        texts.iter().copied().map(String::from).collect()
    }

    fn hash(list: &TextList) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(list)
    }

    #[test]
    fn lists_are_the_same_by_what_they_hold() {
        let one = list(&["a", "bc"]);
        for same in [one.clone(), list(&["a", "bc"])] {
            assert_eq!(one, same);
            assert_eq!(hash(&one), hash(&same));
        }
        for other in [list(&[]), list(&["ab", "c"]), list(&["bc", "a"])] {
            assert_ne!(one, other);
            assert_ne!(hash(&one), hash(&other), "{other:?}");
        }
    }

    #[test]
    fn a_list_looks_like_a_plain_one_from_outside() {
        let (texts, list) = (vec!["a".to_owned()], list(&["a"]));
        assert_eq!(format!("{list:?}"), format!("{texts:?}"));
        assert_eq!(serde_json::json!(list), serde_json::json!(texts));
        let (plain, ours) = (
            schemars::schema_for!(Vec<String>),
            schemars::schema_for!(TextList),
        );
        assert_eq!(ours, plain);
    }
}
