//! Writing down what keys were used for, in the background and before anybody asks for sums of it.
//! When single keys were last used is known without that.

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

/// What was collected from the index and could not be written down yet.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<Vec<Collected>>);

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
        let before = std::mem::take(&mut *waiting);
        // A million keys are looked through: not on a thread that others wait for.
        let app = Arc::clone(&self);
        let collect = move || in_order(before, app.engine.index().collect_uses(app.now()));
        let collected = tokio::task::spawn_blocking(collect).await;
        let mut left = collected.unwrap_or_default().into_iter();
        while left.len() > 0 {
            let part: Vec<_> = left.by_ref().take(MAX_USES).collect();
            match self.store.add_uses(part.clone()).await {
                Ok(()) => {}
                Err(error @ CommitError::Unknown(_)) => {
                    tracing::error!(%error, values = part.len(), "counts of calls may be lost");
                }
                Err(error) => {
                    tracing::warn!(%error, "what keys were used for is not written down yet");
                    *waiting = part.into_iter().chain(left).collect();
                    return;
                }
            }
        }
    }
}

/// All of it by key and start of the value, each once: what lies side by side in the file is
/// written together.
fn in_order(before: Vec<Collected>, later: Vec<Collected>) -> Vec<Collected> {
    let mut all = before;
    all.extend(later);
    all.sort_by(|one, other| (one.key, &one.start).cmp(&(other.key, &other.start)));
    all.dedup_by(|later, known| {
        let same = (later.key, &later.start) == (known.key, &known.start);
        if same {
            join(known, later);
        }
        same
    });
    all
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
fn join(known: &mut Collected, later: &mut Collected) {
    known.last = later.last.take().or(known.last.take());
    for (hour, code, count) in later.counts.drain(..) {
        let same = |one: &&mut (u32, _, u64)| one.0 == hour && one.1 == code;
        match known.counts.iter_mut().find(same) {
            Some((_, _, sum)) => *sum += count,
            None => known.counts.push((hour, code, count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use keystile_core::decision::Code;

    use super::*;

    #[test]
    fn what_is_collected_twice_is_added_up_in_the_order_of_the_file() {
        let [first, second] = [1, 2].map(|byte| KeyId::from_bytes([byte; 16]));
        let used = |key, start: &str, hour, count| Collected {
            key,
            start: start.to_owned(),
            last: None,
            counts: vec![(hour, Code::Ok, count)],
        };
        let before = vec![
            used(second, "sk_live_aaaa", 7, 1),
            used(first, "sk_b", 7, 2),
        ];
        let later = vec![
            used(second, "sk_live_aaaa", 7, 4),
            used(first, "sk_a", 7, 8),
            used(second, "sk_live_aaaa", 8, 16),
        ];
        let all = in_order(before, later);
        let told: Vec<_> = all
            .iter()
            .map(|one| (one.key, &*one.start, &*one.counts))
            .collect();
        let ok = |hour, count| (hour, Code::Ok, count);
        assert_eq!(
            told,
            [
                (first, "sk_a", &[ok(7, 8)][..]),
                (first, "sk_b", &[ok(7, 2)]),
                (second, "sk_live_aaaa", &[ok(7, 5), ok(8, 16)]),
            ]
        );
    }
}
