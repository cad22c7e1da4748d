//! Which versions of records about people are the current ones.
//!
//! These records are read from the database each time. A row's MAC proves that Keystile wrote it,
//! not that it is still in force: whoever can write the file could bring an ended session or a
//! former role back. The journal tells, and of it this remembers one number for each record.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use keystile_core::model::{Invitation, Member, Person, Record, Session, Subject};
use keystile_store::StoreError;

use crate::app::App;
use crate::problem::Problem;

/// How often a record is read again that was replaced while it was read.
const TRIES: u32 = 5;

/// The last version of each record, by kind and id.
#[derive(Debug, Default)]
pub(crate) struct Current(RwLock<HashMap<(Kind, u128), u64>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Person,
    Member,
    Session,
    Invitation,
}

/// A record about people.
pub(super) trait Kept {
    /// What it is about, and the journal row that wrote this version.
    fn version(&self) -> (Subject, u64);
}

impl Current {
    /// Takes notice of a version. One that is not sound is never current.
    pub(crate) fn put(&self, record: &Record, sound: bool) {
        if let Some(place) = place(&record.subject()) {
            let seq = if sound { record.seq() } else { u64::MAX };
            self.write().insert(place, seq);
        }
    }

    /// Refuses whatever stands for a record, because the journal knows another one.
    pub(crate) fn refuse(&self, subject: &Subject) {
        if let Some(place) = place(subject) {
            self.write().insert(place, u64::MAX);
        }
    }

    /// Takes notice that a record is gone.
    pub(crate) fn remove(&self, subject: &Subject) {
        if let Some(place) = place(subject) {
            self.write().remove(&place);
        }
    }

    /// Whether a version that was just read can be the current one, when this has taken notice of
    /// the journal up to `applied`. What is newer than that was written a moment ago.
    fn allows(&self, (subject, seq): (Subject, u64), applied: u64) -> bool {
        let known = place(&subject).and_then(|place| self.read().get(&place).copied());
        known.map_or(seq > applied, |known| seq >= known)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<(Kind, u128), u64>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<(Kind, u128), u64>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(subject: &Subject) -> Option<(Kind, u128)> {
    match subject {
        Subject::Person(id) => Some((Kind::Person, id.as_u128())),
        Subject::Member(id) => Some((Kind::Member, id.as_u128())),
        Subject::Session(id) => Some((Kind::Session, id.as_u128())),
        Subject::Invitation(id) => Some((Kind::Invitation, id.as_u128())),
        _ => None,
    }
}

impl Kept for Person {
    fn version(&self) -> (Subject, u64) {
        (Subject::Person(self.id), self.seq)
    }
}

impl Kept for Member {
    fn version(&self) -> (Subject, u64) {
        (Subject::Member(self.id), self.seq)
    }
}

impl Kept for Session {
    fn version(&self) -> (Subject, u64) {
        (Subject::Session(self.id), self.seq)
    }
}

impl Kept for Invitation {
    fn version(&self) -> (Subject, u64) {
        (Subject::Invitation(self.id), self.seq)
    }
}

impl App {
    /// What `read` gives, if it is current.
    pub(super) async fn current<T, F>(&self, read: impl Fn() -> F) -> Result<Option<T>, Problem>
    where
        T: Kept + 'static,
        F: Future<Output = Result<Option<T>, StoreError>>,
    {
        self.standing(read).await
    }

    /// What `read` gives, if all of it is current.
    pub(super) async fn all_current<T, F>(&self, read: impl Fn() -> F) -> Result<Vec<T>, Problem>
    where
        T: Kept + 'static,
        F: Future<Output = Result<Vec<T>, StoreError>>,
    {
        self.standing(read).await
    }

    async fn standing<R, T, F>(&self, read: impl Fn() -> F) -> Result<R, Problem>
    where
        T: Kept + 'static,
        for<'r> &'r R: IntoIterator<Item = &'r T>,
        F: Future<Output = Result<R, StoreError>>,
    {
        let mut stale = None;
        for _ in 0..TRIES {
            // Before reading: what is written from here on is newer.
            let applied = *self.applied.borrow();
            let rows = read().await?;
            let is_stale = |row: &&T| !self.people.current.allows(row.version(), applied);
            let found = (&rows).into_iter().find(is_stale).map(Kept::version);
            match found {
                None => return Ok(rows),
                Some((subject, _)) => stale = Some(subject),
            }
        }
        let subject = stale.map(|subject| subject.to_string());
        Err(StoreError::Tampered {
            subject: subject.unwrap_or_default(),
            problem: "its row is not the one that the journal wrote last".into(),
        }
        .into())
    }
}
