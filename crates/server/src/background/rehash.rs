//! Remaking digests after a new pepper, for keys as they are used.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::{App, Caller, Rehash};
use crate::manage::{Request, Work, rehash};

const AT_ONCE: usize = 200;

/// Runs for as long as anybody can ask for it.
pub async fn rehash_used(app: Arc<App>, mut used: mpsc::Receiver<Rehash>) {
    let caller = Caller::system();
    let mut batch = Vec::with_capacity(AT_ONCE);
    while used.recv_many(&mut batch, AT_ONCE).await > 0 {
        batch.sort_by_key(|one| one.key);
        batch.dedup_by_key(|one| one.key);
        let work = Work::new(&app, &caller, Request::default());
        if let Err(problem) = rehash(&work, &batch).await {
            // Their next use asks again.
            tracing::warn!(code = problem.code, "digests were not remade");
        }
        batch.clear();
    }
}
