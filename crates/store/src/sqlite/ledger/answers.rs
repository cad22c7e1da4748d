//! Answers to those who wait for the writing thread.
//!
//! To wake a task from that thread takes a call into the system, and often it must let the woken one
//! run at once; from a task that runs already it takes next to nothing. So the thread answers one of
//! a group, and with its answer that one is given those of all others, which go out from there.

use keystile_core::credit::{Refusal, Spent, Unchanged};
use keystile_core::model::Timestamp;
use tokio::sync::oneshot::{self, Receiver};

use super::queue::{Failure, Work};
use crate::sqlite::writer::Refused;
use crate::{Changed, CommitError};

/// The way to whoever waits.
pub(super) type Answer<T> = oneshot::Sender<Told<T>>;

/// What became of work, until it may be told.
pub(super) enum Outcome {
    Spend(Result<Spent, Refusal>),
    Change(Option<Result<Changed, Unchanged>>),
    End(Option<Timestamp>),
    /// Nothing became of this alone.
    Failed(CommitError),
}

/// What whoever waits is told.
pub(super) struct Told<T> {
    result: Result<T, CommitError>,
    others: Others,
}

/// Answers that go out when this goes, also where nobody took it: none of them is ever lost.
#[derive(Default)]
struct Others(Vec<(Work, Outcome)>);

/// Answers a group.
pub(super) fn tell(mut group: Vec<(Work, Outcome)>) {
    if let Some((work, outcome)) = group.pop() {
        answer(work, outcome, Others(group));
    }
}

fn answer(work: Work, outcome: Outcome, others: Others) {
    // Whoever does not wait any more need not know.
    match (work, outcome) {
        (work, Outcome::Failed(error)) => work.fail(&Failure::of(error)),
        (Work::Spend(_, to), Outcome::Spend(spent)) => drop(to.send(Told::with(spent, others))),
        (Work::Change(.., to), Outcome::Change(changed)) => {
            drop(to.send(Told::with(changed, others)));
        }
        (Work::End(to), Outcome::End(next)) => drop(to.send(Told::with(next, others))),
        _ => {}
    }
}

impl<T> Told<T> {
    fn with(done: T, others: Others) -> Self {
        Self {
            result: Ok(done),
            others,
        }
    }

    /// That nothing became of it.
    pub(super) fn failed(error: CommitError) -> Self {
        Self {
            result: Err(error),
            others: Others::default(),
        }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for (work, outcome) in self.0.drain(..) {
            answer(work, outcome, Self::default());
        }
    }
}

/// Waits for an answer, and lets those out that came with it.
pub(super) async fn told<T>(waiting: Receiver<Told<T>>) -> Result<T, CommitError> {
    let Ok(Told { result, others }) = waiting.await else {
        return Err(CommitError::Unknown(Refused::Stopped.to_string()));
    };
    drop(others);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    type Waiting = Receiver<Told<Option<Timestamp>>>;

    /// A group of three, and who waits for it.
    fn group() -> (Vec<(Work, Outcome)>, [Waiting; 3]) {
        let channels: [_; 3] = std::array::from_fn(|_| oneshot::channel());
        let mut group = Vec::new();
        let waiting = channels.map(|(answer, waiting)| {
            group.push((Work::End(answer), Outcome::End(None)));
            waiting
        });
        (group, waiting)
    }

    #[tokio::test]
    async fn everybody_of_a_group_is_answered_by_way_of_one() {
        let (group, [mut first, mut second, last]) = group();
        tell(group);
        assert!(first.try_recv().is_err(), "it comes by way of the last");
        assert!(matches!(told(last).await, Ok(None)));
        assert!(first.try_recv().is_ok() && second.try_recv().is_ok());
    }

    #[tokio::test]
    async fn nobody_loses_their_answer_by_one_who_does_not_wait_any_more() {
        for gone_before in [true, false] {
            let (group, [first, second, last]) = group();
            if gone_before {
                drop(last);
                tell(group);
            } else {
                tell(group);
                drop(last);
            }
            assert!(matches!(told(first).await, Ok(None)));
            assert!(matches!(told(second).await, Ok(None)));
        }
    }
}
