//! Filling the index at start, and putting an [`App`] together.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use keystile_core::engine::Engine;
use keystile_core::key::{Keyring, MasterKey, Random, UnwrapError};
use keystile_core::model::{Record, Subject};
use keystile_core::snapshot::{ApplyProblem, Index};
use keystile_store::{ScanReport, Scanned, Store, StoreError};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::app::{App, Exposed, Rehash};
use crate::background::Uses;
use crate::config::Settings;
use crate::manage::people::People;
use crate::manage::portal::OpenedLinks;
use crate::metrics::Metrics;
use crate::request_id::RequestIds;

/// Why the server cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key material does not open.
    #[error(transparent)]
    Keyring(#[from] UnwrapError),
    /// The random source fails.
    #[error(transparent)]
    Random(#[from] keystile_core::key::RandomError),
}

/// How many keys may wait for their digests to be remade; beyond that their next use asks again.
const REHASHES: usize = 10_000;

/// How many exposed keys may wait to be marked; beyond that their next use tells again.
const EXPOSURES: usize = 1_000;

/// An app whose index is filled, and what its background work reads.
pub struct Loaded {
    /// The app.
    pub app: Arc<App>,
    used: mpsc::Receiver<Rehash>,
    exposed: mpsc::Receiver<Exposed>,
}

/// Work that goes on beside requests for as long as this is held.
#[derive(Debug)]
pub struct Background {
    app: Arc<App>,
    work: JoinSet<()>,
}

impl Background {
    /// Ends it, and returns when it has ended and what keys were used for is written down.
    pub async fn end(mut self) {
        self.app.write_uses().await;
        self.work.shutdown().await;
    }
}

impl Loaded {
    /// Begins the background work.
    #[must_use]
    pub fn begin(self) -> (Arc<App>, Background) {
        let mut work = JoinSet::new();
        work.spawn(super::follow(Arc::clone(&self.app)));
        work.spawn(super::rehash_used(Arc::clone(&self.app), self.used));
        work.spawn(super::mark_exposed(Arc::clone(&self.app), self.exposed));
        work.spawn(super::write_uses_down(Arc::clone(&self.app)));
        work.spawn(super::retire_signing_keys(Arc::clone(&self.app)));
        work.spawn(super::destroy_left_secrets(Arc::clone(&self.app)));
        work.spawn(super::keep_credits(Arc::clone(&self.app)));
        let app = Arc::clone(&self.app);
        (self.app, Background { app, work })
    }
}

/// Reads everything into a new index. Rows that are not as Keystile wrote them are refused, named
/// in the log, and nothing is allowed on them.
///
/// # Errors
/// When the database or the key material cannot be read at all.
pub async fn load(
    store: Arc<dyn Store>,
    master: MasterKey,
    settings: Settings,
    random: Arc<dyn Random>,
) -> Result<Loaded, LoadError> {
    let keyring = Keyring::open(&master, &store.keyring().await?)?;
    let metrics = Metrics::new();
    let index = Arc::new(Index::new());
    let people = Arc::<People>::default();
    let report = scan(&*store, &index, &people, &metrics).await?;
    refuse_suspects(&*store, &index, &people, &metrics, &report).await?;
    let refused = index.loaded(report.head.seq);
    refuse(&metrics.refused_rows, refused);
    metrics.applied_seq.set(report.head.seq);
    let request_ids = RequestIds::new(&*random)?;
    let (applied, _) = watch::channel(report.head.seq);
    let (rehashes, used) = mpsc::channel(REHASHES);
    let (exposures, exposed) = mpsc::channel(EXPOSURES);
    // From now on, hours are told apart.
    index.collect_uses(store.now());
    let app = App {
        engine: Engine::new(index, keyring).with_issuer(settings.issuer()),
        store,
        random,
        masters: Mutex::new(vec![master]),
        changing_keyring: tokio::sync::Mutex::default(),
        rehashes,
        exposures,
        uses: Uses::default(),
        people,
        opened_links: OpenedLinks::default(),
        listening: OnceLock::new(),
        embed: OnceLock::new(),
        begun: Instant::now(),
        settings,
        metrics,
        request_ids,
        applied,
        ready: AtomicBool::new(true),
    };
    Ok(Loaded {
        app: Arc::new(app),
        used,
        exposed,
    })
}

async fn scan(
    store: &dyn Store,
    index: &Arc<Index>,
    people: &Arc<People>,
    metrics: &Metrics,
) -> Result<ScanReport, StoreError> {
    let refused = metrics.refused_rows.clone();
    let (filling, people) = (Arc::clone(index), Arc::clone(people));
    let take = move |scanned: Scanned| {
        let (record, sound) = match scanned {
            Scanned::Sound(record) => (record, true),
            Scanned::Forged(record) => {
                refused.inc();
                let subject = record.subject();
                tracing::error!(%subject, "a row was altered and is refused; see `keystile audit verify`");
                (record, false)
            }
            Scanned::Unreadable { place, problem } => {
                refused.inc();
                tracing::error!(place, problem, "a row cannot be read and is refused");
                return;
            }
        };
        people.current.put(&record, sound);
        refuse(&refused, filling.load(record, sound));
    };
    store.scan(Arc::new(take)).await
}

/// Counts and tells what could not be taken in.
fn refuse(refused: &Gauge, taken: Result<(), Vec<ApplyProblem>>) {
    for problem in taken.err().into_iter().flatten() {
        refused.inc();
        tracing::error!(%problem, "a row is refused");
    }
}

/// Rows whose own MAC holds, but that are older than the journal says, or that it does not know.
async fn refuse_suspects(
    store: &dyn Store,
    index: &Index,
    people: &People,
    metrics: &Metrics,
    report: &ScanReport,
) -> Result<(), StoreError> {
    for finding in &report.suspects {
        metrics.refused_rows.inc();
        let subject = finding
            .subject
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(
            subject,
            problem = finding.problem,
            "a row is not the one the journal wrote"
        );
    }
    let wanted: HashSet<Subject> = report
        .suspects
        .iter()
        .filter_map(|finding| finding.subject.clone())
        .collect();
    wanted
        .iter()
        .for_each(|subject| people.current.refuse(subject));
    if wanted.is_empty() {
        return Ok(());
    }
    let found: Arc<Mutex<Vec<Record>>> = Arc::default();
    let sink = Arc::clone(&found);
    let take = move |scanned: Scanned| {
        if let Scanned::Sound(record) = scanned
            && wanted.contains(&record.subject())
        {
            sink.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(record);
        }
    };
    store.scan(Arc::new(take)).await?;
    let records = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    for record in records {
        for problem in index.load(record, false).err().into_iter().flatten() {
            tracing::error!(%problem, "a row is refused");
        }
    }
    Ok(())
}

impl App {
    /// Says whether the index follows the journal.
    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }
}
