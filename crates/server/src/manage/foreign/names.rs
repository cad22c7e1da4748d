//! Names for keys of other systems, which repeat and are missing there: numbered here.

use std::collections::{HashMap, HashSet};

use keystile_core::model::{EnvironmentId, Kind};
use keystile_store::StoreError;

use crate::manage::work::Work;

/// Of a name that gets a number so much is kept, so that it does not grow too long.
const NUMBERED_CHARS: usize = 88;

/// Names are looked for in steps that double, up to this.
const LARGEST_STEP: u32 = 20;

/// How often numbers that are taken are tried to be replaced by higher ones.
const ROUNDS: u32 = 32;

/// A name where it must be unique.
pub(super) type Scoped = (EnvironmentId, Kind, String);

/// What a name is with a number; the first has none.
fn numbered(base: &str, number: u64) -> String {
    if number == 1 {
        return base.to_owned();
    }
    let kept: String = base.chars().take(NUMBERED_CHARS).collect();
    format!("{kept} ({number})")
}

impl Work<'_> {
    /// Gives each of these names the lowest number that is free, as far as is known now: a change
    /// to a name that was taken meanwhile is refused by the store.
    pub(super) async fn free_names(&self, wanted: &[Scoped]) -> Result<Vec<String>, StoreError> {
        let mut used = HashSet::new();
        let mut next: HashMap<&Scoped, u64> = HashMap::new();
        let taken = self.app.store.taken_names(wanted.to_vec()).await?;
        for (name, _) in wanted.iter().zip(taken).filter(|(_, taken)| *taken) {
            if !next.contains_key(name) {
                next.insert(name, self.first_free(name).await?);
            }
        }
        let mut names: Vec<_> = wanted
            .iter()
            .map(|name| take_number(name, &mut next, &mut used))
            .collect();
        // What has no number is known to be free.
        if names
            .iter()
            .zip(wanted)
            .all(|(name, (.., base))| name == base)
        {
            return Ok(names);
        }
        // Numbers beyond the first free one may be taken too, where keys were renamed or revoked.
        for _ in 0..ROUNDS {
            let pairs = wanted.iter().zip(&names);
            let asked = pairs.map(|((environment, kind, _), name)| {
                let name: String = name.clone();
                (*environment, *kind, name)
            });
            let taken = self.app.store.taken_names(asked.collect()).await?;
            if !taken.contains(&true) {
                break;
            }
            for ((slot, name), _) in names
                .iter_mut()
                .zip(wanted)
                .zip(taken)
                .filter(|(_, taken)| *taken)
            {
                *slot = take_number(name, &mut next, &mut used);
            }
        }
        Ok(names)
    }

    /// A free number of a name that is taken. Numbers are mostly without gaps, so the first free
    /// one is found by doubling and then halving.
    async fn first_free(&self, (environment, kind, base): &Scoped) -> Result<u64, StoreError> {
        let ask = async |numbers: Vec<u64>| {
            let names = numbers.into_iter();
            let names = names.map(|number| (*environment, *kind, numbered(base, number)));
            self.app.store.taken_names(names.collect()).await
        };
        let steps = (1..=LARGEST_STEP).map(|step| 1 << step).collect();
        let free = ask(steps).await?.iter().position(|taken| !taken);
        let step = free.map_or(LARGEST_STEP, |at| u32::try_from(at).unwrap_or(0) + 1);
        let (mut taken, mut free) = (1_u64 << (step - 1), 1_u64 << step);
        while free - taken > 1 {
            let middle = taken.midpoint(free);
            if ask(vec![middle]).await? == [true] {
                taken = middle;
            } else {
                free = middle;
            }
        }
        Ok(free)
    }
}

/// The next number of a name that nobody else in the batch has.
fn take_number<'n>(
    name: &'n Scoped,
    next: &mut HashMap<&'n Scoped, u64>,
    used: &mut HashSet<Scoped>,
) -> String {
    let (environment, kind, base) = name;
    let number = next.entry(name).or_insert(1);
    loop {
        let candidate = numbered(base, *number);
        *number += 1;
        if used.insert((*environment, *kind, candidate.clone())) {
            return candidate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_repeat_in_a_batch_are_numbered() {
        let scoped = |name: &str| (EnvironmentId::from_u128(1), Kind::Secret, name.to_owned());
        let wanted = ["a", "a (2)", "a", "b", "a"].map(scoped);
        let (mut next, mut used) = (HashMap::new(), HashSet::new());
        let names = wanted
            .iter()
            .map(|name| take_number(name, &mut next, &mut used));
        let names: Vec<_> = names.collect();
        assert_eq!(names, ["a", "a (2)", "a (3)", "b", "a (4)"]);
    }

    #[test]
    fn a_numbered_name_is_never_longer_than_a_name_may_be() {
        let long = "\u{1f511}".repeat(100);
        assert_eq!(numbered(&long, 1).chars().count(), 100);
        assert!(numbered(&long, 9_999_999).chars().count() <= 100);
    }
}
