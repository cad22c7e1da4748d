//! Changes, by way of the writing thread.

use std::path::Path;

use async_trait::async_trait;
use keystile_core::model::{Effective, Timestamp};
use rusqlite::params;
use tokio::sync::oneshot;

use super::columns::integer;
use super::errors::{plain, unavailable};
use super::writer::{Desk, Refused};
use super::{SqliteStore, backup};
use crate::{Change, CommitError, Committed, StoreError, Writes};

#[async_trait]
impl Writes for SqliteStore {
    async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        let answer = self
            .writer
            .ask(move |desk| desk.commit(change))
            .map_err(|refused| CommitError::NotWritten(refused.to_string()))?;
        answer
            .await
            .unwrap_or_else(|_| Err(CommitError::Unknown(Refused::Stopped.to_string())))
    }

    async fn keep_effective(&self, effective: Effective) -> Result<(), StoreError> {
        let answer = self.writer.ask(move |desk| desk.keep_effective(effective));
        answered(answer).await
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.get().cloned()
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::backup(self, to).await
    }
}

/// The answer of work that changes nothing the index rests on.
pub(super) async fn answered<T>(
    answer: Result<oneshot::Receiver<Result<T, StoreError>>, Refused>,
) -> Result<T, StoreError> {
    let answer = answer.map_err(|refused| StoreError::Unavailable(refused.to_string()))?;
    answer
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable(Refused::Stopped.to_string())))
}

impl Desk {
    fn keep_effective(&mut self, proof: Effective) -> Result<(), StoreError> {
        self.refuse_if_closed()?;
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO effective (seq, nodes, confirmed, lapsed) \
                 VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    integer(proof.seq),
                    proof.nodes,
                    proof.confirmed,
                    proof.lapsed
                ])
            })
            .map(drop)
            .map_err(|error| unavailable(&error))
    }

    /// Writes down what time it is; when that fails, the next minute tries again.
    pub(super) fn write_time(&mut self, now: Timestamp) {
        if self.closed.is_some() {
            return;
        }
        let written = self.connection.execute(
            "INSERT INTO latest_time (only, at) VALUES (1, ?1) \
             ON CONFLICT (only) DO UPDATE SET at = max(at, excluded.at)",
            [now.millis()],
        );
        if let Err(error) = written {
            tracing::warn!(reason = plain(&error), "the time could not be written down");
        }
    }

    pub(super) fn refuse_if_closed(&self) -> Result<(), StoreError> {
        match &self.closed {
            Some(reason) => Err(StoreError::Unavailable(reason.clone())),
            None => Ok(()),
        }
    }
}
