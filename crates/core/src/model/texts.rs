//! Lists of texts that thousands of records have in common.

use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// A list of texts that never changes. Cloning it copies a pointer, and its hash is worked out
/// once, so that keys with the same list are cheap to make and their list is cheap to look up.
#[derive(Clone)]
pub struct TextList(Arc<Listed>);

struct Listed {
    hash: u64,
    texts: Box<[String]>,
}

impl From<Vec<String>> for TextList {
    fn from(texts: Vec<String>) -> Self {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&texts);
        let texts = texts.into();
        Self(Arc::new(Listed { hash, texts }))
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
        Arc::ptr_eq(mine, theirs) || mine.hash == theirs.hash && mine.texts == theirs.texts
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
