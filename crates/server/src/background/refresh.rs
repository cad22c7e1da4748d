//! Following the journal: what it says is applied to the index, row by row, in order.

use std::sync::Arc;
use std::time::Duration;

use keystile_core::snapshot::Applied;
use keystile_store::{FeedRow, Scanned, StoreError};

use crate::app::App;

const ROWS: u32 = 64;
const PAUSE: Duration = Duration::from_millis(100);

/// Runs for as long as the app: waits for the journal to grow, and applies what it says.
pub async fn follow(app: Arc<App>) {
    loop {
        let applied = app.engine.index().applied();
        match catch_up(&app, applied).await {
            Ok(true) => {}
            Ok(false) => app.store.grown_past(applied).await,
            Err(error) => {
                // Nothing that is not applied is acknowledged either, so going on is safe.
                app.set_ready(false);
                tracing::error!(%error, "the journal cannot be followed");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Applies what there is; whether there was anything.
async fn catch_up(app: &App, applied: u64) -> Result<bool, StoreError> {
    let rows = app.store.after(applied, ROWS).await?;
    let any = !rows.is_empty();
    for row in rows {
        apply(app, row).await?;
    }
    app.set_ready(true);
    Ok(any)
}

async fn apply(app: &App, row: FeedRow) -> Result<(), StoreError> {
    if row.keyring_changed {
        take_keyring(app).await?;
    }
    let seq = row.seq;
    let removed = row.removed.into_iter().map(Applied::Removed);
    let records = row
        .records
        .into_iter()
        .filter_map(|scanned| put(app, scanned));
    let all: Vec<_> = removed.chain(records).collect();
    all.iter().for_each(|one| match one {
        Applied::Put(record, sound) => app.people.current.put(record, *sound),
        Applied::Removed(subject) => app.people.current.remove(subject),
    });
    if let Err(problems) = app.engine.index().apply(seq, all) {
        for problem in problems {
            app.metrics.refused_rows.inc();
            tracing::error!(%problem, "a row is refused");
        }
    }
    app.metrics.applied_seq.set(seq);
    app.applied.send_replace(seq);
    Ok(())
}

fn put(app: &App, scanned: Scanned) -> Option<Applied> {
    match scanned {
        Scanned::Sound(record) => Some(Applied::Put(record, true)),
        Scanned::Forged(record) => {
            app.metrics.refused_rows.inc();
            tracing::error!(subject = %record.subject(), "a row was altered and is refused");
            Some(Applied::Put(record, false))
        }
        Scanned::Unreadable { place, problem } => {
            app.metrics.refused_rows.inc();
            tracing::error!(place, problem, "a row cannot be read and is refused");
            None
        }
    }
}

async fn take_keyring(app: &App) -> Result<(), StoreError> {
    let stored = app.store.keyring().await?;
    match app.open_keyring(&stored) {
        Some(keyring) => app.engine.replace_keyring(keyring),
        None => tracing::error!("the new key material does not open; the old one stays"),
    }
    Ok(())
}
