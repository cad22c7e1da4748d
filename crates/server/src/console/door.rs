//! From a request to its page.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use keystile_core::model::{Personal, Role};
use maud::{Markup, html};

use super::assets;
use super::cookie::Cookies;
use super::forgery;
use super::form::Fields;
use super::parts::{Field, hidden, submit};
use super::place::{Place, organization_of};
use super::rights::may;
use super::routes::{Need, Route, TABLE};
use super::shell::Frame;
use super::shown::{self, Dialog, Shown};
use super::visit::Visit;
use crate::api::Body;
use crate::app::{App, Caller};
use crate::manage::people::{self, SignInProblem, Visitor};
use crate::manage::{Request, Work};
use crate::problem::{Problem, broken};
use crate::request_id::RequestName;

type Reply = Response<Body>;

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

/// How the browser wants its answer.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// A script fetches it for a page that is there.
    is_inside: bool,
    /// It goes into that page's dialog.
    is_dialog: bool,
}

impl Manner {
    fn of(parts: &Parts) -> Self {
        let is = |name: &str, value: &str| {
            let found = parts.headers.get(name);
            found.is_some_and(|found| found.as_bytes() == value.as_bytes())
        };
        let is_inside = is("hx-request", "true");
        Self {
            is_inside,
            is_dialog: is_inside && is("hx-target", "dialog"),
        }
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
                Turned::Told(problem) => refusal(&problem, frame, manner, request.as_str()),
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
    let (caller, role, is_everywhere) = rights(app, visitor.as_ref(), route, &parameters)
        .await
        .map_err(|turned| (turned, visitor.as_ref().map(Frame::of_visitor)))?;
    let mut visit = Visit {
        app: Arc::clone(app),
        visitor,
        caller,
        role,
        is_everywhere,
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
    if visit.visitor.is_some() && route.method == Method::GET {
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
) -> Result<(Caller, Role, bool), Turned> {
    let missing = || Turned::Told(Problem::not_found("page"));
    let Some(visitor) = visitor else {
        return Ok((Caller::stranger(), Role::Viewer, false));
    };
    let everywhere = visitor.role_at(None);
    let (place, ability) = match route.need {
        Need::Nothing | Need::SignedIn => {
            let caller = visitor.caller(None).unwrap_or_else(Caller::stranger);
            let role = everywhere.unwrap_or(Role::Viewer);
            return Ok((caller, role, everywhere.is_some()));
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
    // A role at all organizations and one at this one: each counts for what it allows.
    let here = may(role, false, ability);
    let there = everywhere.is_some_and(|role| may(role, true, ability));
    if here || there {
        return Ok((caller, role, everywhere.is_some()));
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
    let outcome = match grave(&mut visit, route).await {
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
        Err(problem) => refusal(&problem, frame, manner, id),
        Ok(Shown::Page(page)) => {
            let document = match &frame {
                Some(frame) => frame.page(&page, notice.as_deref()),
                None => shown::narrow(&page.title, &page.body),
            };
            shown::html_reply(page.status, document, id)
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

/// Asks for the password before what is grave, unless it was given a moment ago.
async fn grave(visit: &mut Visit, route: &Route) -> Result<Option<Shown>, Problem> {
    let Some(visitor) = visit.visitor.as_ref().filter(|_| route.is_grave) else {
        return Ok(None);
    };
    if visitor.is_fresh(visit.now()) {
        return Ok(None);
    }
    let wrong = match visit.form.get("confirm_password") {
        None => None,
        Some(password) => {
            let known = Request {
                id: Some(visit.request.id),
                personal: Some(visit.personal.clone()),
                idempotency: None,
            };
            let work = Work::new(&visit.app, &visit.caller, known);
            match people::confirm(&work, visitor, password).await {
                Ok(()) => return Ok(None),
                Err(SignInProblem::Problem(problem)) => return Err(problem),
                Err(SignInProblem::Slow { seconds }) => {
                    Some(format!("too many tries; wait {seconds} s, then try again"))
                }
                Err(_) => Some("this is not your password".to_owned()),
            }
        }
    };
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let back = visit
        .path
        .rsplit_once('/')
        .map_or("/console", |(above, _)| above);
    let body = html! {
        p { "You gave your password more than ten minutes ago. This step asks for it again." }
        form.stack method="post" action=(visit.path) hx-post=(visit.path) hx-target="#dialog" {
            (visit.ours())
            @for (name, value) in visit.form.but(&[forgery::FIELD, "confirm_password"]) {
                (hidden(name, value))
            }
            (Field::text("confirm_password", "Your password")
                .kind("password", "current-password").needed().first().wrong(wrong).input())
            (submit("main", "Go on", back))
        }
    };
    let dialog = Dialog::ask("Is it you?", back.to_owned(), body).status(status);
    Ok(Some(Shown::Dialog(dialog)))
}

/// Shows a question in the page where it was asked, or on a page of its own.
fn ask(dialog: &Dialog, frame: Option<&Frame>, manner: Manner, id: &str) -> Reply {
    if manner.is_dialog {
        return shown::html_reply(dialog.status, dialog.fragment(), id);
    }
    let document = match frame {
        Some(frame) => frame.plain(&dialog.title, &dialog.alone()),
        None => shown::narrow(&dialog.title, &dialog.alone()),
    };
    shown::html_reply(dialog.status, document, id)
}

/// Nobody is signed in (any more).
fn away(route: &Route, to: Option<&str>, manner: Manner, id: &str) -> Reply {
    if route.method == Method::GET {
        let to = to.filter(|_| !manner.is_inside).unwrap_or("/console");
        let to: String = to
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' | b'-' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        return shown::go(&format!("/console/sign-in?to={to}"), manner.is_inside, id);
    }
    let words = html! {
        p.say.amber {
            "You have been signed out. Nothing was changed, and what you have typed is still here. "
            a href="/console/sign-in" target="_blank" rel="noopener" { "Sign in in another tab" }
            ", then send this again."
        }
    };
    let status = StatusCode::UNAUTHORIZED;
    if !manner.is_dialog {
        let title = "You have been signed out";
        return shown::html_reply(status, shown::narrow(title, &words), id);
    }
    let mut reply = shown::html_reply(status, words, id);
    // Above the form, which stays as it is.
    let headers = reply.headers_mut();
    headers.insert("hx-retarget", HeaderValue::from_static("#dialog-said"));
    headers.insert("hx-reswap", HeaderValue::from_static("innerHTML"));
    reply
}

fn wrong_method(here: &[Route], manner: Manner, id: &str) -> Reply {
    let allow: Vec<_> = here.iter().map(|route| route.method.as_str()).collect();
    let allow = allow.join(", ");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let detail = format!("this address takes {allow}");
    let problem = Problem::new(status, "method_not_allowed", detail);
    let mut reply = refusal(&problem, None, manner, id);
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        reply.headers_mut().insert(http::header::ALLOW, allow);
    }
    reply
}

/// Says what was wrong, and what has become of what was sent.
fn refusal(problem: &Problem, frame: Option<Frame>, manner: Manner, id: &str) -> Reply {
    let title = match problem.status {
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::FORBIDDEN => "You may not do this",
        StatusCode::CONFLICT => "This cannot be done now",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries",
        status if status.is_server_error() => "This went wrong on our side",
        _ => "Something about this is not right",
    };
    let is_unknown = problem.code == "outcome_unknown";
    let detail = keystile_core::key::masked(&problem.detail);
    let body: Markup = html! {
        p { (detail) "." }
        @if !is_unknown { p { "Nothing was changed." } }
    };
    let dialog = Dialog::ask(title, "/console".to_owned(), body).status(problem.status);
    let mut reply = ask(&dialog, frame.as_ref(), manner, id);
    if let Some(seconds) = problem.retry_after {
        reply
            .headers_mut()
            .insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    reply
}
