//! Making many keys ready that will be asked about soon.

use super::Round;
use crate::manifest::Rules;
use crate::request::PreparedKey;
use crate::snapshot::Found;

/// How many digests are made while what belongs to one is on its way. One takes about as long as a
/// fetch that nothing disturbs.
const AHEAD: usize = 10;

impl Round<'_> {
    /// Makes keys ready that will be asked about soon, each under the rules that will be asked of
    /// it. Where one is not a key that its rules take, there is `None`: then asking tells why.
    ///
    /// What decisions about them will read lies anywhere in memory. It is fetched while other keys'
    /// digests are made, so that hardly anything waits for it. This decides nothing.
    pub fn prepare<'k, 'r>(
        &self,
        keys: impl Iterator<Item = (&'k str, &'r Rules)>,
    ) -> Vec<Option<PreparedKey<'k>>> {
        let (engine, search) = (self.engine, &self.search);
        // What is found is of this state; in tables that others have replaced by now, it need not be.
        let state = engine.index.state().filter(|_| search.is_current());
        let find = |key: &mut Option<PreparedKey<'_>>| {
            let key = key.as_mut()?;
            let found = search.find(&key.digest)?;
            key.found = state.map(|state| (state, found.value()));
            Some(found)
        };
        let approach_found = |found: &Found| {
            engine.index.approach_granted(found);
            engine.approach_found(found);
        };
        let (least, most) = keys.size_hint();
        let mut prepared = Vec::with_capacity(most.unwrap_or(least));
        for (key, rules) in keys {
            let key = PreparedKey::new(key, rules, &self.keyring);
            let earlier = prepared.len().checked_sub(AHEAD);
            let found = earlier.and_then(|at| find(prepared.get_mut(at)?));
            // Hints that come together are waited for together, where they have to wait.
            if let Some(key) = &key {
                search.approach(&key.digest);
            }
            found.as_ref().inspect(|found| approach_found(found));
            prepared.push(key);
        }
        let last = prepared.len().saturating_sub(AHEAD);
        for key in prepared.iter_mut().skip(last) {
            find(key).as_ref().inspect(|found| approach_found(found));
        }
        prepared
    }
}
