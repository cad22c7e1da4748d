//! `POST /v1/keys/verify_batch`: up to a hundred questions, independent of each other, in order.

use keystile_core::decision::{Code, DenyReason};
use keystile_core::request::Credential;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::JsonWriter;
use super::described::VerifyAnswer;
use super::json::{Again, Asker, Asking};
use super::question::{At, Question};
use super::questions::Questions;
use super::unpaid::{Due, Form, Request, Unpaid, Verdict, unanswered};
use crate::api::body;
use crate::app::App;
use crate::metrics::Door;
use crate::object::Object;
use crate::problem::Problem;

pub(super) const MOST: usize = 100;

/// Several questions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyBatchRequest")]
pub(crate) struct BatchRequest<'a> {
    /// 1 to 100 of them; each is answered as it would be alone.
    #[serde(borrow)]
    #[schemars(length(min = 1, max = 100), with = "Vec<Question<'static>>")]
    pub(crate) requests: Vec<Object<Question<'a>>>,
}

/// The verdicts, as the API description has them; the hot path writes them by hand.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VerifyBatchAnswer")]
pub(crate) struct BatchVerdicts {
    /// One for each question, in their order; without a `request_id` of their own.
    results: Vec<VerifyAnswer>,
    /// The request, as the log knows it.
    request_id: String,
}

/// Answers them.
///
/// # Errors
/// When one of them is not a question.
pub(crate) fn verify_batch(
    app: &App,
    request: Request<'_>,
    request_id: &str,
) -> Result<Verdict, Problem> {
    let questions = read(request)?;
    let asker = Asker::new(app, request);
    let asking = first_asked(&asker, &questions)?;
    let asked = || {
        let one = |(key, asked)| Some((key, asking.get(asked)?));
        questions.iter().filter_map(one)
    };
    let keys = asked().map(|(key, asking)| (key, asking.rules()));
    let mut round = app.engine.round();
    let keys = round.prepare(keys);
    let mut out = Vec::with_capacity(questions.len() * 640);
    let mut due = Vec::new();
    out.extend_from_slice(b"{\"results\":[");
    for (index, ((text, asking), key)) in asked().zip(&keys).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let key = match key {
            Some(key) => Credential::Prepared(key),
            None => Credential::Text(text),
        };
        let begin = out.len();
        let at = (At::Among(index), Door::Batch);
        let answered = asker.answer(&mut round, (asking, key), at, &mut out)?;
        if let Some(bill) = answered.bill {
            due.push(Due {
                bill,
                question: index,
                begin,
                end: out.len(),
            });
        }
        out.push(b'}');
    }
    let mut json = JsonWriter(&mut out);
    json.raw("],\"request_id\":");
    json.string(request_id);
    json.raw("}");
    if due.is_empty() {
        return Ok(Verdict::Made(out));
    }
    let (form, json) = (Form::Batch, out);
    Ok(Verdict::Unpaid(Unpaid { form, json, due }))
}

/// Reads them: quickly, or else closely.
fn read(request: Request<'_>) -> Result<Questions<'_>, Problem> {
    body::check_json(request.headers)?;
    let quickly = std::str::from_utf8(request.body).ok();
    if let Some(questions) = quickly.and_then(Questions::read) {
        return Ok(questions);
    }
    let batch: BatchRequest<'_> = body::parse_fast(request.headers, request.body)?;
    if batch.requests.is_empty() || batch.requests.len() > MOST {
        return Err(Problem::field(
            "/requests",
            "ask 1 to 100 questions at once",
        ));
    }
    Ok(Questions::of(batch))
}

/// Looks up all that is asked, in the order in which it is first asked.
fn first_asked<'q>(
    asker: &'q Asker<'_>,
    questions: &'q Questions<'_>,
) -> Result<Vec<Asking<'q>>, Problem> {
    let mut looked_up = Vec::with_capacity(questions.asked.len());
    for (index, (_, asked)) in questions.iter().enumerate() {
        if asked == looked_up.len()
            && let Some(question) = questions.asked.get(asked)
        {
            looked_up.push(asker.asking(question, At::Among(index))?);
        }
    }
    Ok(looked_up)
}

/// Answers one of them again.
pub(super) fn verify_again(
    app: &App,
    request: Request<'_>,
    (question, again): (usize, Again),
    out: &mut Vec<u8>,
) -> Result<Code, Problem> {
    let batch: BatchRequest<'_> = body::parse_fast(request.headers, request.body)?;
    let Some(Object(asked)) = batch.requests.get(question) else {
        return Err(unanswered(DenyReason::Undecided));
    };
    Asker::new(app, request).again(asked, At::Among(question), again, out)
}
