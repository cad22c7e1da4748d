//! Marking secret keys that came from a web page, once and beside the requests that told so.

use std::sync::Arc;

use keystile_core::model::KeyId;
use tokio::sync::mpsc;

use crate::app::{App, Caller};
use crate::manage::{Request, Work, mark_key_exposed};

/// Runs for as long as anybody can ask for it.
pub async fn mark_exposed(app: Arc<App>, mut exposed: mpsc::Receiver<KeyId>) {
    let caller = Caller::system();
    while let Some(key) = exposed.recv().await {
        let work = Work::new(&app, &caller, Request::default());
        match mark_key_exposed(&work, key).await {
            Ok(true) => tracing::warn!(%key, "a secret key came from a web page: replace it"),
            // Others told of it before this was done.
            Ok(false) => {}
            // Its next use tells again.
            Err(problem) => tracing::warn!(%key, code = problem.code, "a key was not marked"),
        }
    }
}
