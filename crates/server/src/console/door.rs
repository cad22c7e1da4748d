//! From a request to its page.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use keystile_core::model::{Personal, Role};
use maud::html;

use super::assets;
use super::cookie::Cookies;
use super::forgery;
use super::form::Fields;
use super::grave;
use super::place::{Place, organization_of};
use super::refused::{Manner, ask, away, refusal, wrong_method};
use super::rights::may_there;
use super::routes::{Need, Route, TABLE};
use super::shell::Frame;
use super::shown::{self, Shown};
use super::visit::Visit;
use crate::api::Body;
use crate::app::{App, Caller};
use crate::manage::people::{self, Visitor};
use crate::problem::{Problem, broken};
use crate::request_id::RequestName;

type Reply = Response<Body>;

/// Says that a script asks, and nobody has clicked.
const BY_ITSELF: &str = "x-keystile-by-itself";

/// A request with all of its body.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) personal: Personal,
    pub(crate) request: RequestName,
}

/// Why there is no visit.
enum Turned {
    /// Nobody is signed in.
    Away,
    /// This is the answer.
    Told(Problem),
}

impl From<Problem> for Turned {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

/// Answers a request for anything of the console.
pub(crate) async fn answer(app: &Arc<App>, asked: Asked) -> Reply {
    let request = asked.request;
    let path = asked.parts.uri.path().to_owned();
    if let Some(file) = assets::serve(&path, &asked.parts.headers, request.as_str()) {
        return file;
    }
    let manner = Manner::of(&asked.parts);
    let cookies = Cookies::of(&app.settings);
    let notice = cookies.notice(&asked.parts.headers);
    let Some((here, parameters)) = TABLE.at(&path) else {
        let problem = Problem::not_found("page");
        return refusal(&problem, None, manner, request.as_str());
    };
    let Some(route) = here.iter().find(|route| route.method == asked.parts.method) else {
        return wrong_method(here, manner, request.as_str());
    };
    let to = asked.parts.uri.path_and_query().map(ToString::to_string);
    let began = app.now();
    let (reply, caller) = match admit(app, asked, route, parameters).await {
        Ok(visit) => {
            let caller = visit.caller.scope();
            (serve(visit, route, manner, notice).await, caller)
        }
        Err((turned, frame)) => {
            let reply = match turned {
                Turned::Away => away(route, to.as_deref(), manner, request.as_str()),
                Turned::Told(problem) => {
                    refusal(&problem, frame.as_ref(), manner, request.as_str())
                }
            };
            (reply, "unknown".to_owned())
        }
    };
    app.metrics.managed("console", reply.status().as_u16());
    if route.path != "/console/live" {
        tracing::info!(
            request_id = request.as_str(),
            operation = route.path,
            method = route.method.as_str(),
            caller,
            status = reply.status().as_u16(),
            millis = app.now().millis().saturating_sub(began.millis()),
            "console"
        );
    }
    reply
}

/// Lets whoever may see it in.
async fn admit(
    app: &Arc<App>,
    asked: Asked,
    route: &Route,
    parameters: Vec<(String, String)>,
) -> Result<Visit, (Turned, Option<Frame>)> {
    let alone = |problem: Problem| (Turned::Told(problem), None);
    let cookies = Cookies::of(&app.settings);
    let headers = &asked.parts.headers;
    let session = cookies.session(headers);
    let visitor = match &session {
        Some(token) => people::visitor(app, token).await.map_err(alone)?,
        None => None,
    };
    let signed_in = visitor.as_ref().and(session);
    let cookie = signed_in.or_else(|| cookies.stranger(headers));
    let query = Fields::read(asked.parts.uri.query().unwrap_or_default()).map_err(alone)?;
    let form = Fields::of_body(headers, &asked.body).map_err(alone)?;
    if asked.parts.method != Method::GET {
        let shown = form.get(forgery::FIELD);
        forgery::check(app, headers, cookie.as_deref(), shown).map_err(alone)?;
    }
    if visitor.is_none() && route.need != Need::Nothing {
        return Err((Turned::Away, None));
    }
    let (caller, role, everywhere) = rights(app, visitor.as_ref(), route, &parameters)
        .await
        .map_err(|turned| (turned, visitor.as_ref().map(Frame::of_visitor)))?;
    let mut visit = Visit {
        app: Arc::clone(app),
        visitor,
        caller,
        role,
        everywhere,
        place: Place::default(),
        path: asked.parts.uri.path().to_owned(),
        parameters,
        query,
        form,
        cookie,
        request: asked.request,
        personal: asked.personal,
    };
    if let Err(problem) = visit.find_place().await {
        let frame = visit.visitor.as_ref().map(Frame::of_visitor);
        return Err((Turned::Told(problem), frame));
    }
    // A page that looks for news by itself is no sign that anybody is there.
    let by_itself = asked.parts.headers.contains_key(BY_ITSELF);
    if visit.visitor.is_some() && route.method == Method::GET && !by_itself {
        renew(&visit).await;
    }
    Ok(visit)
}

/// What the visitor may do where the path leads. Where they have no role, there is nothing.
async fn rights(
    app: &App,
    visitor: Option<&Visitor>,
    route: &Route,
    parameters: &[(String, String)],
) -> Result<(Caller, Role, Option<Role>), Turned> {
    let missing = || Turned::Told(Problem::not_found("page"));
    let Some(visitor) = visitor else {
        return Ok((Caller::stranger(), Role::Viewer, None));
    };
    let everywhere = visitor.role_at(None);
    let (place, ability) = match route.need {
        Need::Nothing | Need::SignedIn => {
            let caller = visitor.caller(None).unwrap_or_else(Caller::stranger);
            let role = everywhere.unwrap_or(Role::Viewer);
            return Ok((caller, role, everywhere));
        }
        Need::Everywhere(ability) => {
            everywhere.ok_or_else(missing)?;
            (None, ability)
        }
        Need::There(ability) => {
            let organization = organization_of(app, parameters).await?;
            (Some(organization.ok_or_else(missing)?), ability)
        }
    };
    let role = visitor.role_at(place).ok_or_else(missing)?;
    let caller = visitor.caller(place).ok_or_else(missing)?;
    if may_there(role, everywhere, ability) {
        return Ok((caller, role, everywhere));
    }
    let detail = format!("your role here is {}, which may not do this", role.as_str());
    Err(Turned::Told(Problem::forbidden(
        "insufficient_role",
        detail,
    )))
}

/// A session that is used goes on.
async fn renew(visit: &Visit) {
    let Some(visitor) = &visit.visitor else {
        return;
    };
    if let Err(problem) = people::renew(&visit.app, visitor).await {
        tracing::warn!(code = problem.code, "a session could not be renewed");
    }
}

/// Runs the handler and makes its answer a page.
async fn serve(
    visit: Visit,
    route: &'static Route,
    manner: Manner,
    notice: Option<String>,
) -> Reply {
    let app = Arc::clone(&visit.app);
    let cookies = Cookies::of(&app.settings);
    let request = visit.request;
    let frame = Frame::of(&visit);
    let stranger = visit.visitor.is_none();
    let mut visit = visit;
    let new_cookie = (stranger && visit.cookie.is_none()).then(|| new_stranger(&mut visit));
    let outcome = match grave::question(&visit, route).await {
        Ok(Some(question)) => Ok(question),
        // In a task of its own: a browser that goes away must not stop a change half-way, and a
        // panic must not end the connection.
        Ok(None) => tokio::spawn((route.handle)(visit))
            .await
            .unwrap_or_else(|_| Err(broken())),
        Err(problem) => Err(problem),
    };
    let frame = (!stranger).then_some(frame);
    let id = request.as_str();
    let mut reply = match outcome {
        Err(problem) => refusal(&problem, frame.as_ref(), manner, id),
        Ok(Shown::Page(page)) => {
            let document = match &frame {
                Some(frame) => frame.page(&page, notice.as_deref()),
                None => shown::narrow(&page.title, &page.body),
            };
            let mut reply = shown::html_reply(page.status, document, id);
            if manner.takes_gzip {
                shown::compressed(&mut reply);
            }
            reply
        }
        Ok(Shown::Narrow {
            title,
            body,
            status,
        }) => shown::html_reply(status, shown::narrow(&title, &body), id),
        Ok(Shown::Dialog(dialog)) => ask(&dialog, frame.as_ref(), manner, id),
        Ok(Shown::Done { to, notice }) => {
            let mut reply = shown::go(&to, manner.is_inside, id);
            let notice = notice.and_then(|text| cookies.set_notice(&text));
            shown::with_cookie(&mut reply, notice);
            return reply;
        }
        Ok(Shown::Begun { token, to }) => {
            let mut reply = shown::go(&to, manner.is_inside, id);
            shown::with_cookie(&mut reply, cookies.set_session(&token));
            return reply;
        }
        Ok(Shown::Ended) => {
            let mut reply = shown::go("/console/sign-in", manner.is_inside, id);
            shown::forget_all(&mut reply, cookies);
            return reply;
        }
        Ok(Shown::Json(value)) => {
            let mut reply = shown::html_reply(StatusCode::OK, html! {}, id);
            *reply.body_mut() = Body::from(value.to_string().into_bytes());
            let json = HeaderValue::from_static("application/json");
            reply.headers_mut().insert(http::header::CONTENT_TYPE, json);
            return reply;
        }
    };
    if let Some(name) = new_cookie {
        shown::with_cookie(&mut reply, cookies.set_stranger(&name));
    }
    if notice.is_some() && !manner.is_inside {
        shown::with_cookie(&mut reply, cookies.end_notice());
    }
    reply
}

/// Names a browser in which nobody is signed in, so that forms sent from it can be known.
fn new_stranger(visit: &mut Visit) -> String {
    let mut bytes = [0; 16];
    // Without randomness no form is accepted from there.
    let _ = visit.app.random.fill(&mut bytes);
    let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    visit.cookie = Some(name.clone());
    name
}
