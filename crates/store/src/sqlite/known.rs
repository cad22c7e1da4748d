//! Lists of texts that were read before: most rows repeat one that another row has.

use std::collections::HashMap;

use keystile_core::model::TextList;

/// How many lists are remembered at most, and how long their columns are at most, so that rows
/// that all differ cannot fill the memory.
const MOST: usize = 4096;
const LONGEST: usize = 1024;

/// Lists by the bytes of the column that they were read from.
#[derive(Default)]
pub(super) struct KnownLists(HashMap<Box<[u8]>, TextList>);

impl KnownLists {
    /// The list in a column; `None` when it is no JSON list of texts.
    pub(super) fn read(&mut self, column: &[u8]) -> Option<TextList> {
        if let Some(known) = self.0.get(column) {
            return Some(known.clone());
        }
        let texts: Vec<String> = serde_json::from_slice(column).ok()?;
        let list = TextList::from(texts);
        if column.len() <= LONGEST {
            self.remember(column, list.clone());
        }
        Some(list)
    }

    /// When there are too many, they do not repeat: then all are forgotten.
    fn remember(&mut self, column: &[u8], list: TextList) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(column.into(), list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lists: &mut KnownLists, column: &str) -> Option<TextList> {
        lists.read(column.as_bytes())
    }

    #[test]
    fn the_same_text_gives_the_same_list_and_another_text_another() {
        let mut lists = KnownLists::default();
        let first = read(&mut lists, r#"["a","b"]"#).unwrap();
        let again = read(&mut lists, r#"["a","b"]"#).unwrap();
        assert_eq!(first.as_ptr(), again.as_ptr());
        assert_eq!(*read(&mut lists, r#"["b"]"#).unwrap(), ["b".to_owned()]);
        assert!(read(&mut lists, "[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_of_texts_is_refused_each_time() {
        let mut lists = KnownLists::default();
        for bad in ["", "[1]", "{}", r#"["a""#, r#"["a"] x"#, "null"] {
            assert_eq!(read(&mut lists, bad), None, "{bad}");
            assert_eq!(read(&mut lists, bad), None, "{bad}");
        }
        assert_eq!(lists.read(b"[\"\xff\"]"), None);
    }

    #[test]
    fn however_many_differ_only_so_many_are_kept() {
        let mut lists = KnownLists::default();
        for number in 0..MOST + 10 {
            read(&mut lists, &format!("[\"{number}\"]")).unwrap();
            assert!(lists.0.len() <= MOST);
        }
        let before = lists.0.len();
        let long = "a".repeat(LONGEST);
        assert_eq!(*read(&mut lists, &format!("[\"{long}\"]")).unwrap(), [long]);
        assert_eq!(lists.0.len(), before);
    }
}
