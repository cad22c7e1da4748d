//! Letting old signing keys go, once all the tokens that they signed have ended.

use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, Caller};
use crate::manage::{Request, Work, retire_signing_keys as retire};

/// How often the clock is looked at while there is an old key.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs for as long as the app.
pub async fn retire_signing_keys(app: Arc<App>) {
    let caller = Caller::system();
    let mut applied = app.applied.subscribe();
    loop {
        let has_old = |_: &u64| app.engine.keyring().signing().len() > 1;
        // What it lends must not live across the next await.
        if applied.wait_for(has_old).await.map(drop).is_err() {
            return;
        }
        let work = Work::new(&app, &caller, Request::default());
        if let Err(problem) = retire(&work).await {
            tracing::warn!(code = problem.code, "old signing keys were not let go");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
