//! From a request to the operation of the API that answers it, and its line in the log.

use std::fmt::Display;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use hyper::body::Body;
use keystile_core::key::masked;
use keystile_core::model::{Personal, Timestamp};
use matchit::Router;

use super::Surface;
use super::connection::Peer;
use super::read;
use super::respond::{self, Reply};
use crate::api::{Call, Operation, decoded, operations};
use crate::app::{App, Caller};
use crate::problem::{Problem, broken};
use crate::request_id::RequestName;
use crate::verify::{self, Stage};

/// The operations by path, and at each path by method.
struct Table {
    paths: Router<usize>,
    operations: Vec<Vec<Operation>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut table = Self {
            paths: Router::new(),
            operations: Vec::new(),
        };
        for operation in operations() {
            let same = |at: &Vec<Operation>| at.iter().any(|known| known.path == operation.path);
            match table.operations.iter().position(same) {
                Some(at) => table.operations[at].push(operation),
                None => {
                    // Two paths that collide are a mistake in the table, which a test finds.
                    let _ = table.paths.insert(operation.path, table.operations.len());
                    table.operations.push(vec![operation]);
                }
            }
        }
        table
    }
}

/// An operation of the API.
pub(super) async fn operate<B>(
    app: &Arc<App>,
    peer: Peer,
    parts: Parts,
    body: B,
    name: &RequestName,
) -> Reply
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let path = parts.uri.path().to_owned();
    let Ok(found) = TABLE.paths.at(&path) else {
        return respond::problem(&Problem::not_found("address"), name.as_str());
    };
    let here = &TABLE.operations[*found.value];
    let Some(operation) = here
        .iter()
        .find(|operation| operation.method == parts.method)
    else {
        let allow: Vec<_> = here
            .iter()
            .map(|operation| operation.method.as_str())
            .collect();
        return respond::method_not_allowed(&allow.join(", "), name.as_str());
    };
    let parameters: Vec<_> = found
        .params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let began = app.now();
    let mut line = Line {
        operation: operation.id,
        caller: None,
    };
    let outcome = run(
        app, peer, parts, body, name, operation, parameters, &mut line,
    )
    .await;
    let status = match &outcome {
        Ok(answer) => answer.status,
        Err(problem) => problem.status,
    };
    app.metrics.managed(operation.id, status.as_u16());
    line.write(app, name, status, began, outcome.as_ref().err());
    match outcome {
        Ok(answer) => respond::answer(answer, name.as_str()),
        Err(problem) => respond::problem(&problem, name.as_str()),
    }
}

#[expect(clippy::too_many_arguments, reason = "one request in all its parts")]
async fn run<B>(
    app: &Arc<App>,
    peer: Peer,
    parts: Parts,
    body: B,
    name: &RequestName,
    operation: &'static Operation,
    parameters: Vec<(String, String)>,
    line: &mut Line,
) -> Result<crate::api::Answer, Problem>
where
    B: Body<Data = Bytes, Error: Display + Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let authorize = |stage| match peer.surface {
        Surface::Control => Ok(Caller::local()),
        _ => verify::authorize(app, &parts.headers, operation.scope, stage),
    };
    // Before the body, so that strangers cannot make us read; after it, because that is when the
    // request begins.
    line.caller = Some(authorize(Stage::Head)?);
    let limits = &app.settings.limits;
    let most = if operation.takes_large {
        limits.large_body_bytes
    } else {
        limits.body_bytes
    };
    let body = read::body(&parts, body, most, limits).await?;
    let caller = authorize(Stage::Whole)?;
    let decode = |(name, value): (String, String)| Ok((name, decoded_segment(&value)?));
    let parameters: Result<Vec<_>, Problem> = parameters.into_iter().map(decode).collect();
    let personal = personal(app, peer, &parts.headers);
    let call = Call {
        app: Arc::clone(app),
        caller,
        operation: operation.id,
        parameters: parameters?,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
        request: *name,
        personal,
    };
    let Some(handle) = &operation.handle else {
        return Err(broken());
    };
    // In a task of its own: a client that goes away must not stop a change half-way, and a panic
    // must not end the connection.
    tokio::spawn(handle(call))
        .await
        .unwrap_or_else(|_| Err(broken()))
}

/// What is known of whoever sent a request.
pub(super) fn personal(app: &App, peer: Peer, headers: &HeaderMap) -> Personal {
    let ip = verify::client_address(app, peer.address, headers);
    let agent = headers
        .get(http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Personal {
        ip: ip.map(|ip| ip.to_string()),
        user_agent: agent.map(|agent| masked(agent).chars().take(200).collect()),
    }
}

/// A path segment: `+` stands for itself there.
fn decoded_segment(text: &str) -> Result<String, Problem> {
    decoded(&text.replace('+', "%2B"))
}

/// The one line that the log gets of a manage request.
pub(super) struct Line {
    pub(super) operation: &'static str,
    pub(super) caller: Option<Caller>,
}

impl Line {
    pub(super) fn write(
        &self,
        app: &App,
        name: &RequestName,
        status: StatusCode,
        began: Timestamp,
        problem: Option<&Problem>,
    ) {
        let caller = self
            .caller
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), Caller::scope);
        let millis = app.now().millis().saturating_sub(began.millis());
        let code = problem.map_or("ok", |problem| problem.code);
        let private = problem
            .and_then(|problem| problem.private.as_deref())
            .unwrap_or_default();
        tracing::info!(
            request_id = name.as_str(),
            operation = self.operation,
            caller,
            status = status.as_u16(),
            code,
            millis,
            private,
            "manage"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_routed_under_its_own_method_and_path() {
        for operation in operations() {
            let at = TABLE.paths.at(operation.path).unwrap();
            let here = &TABLE.operations[*at.value];
            let same: Vec<_> = here
                .iter()
                .filter(|known| known.method == operation.method)
                .collect();
            assert_eq!(same.len(), 1, "{}", operation.id);
            assert_eq!(same[0].id, operation.id);
            assert!(operation.handle.is_some() && !operation.scope.is_empty());
        }
    }
}
