//! Writing down what keys were used for, in the background and before anybody asks for sums of it.
//! When single keys were last used is known without that.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use keystile_core::model::{Key, KeyId};
use keystile_core::snapshot::{Collected, LastUse};
use keystile_store::{CommitError, MAX_USES, StoreError, ValueUse};
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
    /// When these keys were last used, up to this moment: what the store knows, with what this
    /// process knows beyond that. Nothing is written for it.
    pub(crate) async fn last_uses(&self, keys: &[Key]) -> Result<Vec<ValueUse>, StoreError> {
        let ids = keys.iter().map(|key| key.id).collect();
        let mut uses = self.store.last_uses(ids).await?;
        for key in keys {
            for (start, last) in self.engine.index().last_uses(key) {
                learn(&mut uses, key.id, start, last);
            }
        }
        Ok(uses)
    }

    /// Writes down what keys were used for until now. What cannot be written is kept for the next
    /// time, unless nobody knows whether it was: then it is given up, because counts that are
    /// missing are better than calls that are counted twice.
    ///
    /// It goes on when whoever asked for it goes away: what is collected must not get lost.
    pub(crate) async fn write_uses(self: &Arc<Self>) {
        let app = Arc::clone(self);
        let written = tokio::spawn(async move { app.collect_and_write().await });
        if let Err(error) = written.await {
            tracing::error!(%error, "writing down what keys were used for has ended early");
        }
    }

    async fn collect_and_write(self: Arc<Self>) {
        let mut waiting = self.uses.0.lock().await;
        // A million keys are looked through: not on a thread that others wait for.
        let app = Arc::clone(&self);
        let collect = move || app.engine.index().collect_uses(app.now());
        let collected = tokio::task::spawn_blocking(collect).await;
        for one in collected.into_iter().flatten() {
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

/// Puts a use in place of an earlier one of the same value.
fn learn(uses: &mut Vec<ValueUse>, key: KeyId, start: String, last: LastUse) {
    let same = |one: &&mut ValueUse| one.key == key && one.start == start;
    let known = uses.iter_mut().find(same);
    if known.as_ref().is_some_and(|known| known.at > last.at) {
        return;
    }
    let learnt = ValueUse {
        key,
        start,
        at: last.at,
        address: last.address.map(|address| address.to_string()),
        operation: last.operation.map(|text| text.to_string()),
    };
    match known {
        Some(known) => *known = learnt,
        None => uses.push(learnt),
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
