//! `POST /v1/keys/verify`: the JSON door, for products that ask from their own code.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::Guard;
use keystile_core::credit::Spent;
use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Introspection, Round};
use keystile_core::manifest::{Operation, OperationError, Rules, ScopeSet};
use keystile_core::model::{Binding, Timestamp};
use keystile_core::request::{Asked, Credential, Origin, Place, RequestFacts};
use keystile_core::snapshot::{CurrentRules, ProductNode, Products};

use super::answer::{self, JsonWriter};
use super::decide::{Decided, decide, decide_again, explain, explain_again};
use super::facts;
use super::question::{At, Question, ScopeAsk};
use super::spend::{Bill, Payment};
use super::unpaid::{Due, Form, Request, Unpaid, Verdict, unanswered};
use crate::api::body;
use crate::app::App;
use crate::metrics::Door;
use crate::problem::{FieldError, Problem};

/// The scope an operator key needs at the verify doors.
pub(crate) const SCOPE: &str = "keys:verify";

/// Answers one question.
///
/// # Errors
/// When the question is not one.
pub(crate) fn verify_one(
    app: &App,
    request: Request<'_>,
    request_id: &str,
) -> Result<Verdict, Problem> {
    let question: Question<'_> = body::parse_fast(request.headers, request.body)?;
    let asker = Asker::new(app, request);
    let mut out = Vec::with_capacity(1024);
    let asking = asker.asking(&question, At::Alone)?;
    let key = Credential::Text(&question.key);
    let mut round = app.engine.round();
    let at = (At::Alone, Door::Json);
    let answer = asker.answer(&mut round, (&asking, key), at, &mut out)?;
    if answer.code == Code::Undecided {
        return Err(unanswered(DenyReason::Undecided));
    }
    let end = out.len();
    let mut json = JsonWriter(&mut out);
    json.raw(",\"request_id\":");
    json.string(request_id);
    json.raw("}");
    let Some(bill) = answer.bill else {
        return Ok(Verdict::Made(out));
    };
    let due = Due {
        bill,
        question: 0,
        begin: 0,
        end,
    };
    Ok(Verdict::Unpaid(Unpaid {
        form: Form::One,
        json: out,
        due: vec![due],
    }))
}

/// A call to be decided again, after its bill was paid or could not be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Again {
    pub(super) paid: Result<Spent, DenyReason>,
    pub(super) door: Door,
}

/// Answers the question again.
pub(super) fn verify_again(
    app: &App,
    request: Request<'_>,
    again: Again,
    out: &mut Vec<u8>,
) -> Result<Code, Problem> {
    let question: Question<'_> = body::parse_fast(request.headers, request.body)?;
    Asker::new(app, request).again(&question, At::Alone, again, out)
}

/// What was answered so far: the code, and what is to be paid before it may be told.
pub(super) struct Answered {
    pub(super) code: Code,
    pub(super) bill: Option<Box<Bill>>,
}

/// What a question says beside its key, as the product's rules have it: looked up once, it is asked
/// of one key after another.
pub(super) struct Asking<'q> {
    question: &'q Question<'q>,
    product: &'q ProductNode,
    payment: Payment<'q>,
    /// By these rules; by any others it is looked up anew.
    rules: CurrentRules<'static>,
    /// All but the key.
    facts: RequestFacts<'q>,
}

impl Asking<'_> {
    /// The rules that it was looked up by.
    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// Somebody entitled to ask, with what the operator key is bound to.
pub(super) struct Asker<'a> {
    app: &'a App,
    binding: Option<&'a Binding>,
    products: Guard<Arc<Products>>,
    now: Timestamp,
}

impl<'a> Asker<'a> {
    pub(super) fn new(app: &'a App, request: Request<'a>) -> Self {
        let products = app.engine.index().products();
        Self {
            app,
            binding: request.entitled.as_deref(),
            products,
            now: request.now,
        }
    }

    /// Looks up what a question says beside its key.
    pub(super) fn asking<'q>(
        &'q self,
        question: &'q Question<'_>,
        at: At,
    ) -> Result<Asking<'q>, Problem> {
        let product = self.product(question, at)?;
        let (payment, rules) = (question.payment(at)?, product.rules());
        Ok(Asking {
            question,
            product,
            payment,
            facts: self.facts((question, Credential::Missing), &rules, at)?,
            rules,
        })
    }

    /// Decides one question about a key, which may have been prepared, and writes the verdict
    /// without its closing brace.
    pub(super) fn answer(
        &self,
        round: &mut Round<'_>,
        (asking, credential): (&Asking<'_>, Credential<'_>),
        (at, door): (At, Door),
        out: &mut Vec<u8>,
    ) -> Result<Answered, Problem> {
        let known = RequestFacts {
            credential,
            ..asking.facts
        };
        let ask = |rules: &Rules| match std::ptr::eq(rules, &*asking.rules) {
            true => Ok(Cow::Borrowed(&known)),
            false => {
                let facts = self.facts((asking.question, credential), rules, at);
                facts.map(Cow::Owned)
            }
        };
        let (product, payment) = (asking.product, asking.payment);
        let mut json = JsonWriter(out);
        if asking.question.explain {
            let ask = |rules: &Rules| ask(rules).map(Cow::into_owned);
            let Decided { told, bill } = explain(self.app, door, (product, payment), ask)?;
            json.verdict(&told.decision);
            json.checks(&told);
            let bill = bill.map(Bill::undecided);
            let code = answer::code(&told.decision);
            return Ok(Answered { code, bill });
        }
        let tell = |decision: &Introspection<'_>, _: &RequestFacts<'_>| {
            json.verdict(decision);
            answer::code(decision)
        };
        let of = (product, Some(&asking.rules), payment);
        let Decided { told: code, bill } = decide(self.app, (round, door), of, ask, tell)?;
        Ok(Answered { code, bill })
    }

    /// Decides a question again, and writes the verdict with what was paid, without its closing
    /// brace; gives its code.
    pub(super) fn again(
        &self,
        question: &Question<'_>,
        at: At,
        Again { paid, door }: Again,
        out: &mut Vec<u8>,
    ) -> Result<Code, Problem> {
        let credential = Credential::Text(&question.key);
        let ask = |rules: &Rules| self.facts((question, credential), rules, at);
        let of = (self.product(question, at)?, paid);
        let mut json = JsonWriter(out);
        let code = if question.explain {
            let explained = explain_again(self.app, door, of, ask)?;
            json.verdict(&explained.decision);
            json.checks(&explained);
            answer::code(&explained.decision)
        } else {
            decide_again(self.app, door, of, ask, |decision, _| {
                json.verdict(decision);
                answer::code(decision)
            })?
        };
        if let (Code::Ok, Ok(spent)) = (code, paid) {
            json.spent(&spent);
        }
        Ok(code)
    }

    /// All that a question says, as these rules have it, of a key that may be made ready.
    fn facts<'q>(
        &'q self,
        (question, credential): (&'q Question<'_>, Credential<'q>),
        rules: &Rules,
        at: At,
    ) -> Result<RequestFacts<'q>, Problem> {
        let origin = question.origin.as_deref();
        Ok(RequestFacts {
            credential,
            place: self.place(question, rules, at)?,
            asked: asked(question, rules, at)?,
            origin: origin.map_or(Origin::Absent, Origin::Of),
            from_browser: origin.is_some_and(|origin| facts::is_web_origin(origin.as_bytes())),
            ip: question.ip.map(|ip| ip.to_canonical()),
            now: self.now,
        })
    }

    fn product(&self, question: &Question<'_>, at: At) -> Result<&ProductNode, Problem> {
        let bound = self.binding.map(|binding| binding.product.as_str());
        let slug = match (bound, question.product.as_deref()) {
            (Some(bound), Some(asked)) if bound != asked => {
                let message = format!("your operator key is bound to the product {bound}");
                return Err(Problem::field(at.pointer("product"), message));
            }
            (Some(slug), _) | (None, Some(slug)) => slug,
            (None, None) => {
                let message = "name the product, or use an operator key that is bound to one";
                return Err(Problem::field(at.pointer("product"), message));
            }
        };
        let found = self.products.get(slug).map(Arc::as_ref);
        found
            .filter(|product| !product.slug().is_operator())
            .ok_or_else(|| {
                Problem::field(at.pointer("product"), "there is no product of this name")
            })
    }

    fn place<'q>(
        &'q self,
        question: &'q Question<'_>,
        rules: &Rules,
        at: At,
    ) -> Result<Place<'q>, Problem> {
        let bound = self
            .binding
            .and_then(|binding| binding.environment.as_deref());
        let name = match (bound, question.environment.as_deref(), question.mode) {
            (Some(bound), None, None) => return Ok(Place::Named(bound)),
            (Some(bound), Some(asked), None) if bound == asked => return Ok(Place::Named(bound)),
            (Some(bound), _, _) => {
                let message = format!("your operator key is bound to the environment {bound}");
                return Err(Problem::field(at.pointer("environment"), message));
            }
            (None, None, Some(mode)) => return Ok(Place::Mode(mode)),
            (None, Some(name), None) => name,
            (None, _, _) => {
                let message = "say either environment or mode (live, test or any)";
                return Err(Problem::field(at.pointer("environment"), message));
            }
        };
        if rules.environment(name).is_none() && !rules.custom_environments {
            let message = "the product has no environment of this name";
            return Err(Problem::field(at.pointer("environment"), message));
        }
        Ok(Place::Named(name))
    }
}

fn asked<'q>(question: &'q Question<'_>, rules: &Rules, at: At) -> Result<Asked<'q>, Problem> {
    let authenticate = question.authenticate_only.unwrap_or(false);
    let asked = match (question.operation.as_deref(), &question.scope, authenticate) {
        (Some(operation), None, false) => {
            let (method, path) = operation.split_once(' ').unwrap_or((operation, ""));
            let found = rules.operations.find(method, path);
            check_cost(question.cost, found, at)?;
            return Ok(Asked::Known(found.map(|operation| operation.index)));
        }
        (None, Some(scope), false) => Asked::Scopes(scopes(scope, rules, at)?),
        (None, None, true) => Asked::Authenticate,
        _ => {
            let message = "say exactly one of operation, scope and authenticate_only";
            return Err(Problem::field(at.pointer("operation"), message));
        }
    };
    if question.cost.is_some_and(|cost| cost > 0) || question.reserve {
        let field = if question.reserve { "reserve" } else { "cost" };
        let message = "only operations cost credits: name the operation";
        return Err(Problem::field(at.pointer(field), message));
    }
    if rules.require_operation {
        let message = "the product's manifest requires every verify to name an operation";
        return Err(Problem::field(at.pointer("operation"), message));
    }
    Ok(asked)
}

/// A cost that the manifest does not allow is a mistake of whoever names it. An operation that
/// does not exist is refused later.
fn check_cost(
    cost: Option<u64>,
    operation: Result<&Operation, OperationError>,
    at: At,
) -> Result<(), Problem> {
    let (Some(cost), Ok(operation)) = (cost, operation) else {
        return Ok(());
    };
    let charged = operation.charge(Some(cost));
    charged
        .map(drop)
        .map_err(|error| Problem::field(at.pointer("cost"), error.to_string()))
}

fn scopes(asked: &ScopeAsk<'_>, rules: &Rules, at: At) -> Result<ScopeSet, Problem> {
    let mut set = ScopeSet::EMPTY;
    let mut errors = Vec::new();
    let mut add = |name: &str| match rules.scope_id(name) {
        Some(scope) => set.insert(scope),
        None => errors.push(FieldError::new(
            at.pointer("scope"),
            format!("the product has no scope {name:?}"),
        )),
    };
    match asked {
        ScopeAsk::One(name) => add(name),
        ScopeAsk::All(names) => names.iter().for_each(|name| add(name)),
    }
    if matches!(asked, ScopeAsk::All(names) if names.is_empty()) {
        errors.push(FieldError::new(
            at.pointer("scope"),
            "name at least one scope",
        ));
    }
    if errors.is_empty() {
        Ok(set)
    } else {
        Err(Problem::invalid(errors))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use keystile_store::WallClock;
    use serde_json::json;

    use super::*;
    use crate::testing::{call, installed, settings};

    /// A product whose operations stand in this order, each with a scope of its name.
    fn manifest(operations: [&str; 2]) -> String {
        let operation =
            |name| format!("[[operations]]\nmatch = \"GET /{name}\"\nscope = \"{name}\"\n");
        let operations = operations.map(operation).concat();
        format!(
            "[product]\nslug = \"swap\"\nname = \"Swap\"\n[organizations]\nauto_project = \"Main\"\n\
             [[environments]]\nname = \"production\"\n[keys.secret]\nscopes = [\"a\"]\n\
             [[scopes]]\nname = \"a\"\ndescription = \"A\"\n\
             [[scopes]]\nname = \"b\"\ndescription = \"B\"\n{operations}"
        )
    }

    #[tokio::test]
    async fn what_was_looked_up_by_old_rules_is_looked_up_by_new_ones_again() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(&directory.path().join("data"));
        let (app, background) = installed(settings, Arc::new(WallClock)).await;
        call(&app, "PUT", "/v1/products/swap", &manifest(["a", "b"])).await;
        let customer = json!({ "product": "swap", "name": "Customer" }).to_string();
        let made = call(&app, "POST", "/v1/organizations", &customer).await;
        let environment = made["projects"][0]["environments"][0]["id"]
            .as_str()
            .unwrap();
        let path = format!("/v1/environments/{environment}/keys");
        let key = json!({ "kind": "secret", "name": "Only a", "scopes": ["a"] }).to_string();
        let secret = call(&app, "POST", &path, &key).await["secret"].clone();
        let question = json!({
            "key": secret, "product": "swap", "environment": "production", "operation": "GET /a",
        });
        let body = question.to_string();
        let question: Question<'_> = serde_json::from_str(&body).unwrap();
        let (headers, no_body) = (HeaderMap::new(), Bytes::new());
        let request = Request {
            entitled: &None,
            headers: &headers,
            body: &no_body,
            now: app.now(),
        };
        let asker = Asker::new(&app, request);
        let Ok(asking) = asker.asking(&question, At::Alone) else {
            panic!("the question is one");
        };
        // Where the operation stood, another one stands now.
        call(&app, "PUT", "/v1/products/swap", &manifest(["b", "a"])).await;
        let key = Credential::Text(&question.key);
        let mut out = Vec::new();
        let at = (At::Alone, Door::Batch);
        let answered = asker.answer(&mut app.engine.round(), (&asking, key), at, &mut out);
        let code = answered.map(|answered| answered.code).ok();
        assert_eq!(code, Some(Code::Ok), "{}", String::from_utf8_lossy(&out));
        drop(asking);
        background.end().await;
    }
}
