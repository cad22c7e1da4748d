//! Verdicts that wait for the ledger: they are written already, but for what paying adds.

use bytes::Bytes;
use http::HeaderMap;
use keystile_core::credit::Spent;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::model::Timestamp;

use super::answer::JsonWriter;
use super::asker::Entitled;
use super::batch;
use super::json::{self, Again};
use super::spend::{Bill, Paid, pay_all, reverse};
use crate::app::App;
use crate::problem::Problem;

/// What a verify door answers, or what is to be paid before.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The answer.
    Made(Vec<u8>),
    /// An answer that waits for the ledger.
    Unpaid(Unpaid),
}

/// Whether a body is one question or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    One,
    Batch,
}

/// Everything of a verify request, as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'r> {
    /// What the caller is confined to.
    pub(crate) entitled: &'r Entitled,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r Bytes,
    pub(crate) now: Timestamp,
}

/// An answer in which some calls are not paid yet.
#[derive(Debug)]
pub(crate) struct Unpaid {
    pub(super) form: Form,
    /// The answer as it will be when all are paid, but for what paying adds.
    pub(super) json: Vec<u8>,
    pub(super) due: Vec<Due>,
}

/// A call to be paid, and where its verdict stands in the answer.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) bill: Box<Bill>,
    /// Which question it is.
    pub(super) question: usize,
    /// Where its verdict begins.
    pub(super) begin: usize,
    /// Where it ends, before its closing brace.
    pub(super) end: usize,
}

impl Unpaid {
    /// Pays, and completes the answer. Calls that lost their right meanwhile, or could not be paid,
    /// are refused in it.
    ///
    /// # Errors
    /// When the only question cannot be answered.
    pub(crate) async fn pay(self, app: &App, request: Request<'_>) -> Result<Vec<u8>, Problem> {
        let paid = pay_all(app, self.due.iter().map(|due| &*due.bill)).await;
        let mut out = Vec::with_capacity(self.json.len() + self.due.len() * 96);
        let mut copied = 0;
        for (due, paid) in self.due.iter().zip(paid) {
            let stretch = |to: usize| self.json.get(copied..to).unwrap_or_default();
            match paid {
                Paid::Allowed(spent) => {
                    out.extend_from_slice(stretch(due.end));
                    JsonWriter(&mut out).spent(&spent);
                }
                Paid::Again(paid) => {
                    out.extend_from_slice(stretch(due.begin));
                    self.again(app, request, due, paid, &mut out).await?;
                }
            }
            copied = due.end;
        }
        out.extend_from_slice(self.json.get(copied..).unwrap_or_default());
        Ok(out)
    }

    /// Decides again about a call, and reverses what was charged for one that is refused.
    async fn again(
        &self,
        app: &App,
        request: Request<'_>,
        due: &Due,
        paid: Result<Spent, DenyReason>,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let begun = out.len();
        let again = Again {
            paid,
            door: due.bill.door(),
        };
        let decided = match self.form {
            Form::One => json::verify_again(app, request, again, out),
            Form::Batch => batch::verify_again(app, request, (due.question, again), out),
        };
        if let (Ok(spent), false) = (paid, matches!(decided, Ok(Code::Ok))) {
            reverse(app, spent).await;
        }
        match (decided, self.form) {
            (Ok(Code::Undecided | Code::SpendUnknown), Form::One) => {
                let reason = paid.err().unwrap_or(DenyReason::Undecided);
                Err(unanswered(reason))
            }
            (Ok(Code::IdempotencyConflict), Form::One) => {
                let reason = DenyReason::IdempotencyConflict;
                Err(Problem::conflict(reason.code().as_str(), reason.message()))
            }
            (Ok(_), _) => Ok(()),
            (Err(problem), Form::One) => Err(problem),
            // The others of the batch are paid and must be told so.
            (Err(_), Form::Batch) => {
                out.truncate(begun);
                JsonWriter(out).refusal(DenyReason::Undecided);
                Ok(())
            }
        }
    }
}

/// 503: it could not be decided.
pub(super) fn unanswered(reason: DenyReason) -> Problem {
    Problem::unavailable(reason.code().as_str(), reason.message())
}
