//! Marking secret keys that came from a web page, once and beside the requests that told so.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::{App, Caller, Exposed};
use crate::manage::{Request, Work, mark_key_exposed};

/// Runs for as long as anybody can ask for it.
pub async fn mark_exposed(app: Arc<App>, mut exposures: mpsc::Receiver<Exposed>) {
    let caller = Caller::system();
    while let Some(exposed) = exposures.recv().await {
        let key = exposed.key;
        let work = Work::new(&app, &caller, Request::default());
        match mark_key_exposed(&work, &exposed).await {
            Ok(true) => tracing::warn!(%key, "a secret key came from a web page: replace it"),
            // Others told of it before this was done, or it has another value now.
            Ok(false) => {}
            // Its next use tells again.
            Err(problem) => tracing::warn!(%key, code = problem.code, "a key was not marked"),
        }
    }
}
