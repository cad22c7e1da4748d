//! Where charges wait for the writing thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keystile_core::credit::{Change, Refusal, SpendOrder, Spent, Unchanged};
use keystile_core::model::{SpendId, Timestamp};

use super::answers::{Answer, Told};
use crate::sqlite::writer::{Desk, Refused};
use crate::{Changed, CommitError};

/// How many may wait: some tenths of a second of charges.
const MOST: usize = 16 * 1024;

/// How many are decided in one group, so that none waits long for its commit.
const OF_A_GROUP: usize = 1024;

/// What waits, and who for.
pub(in crate::sqlite) enum Work {
    /// A call is to be charged.
    Spend(Arc<SpendOrder>, Answer<Result<Spent, Refusal>>),
    /// A charge is to be changed.
    Change(SpendId, Change, Answer<Option<Result<Changed, Unchanged>>>),
    /// What has ended is to be written down.
    End(Answer<Option<Timestamp>>),
}

/// What the queue holds.
pub(super) enum Waiting {
    /// Something is to be done.
    Work(Work),
    /// Somebody wants to know something. They wait with the charges, so that whoever only looks
    /// never takes the place of a change.
    Look(Box<dyn FnOnce(&mut Desk) + Send>),
}

impl Work {
    /// Nobody waits for it any more, so it need not be done.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Spend(_, answer) => answer.is_closed(),
            Self::Change(.., answer) => answer.is_closed(),
            Self::End(answer) => answer.is_closed(),
        }
    }

    /// Says that nothing became of it, or that it is not known.
    pub(super) fn fail(self, failure: &Failure) {
        // Whoever does not wait any more need not know.
        match self {
            Self::Spend(_, answer) => drop(answer.send(Told::failed(failure.error()))),
            Self::Change(.., answer) => drop(answer.send(Told::failed(failure.error()))),
            Self::End(answer) => drop(answer.send(Told::failed(failure.error()))),
        }
    }
}

/// Why a whole group came to nothing.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    NotWritten(String),
    Unknown(String),
}

impl Failure {
    fn error(&self) -> CommitError {
        match self {
            Self::NotWritten(reason) => CommitError::NotWritten(reason.clone()),
            Self::Unknown(reason) => CommitError::Unknown(reason.clone()),
        }
    }

    pub(super) fn of(error: CommitError) -> Self {
        match error {
            CommitError::Unknown(reason) => Self::Unknown(reason),
            CommitError::NotWritten(reason) => Self::NotWritten(reason),
            other => Self::NotWritten(other.to_string()),
        }
    }
}

/// Charges that wait.
#[derive(Default)]
pub(in crate::sqlite) struct Queue(Mutex<Vec<Waiting>>);

impl Queue {
    /// Lets work wait. When nothing waited, `call` tells the writing thread.
    pub(super) fn put(
        self: &Arc<Self>,
        one: Waiting,
        call: impl FnOnce(Call) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.len() >= MOST {
            return Err(Refused::Full);
        }
        let is_first = waiting.is_empty();
        waiting.push(one);
        // A call that is refused answers what waits, so nothing may be locked.
        drop(waiting);
        if is_first {
            call(Call(Some(Arc::clone(self))))?;
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.waiting())
    }
}

/// A call to the writing thread. When it never comes to it, whoever waits is told.
pub(super) struct Call(Option<Arc<Queue>>);

impl Call {
    /// Does all that waits. Whatever comes meanwhile calls again.
    pub(super) fn serve(mut self, desk: &mut Desk) {
        // On a core that is shared with those who bring charges, this thread comes as soon as there
        // is one; they go first, and their charges share its commit. Where nobody else is ready to
        // run, this takes no time.
        std::thread::yield_now();
        let waiting = self.0.take().map(|queue| queue.take());
        let mut waiting = waiting.unwrap_or_default().into_iter();
        while waiting.len() > 0 {
            let some = waiting.by_ref().take(OF_A_GROUP);
            let (mut works, mut looks) = (Vec::with_capacity(some.len()), Vec::new());
            for one in some {
                match one {
                    Waiting::Work(work) => works.push(work),
                    Waiting::Look(look) => looks.push(look),
                }
            }
            desk.write_groups(works.into_iter());
            looks.into_iter().for_each(|look| look(desk));
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let waiting = self.0.take().map(|queue| queue.take());
        let failure = Failure::NotWritten(Refused::Busy.to_string());
        let waiting = waiting.into_iter().flatten();
        waiting.for_each(|one| match one {
            Waiting::Work(work) => work.fail(&failure),
            // Whoever looks notices that nothing is told.
            Waiting::Look(look) => drop(look),
        });
    }
}
