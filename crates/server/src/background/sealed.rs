//! Finishing, after a start, what was interrupted: sealed secrets of products whose manifest says
//! that secrets are shown once.

use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, Caller};
use crate::manage::{Request, Work, destroy_left_secrets as destroy};

/// How long until it is tried again.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs until none are left. Afterwards whoever applies a manifest sees to it.
pub async fn destroy_left_secrets(app: Arc<App>) {
    let caller = Caller::system();
    loop {
        let work = Work::new(&app, &caller, Request::default());
        match destroy(&work).await {
            Ok(0) => return,
            Ok(secrets) => {
                tracing::warn!(secrets, "sealed secrets that were left over were destroyed");
                return;
            }
            Err(problem) => {
                tracing::warn!(code = problem.code, "sealed secrets are not destroyed yet");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
