//! Writing down what keys were used for, in the background and before anybody asks for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use keystile_core::model::KeyId;
use keystile_core::snapshot::Collected;
use keystile_store::{CommitError, MAX_USES};
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;

use crate::app::App;

/// How often. What was not written down when the process is killed is lost: half a minute of
/// counts.
const EVERY: Duration = Duration::from_secs(30);

/// What was collected from the index and is not written down yet, by key and start of the value.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<(KeyId, String), Collected>>);

/// Runs for as long as the app.
pub(crate) async fn write_uses_down(app: Arc<App>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.write_uses().await;
    }
}

impl App {
    /// Writes down what keys were used for until now. What cannot be written is kept for the next
    /// time, unless nobody knows whether it was: then it is given up, because counts that are
    /// missing are better than calls that are counted twice.
    pub(crate) async fn write_uses(&self) {
        let mut waiting = self.uses.0.lock().await;
        for one in self.engine.index().collect_uses(self.now()) {
            match waiting.entry((one.key, one.start.clone())) {
                Entry::Vacant(place) => {
                    place.insert(one);
                }
                Entry::Occupied(mut known) => join(known.get_mut(), one),
            }
        }
        while !waiting.is_empty() {
            let some: Vec<_> = waiting.keys().take(MAX_USES).cloned().collect();
            let part: Vec<_> = some.iter().filter_map(|key| waiting.remove(key)).collect();
            match self.store.add_uses(part.clone()).await {
                Ok(()) => {}
                Err(error @ CommitError::Unknown(_)) => {
                    tracing::error!(%error, values = part.len(), "counts of calls may be lost");
                }
                Err(error) => {
                    tracing::warn!(%error, "what keys were used for is not written down yet");
                    waiting.extend(some.into_iter().zip(part));
                    return;
                }
            }
        }
    }
}

/// Adds what was collected later.
fn join(known: &mut Collected, later: Collected) {
    known.last = later.last.or(known.last.take());
    for (hour, code, count) in later.counts {
        let same = |one: &&mut (u32, _, u64)| one.0 == hour && one.1 == code;
        match known.counts.iter_mut().find(same) {
            Some((_, _, sum)) => *sum += count,
            None => known.counts.push((hour, code, count)),
        }
    }
}
