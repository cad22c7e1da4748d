//! What is set aside in an account: found by its charge and by its end alike, because an account
//! may have tens of thousands open at once.

use std::collections::{BTreeMap, HashMap};

use super::account::Returned;
use crate::model::{GrantId, KeyId, SpendId, Timestamp};

/// Credits set aside for a call whose cost is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The charge that set them aside.
    pub spend: SpendId,
    /// The key that made the call.
    pub key: KeyId,
    /// How many.
    pub amount: u64,
    /// When they are free again.
    pub ends_at: Timestamp,
    /// Where they came from, in the order in which they were taken.
    pub parts: Vec<Returned>,
    /// By what a repetition of the call is known.
    pub remembered: Option<u128>,
}

impl Reservation {
    fn holds(&self, grant: GrantId) -> bool {
        self.parts.iter().any(|one| one.part.grant == grant)
    }
}

/// The open reservations of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reservations {
    by_end: BTreeMap<(Timestamp, SpendId), Reservation>,
    ends: HashMap<SpendId, Timestamp>,
}

impl Reservations {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_end.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_end.is_empty()
    }

    /// All of them; what ends first comes first.
    pub fn iter(&self) -> impl Iterator<Item = &Reservation> {
        self.by_end.values()
    }

    /// The open reservation of a charge.
    #[must_use]
    pub fn get(&self, spend: SpendId) -> Option<&Reservation> {
        let ends_at = self.ends.get(&spend)?;
        self.by_end.get(&(*ends_at, spend))
    }

    /// Adds one, in place of an earlier one of the same charge.
    pub(super) fn insert(&mut self, reservation: Reservation) {
        let (spend, ends_at) = (reservation.spend, reservation.ends_at);
        self.remove(spend);
        self.ends.insert(spend, ends_at);
        self.by_end.insert((ends_at, spend), reservation);
    }

    pub(super) fn remove(&mut self, spend: SpendId) -> Option<Reservation> {
        let ends_at = self.ends.remove(&spend)?;
        self.by_end.remove(&(ends_at, spend))
    }

    /// What is set aside of a grant will end when it is free, because the grant has. Gives them as
    /// they were.
    pub(super) fn end_grant(&mut self, grant: GrantId, at: Timestamp) -> Vec<Reservation> {
        let mut before = Vec::new();
        for reservation in self.by_end.values_mut().filter(|one| one.holds(grant)) {
            before.push(reservation.clone());
            let parts = reservation.parts.iter_mut();
            for one in parts.filter(|one| one.part.grant == grant) {
                one.ends_at = Some(at);
            }
        }
        before
    }
}

impl FromIterator<Reservation> for Reservations {
    fn from_iter<T: IntoIterator<Item = Reservation>>(all: T) -> Self {
        let mut reservations = Self::default();
        all.into_iter().for_each(|one| reservations.insert(one));
        reservations
    }
}
