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
use crate::problem::{Problem, unwinding};

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
    pub(crate) async fn pay(mut self, app: &App, request: Request<'_>) -> Result<Vec<u8>, Problem> {
        let paid = match &*self.due {
            [only] => match only.bill.pay(app).await {
                Paid::Allowed(spent) => {
                    let end = only.end;
                    self.add_spent(end, &spent);
                    return Ok(self.json);
                }
                paid => vec![paid],
            },
            several => {
                let bills: Vec<_> = several.iter().map(|due| &*due.bill).collect();
                pay_all(app, &bills).await
            }
        };
        // Boxed, so that what every charged call awaits stays small.
        Box::pin(self.complete(app, request, paid)).await
    }

    /// Says what was spent, where a verdict ends.
    fn add_spent(&mut self, end: usize, spent: &Spent) {
        let written = self.json.len();
        JsonWriter(&mut self.json).spent(spent);
        if let Some(rest) = self.json.get_mut(end..) {
            rest.rotate_left(written.saturating_sub(end));
        }
    }

    /// Completes the answer with what became of each bill.
    async fn complete(
        &self,
        app: &App,
        request: Request<'_>,
        paid: Vec<Paid>,
    ) -> Result<Vec<u8>, Problem> {
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
        // By the time it is now: a key that was revoked meanwhile was good when the request came.
        let request = Request {
            now: app.now(),
            ..request
        };
        let again = Again {
            paid,
            door: due.bill.door(),
        };
        // A panic ends this call alone, and its charge is reversed like that of any refused one.
        let decided = unwinding(|| match self.form {
            Form::One => json::verify_again(app, request, again, out),
            Form::Batch => batch::verify_again(app, request, (due.question, again), out),
        });
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keystile_core::manifest::{System, starter};
    use keystile_store::WallClock;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{call, installed, settings};
    use crate::verify::verify_one;

    /// The time between the decision and the commit, drawn out for as long as `meanwhile` takes.
    async fn asked_while(meanwhile: impl AsyncFnOnce(&Arc<App>, &str)) -> (Value, Value) {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(&directory.path().join("data"));
        let (app, background) = installed(settings, Arc::new(WallClock)).await;
        let manifest = starter(Some(System::Datakeen));
        call(&app, "PUT", "/v1/products/datakeen", manifest).await;
        let lab = json!({ "product": "datakeen", "name": "Paperboat" }).to_string();
        let made = call(&app, "POST", "/v1/organizations", &lab).await;
        let environments = made["projects"][0]["environments"].as_array().unwrap();
        let test = environments.iter().find(|one| one["name"] == "test");
        let keys = test.unwrap()["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kind"] == "secret").unwrap();
        let id = key["id"].as_str().unwrap();
        let path = format!("/v1/keys/{id}/reveal");
        let secret = call(&app, "POST", &path, "{}").await["secret"].clone();
        let question = json!({
            "key": secret, "product": "datakeen", "environment": "test",
            "operation": "POST /v1/analyses",
        });
        let body = Bytes::from(question.to_string());
        let mut headers = HeaderMap::new();
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, json);
        let request = Request {
            entitled: &None,
            headers: &headers,
            body: &body,
            now: app.now(),
        };
        let Verdict::Unpaid(unpaid) = verify_one(&app, request, "req").unwrap() else {
            panic!("an analysis costs a credit");
        };
        meanwhile(&app, id).await;
        let answer = unpaid.pay(&app, request).await.unwrap();
        let organization = made["organization"]["id"].as_str().unwrap();
        let path = format!("/v1/organizations/{organization}/credits");
        let credits = call(&app, "GET", &path, "").await["test"].clone();
        background.end().await;
        (serde_json::from_slice(&answer).unwrap(), credits)
    }

    #[tokio::test]
    async fn r12_a_call_whose_key_is_revoked_while_it_is_charged_is_refused_and_costs_nothing() {
        let (answer, credits) = asked_while(async |app, key| {
            call(app, "POST", &format!("/v1/keys/{key}/revoke"), "{}").await;
        })
        .await;
        assert_eq!(answer["code"], "revoked_key", "{answer}");
        assert_eq!(answer.get("spend_id"), None);
        assert_eq!(
            (&credits["spent"], &credits["remaining"]),
            (&json!(0), &json!(20))
        );
    }

    #[tokio::test]
    async fn a_call_is_decided_again_when_anything_changes_while_it_is_charged() {
        let (answer, credits) = asked_while(async |app, key| {
            let name = json!({ "name": "Renamed" }).to_string();
            call(app, "PATCH", &format!("/v1/keys/{key}"), &name).await;
        })
        .await;
        assert_eq!(answer["code"], "ok", "{answer}");
        assert_eq!(answer["key"]["name"], "Renamed");
        assert_eq!(answer["credits"]["remaining"], 19);
        assert_eq!(credits["spent"], 1);
    }
}
