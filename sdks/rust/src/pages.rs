//! Lists that come in pages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::{Given, Operation};
use crate::errors::Error;
use crate::transport::Caller;

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Where the next one begins; `None` on the last.
    pub next_cursor: Option<String>,
}

/// A list that comes in pages: take one entry after the other, all of them, or the first page.
#[must_use = "nothing is asked before an entry is taken"]
pub struct Pages<T> {
    api: Arc<Caller>,
    operation: Operation,
    read: VecDeque<T>,
    is_ended: bool,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn of(api: &Arc<Caller>, operation: Operation) -> Self {
        Self {
            api: Arc::clone(api),
            operation,
            read: VecDeque::new(),
            is_ended: false,
        }
    }

    /// The first page alone.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn first(self) -> Result<Page<T>, Error> {
        self.load().await
    }

    /// The next entry; its page is fetched when the one before is used up. `None` at the end.
    ///
    /// # Errors
    ///
    /// As every call; asking again tries the same page again.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        while self.read.is_empty() && !self.is_ended {
            let page = self.load().await?;
            self.read.extend(page.data);
            match page.next_cursor {
                Some(cursor) => {
                    let cursor = Value::String(cursor);
                    self.operation.query.insert("cursor".into(), cursor);
                }
                None => self.is_ended = true,
            }
        }
        Ok(self.read.pop_front())
    }

    /// All entries.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(entry) = self.try_next().await? {
            all.push(entry);
        }
        Ok(all)
    }

    async fn load(&self) -> Result<Page<T>, Error> {
        self.api.send(&self.operation, &Given::default()).await
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}
