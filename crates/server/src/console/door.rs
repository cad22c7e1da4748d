//! From a request to its page.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use keystile_core::model::{Personal, Role};
use maud::html;

use super::assets;
use super::cookie::Cookies;
use super::forgery;
use super::form::Fields;
use super::grave;
use super::place::Place;
use super::portal;
use super::refused::{Manner, ask, away, refusal, wrong_method};
use super::rights::{may_as_guest, may_there};
use super::routes::{Need, Route, TABLE};
use super::shell::Frame;
use super::shown::{self, Shown};
use super::side::Side;
use super::visit::Visit;
use crate::api::Body;
use crate::app::{App, Caller};
use crate::hexadecimal::random_name;
use crate::manage::people::{self, Visitor};
use crate::manage::portal::{Guest, guest as portal_guest};
use crate::problem::{Problem, broken};
use crate::request_id::RequestName;

type Reply = Response<Body>;

/// Says that a script asks, and nobody has clicked.
const BY_ITSELF: &str = "x-keystile-by-itself";

/// A request with its body.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    /// Or why there is none.
    pub(crate) body: Result<Bytes, Problem>,
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

/// Answers a request for anything of the console.
pub(crate) async fn answer(app: &Arc<App>, asked: Asked) -> Reply {
    let request = asked.request;
    let path = asked.parts.uri.path().to_owned();
    if let Some(file) = assets::serve(&path, &asked.parts.headers, request.as_str()) {
        return file;
    }
    let Some(side) = Side::of(&path) else {
        let manner = Manner::of(Side::Console, &asked.parts);
        return refusal(&Problem::not_found("page"), None, manner, request.as_str());
    };
    let manner = Manner::of(side, &asked.parts);
    let began = app.now();
    let (reply, operation, caller) = match portal::answer(app, &asked, manner).await {
        Some(reply) => (reply, "/portal".to_owned(), "guest".to_owned()),
        None => page(app, asked, manner, &path).await,
    };
    app.metrics.managed(side.name(), reply.status().as_u16());
    if !operation.ends_with("/live") {
        tracing::info!(
            request_id = request.as_str(),
            operation,
            caller,
            status = reply.status().as_u16(),
            millis = app.now().millis().saturating_sub(began.millis()),
            "{}",
            side.name(),
        );
    }
    reply
}

/// A page of the table, with the words that the log has for it and for whoever asked.
async fn page(app: &Arc<App>, asked: Asked, manner: Manner, path: &str) -> (Reply, String, String) {
    let (request, side) = (asked.request, manner.side);
    let nobody = || "unknown".to_owned();
    let Some((here, parameters)) = TABLE.at(side, path) else {
        let problem = Problem::not_found("page");
        let reply = refusal(&problem, None, manner, request.as_str());
        return (reply, "none".to_owned(), nobody());
    };
    let method = asked.parts.method.clone();
    let Some(route) = here.iter().find(|route| route.method == method) else {
        let reply = wrong_method(&here, manner, request.as_str());
        return (reply, "none".to_owned(), nobody());
    };
    let operation = format!("{method} {}{}", side.base(), route.path);
    let cookies = Cookies::of(&app.settings, side);
    let notice = cookies.notice(&asked.parts.headers);
    let to = asked.parts.uri.path_and_query().map(ToString::to_string);
    let (reply, caller) = match admit(app, asked, side, route, parameters).await {
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
            (reply, nobody())
        }
    };
    (reply, operation, caller)
}

/// Whoever asks.
struct Who {
    visitor: Option<Visitor>,
    guest: Option<Guest>,
    /// What is known of the browser.
    cookie: Option<String>,
}

impl Who {
    async fn of(app: &App, headers: &HeaderMap, side: Side) -> Result<Self, Problem> {
        let cookies = Cookies::of(&app.settings, side);
        let session = cookies.session(headers);
        let (mut visitor, mut guest) = (None, None);
        if let Some(token) = &session {
            match side {
                Side::Console => visitor = people::visitor(app, token).await?,
                Side::Portal => guest = portal_guest(app, token).await?,
            }
        }
        let is_known = visitor.is_some() || guest.is_some();
        let known = session.filter(|_| is_known);
        Ok(Self {
            visitor,
            guest,
            cookie: known.or_else(|| cookies.stranger(headers)),
        })
    }

    const fn is_nobody(&self) -> bool {
        self.visitor.is_none() && self.guest.is_none()
    }

    /// The frame in which they are told what is wrong.
    fn frame(&self) -> Option<Frame> {
        let guest = self.guest.as_ref().map(Frame::of_guest);
        guest.or_else(|| self.visitor.as_ref().map(Frame::of_visitor))
    }
}

/// Lets whoever may see it in.
async fn admit(
    app: &Arc<App>,
    asked: Asked,
    side: Side,
    route: &Route,
    parameters: Vec<(String, String)>,
) -> Result<Visit, (Turned, Option<Frame>)> {
    let alone = |problem: Problem| (Turned::Told(problem), None);
    let headers = &asked.parts.headers;
    let who = Who::of(app, headers, side).await.map_err(alone)?;
    let query = Fields::read(asked.parts.uri.query().unwrap_or_default()).map_err(alone)?;
    let body = asked.body.map_err(alone)?;
    let form = Fields::of_body(headers, &body).map_err(alone)?;
    if asked.parts.method != Method::GET {
        let shown = form.get(forgery::FIELD);
        forgery::check(app, headers, who.cookie.as_deref(), shown).map_err(alone)?;
    }
    if who.is_nobody() && route.need != Need::Nothing {
        return Err((Turned::Away, None));
    }
    let framed = |problem| (Turned::Told(problem), who.frame());
    let place = Place::find(app, &parameters).await.map_err(framed)?;
    let (place, rights) = place
        .ok_or_else(|| Problem::not_found("page"))
        .and_then(|place| Ok((Rights::at(&place, &who, route)?, place)))
        .map(|(rights, place)| (place, rights))
        .map_err(framed)?;
    let by_itself = headers.contains_key(BY_ITSELF);
    let visit = Visit {
        app: Arc::clone(app),
        side,
        visitor: who.visitor,
        guest: who.guest,
        caller: rights.caller,
        role: rights.role,
        everywhere: rights.everywhere,
        place,
        path: asked.parts.uri.path().to_owned(),
        parameters,
        query,
        form,
        cookie: who.cookie,
        request: asked.request,
        personal: asked.personal,
    };
    // A page that looks for news by itself is no sign that anybody is there.
    if visit.visitor.is_some() && route.method == Method::GET && !by_itself {
        renew(&visit).await;
    }
    Ok(visit)
}

/// What somebody may do where the path leads.
struct Rights {
    caller: Caller,
    role: Role,
    everywhere: Option<Role>,
}

impl Rights {
    /// Where they have no role, there is nothing.
    fn at(place: &Place, who: &Who, route: &Route) -> Result<Self, Problem> {
        match (&who.visitor, &who.guest) {
            (_, Some(guest)) => Self::of_guest(place, guest, route),
            (Some(visitor), None) => Self::of_visitor(place, visitor, route),
            (None, None) => Ok(Self {
                caller: Caller::stranger(),
                role: Role::Viewer,
                everywhere: None,
            }),
        }
    }

    fn of_visitor(found: &Place, visitor: &Visitor, route: &Route) -> Result<Self, Problem> {
        let missing = || Problem::not_found("page");
        let everywhere = visitor.role_at(None);
        let (place, ability) = match route.need {
            Need::Nothing | Need::SignedIn => {
                return Ok(Self {
                    caller: visitor.caller(None).unwrap_or_else(Caller::stranger),
                    role: everywhere.unwrap_or(Role::Viewer),
                    everywhere,
                });
            }
            Need::Everywhere(ability) => {
                everywhere.ok_or_else(missing)?;
                (None, ability)
            }
            Need::There(ability) => {
                let organization = found.organization.as_ref();
                (Some(organization.ok_or_else(missing)?.id), ability)
            }
        };
        // What belongs to Keystile itself is keys alone.
        let is_theirs = route.path.starts_with("/keys/") && everywhere == Some(Role::Owner);
        if found.is_operators() && !is_theirs {
            return Err(missing());
        }
        let role = visitor.role_at(place).ok_or_else(missing)?;
        let caller = visitor.caller(place).ok_or_else(missing)?;
        if may_there(role, everywhere, ability) {
            return Ok(Self {
                caller,
                role,
                everywhere,
            });
        }
        let detail = format!("your role here is {}, which may not do this", role.as_str());
        Err(Problem::forbidden("insufficient_role", detail))
    }

    fn of_guest(place: &Place, guest: &Guest, route: &Route) -> Result<Self, Problem> {
        if let Need::There(ability) = route.need {
            let organization = place.organization.as_ref().map(|one| one.id);
            let project = place.project.as_ref().map(|one| one.id);
            let is_elsewhere =
                guest.project.is_some() && project.is_some() && guest.project != project;
            if organization != Some(guest.organization) || is_elsewhere {
                return Err(Problem::not_found("page"));
            }
            if !may_as_guest(&guest.abilities, ability) {
                let detail = "whoever let you in here did not allow this";
                return Err(Problem::forbidden("insufficient_ability", detail));
            }
        }
        Ok(Self {
            caller: guest.caller.clone(),
            role: Role::Viewer,
            everywhere: None,
        })
    }
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
    let cookies = Cookies::of(&app.settings, visit.side);
    let request = visit.request;
    let frame = Frame::of(&visit);
    let stranger = visit.visitor.is_none() && visit.guest.is_none();
    let parent = visit.guest.as_ref().and_then(|guest| guest.origin.clone());
    let mut visit = visit;
    let new_cookie = (stranger && visit.cookie.is_none()).then(|| new_stranger(&mut visit));
    let outcome = match grave::question(&mut visit, route).await {
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
                None => shown::narrow(manner.side, &page.title, &page.body),
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
        }) => shown::html_reply(status, shown::narrow(manner.side, &title, &body), id),
        Ok(Shown::Dialog(dialog)) => ask(&dialog, frame.as_ref(), manner, id),
        Ok(Shown::Done { to, notice }) => {
            let mut reply = shown::go(&to, manner.is_inside, id);
            let notice = notice.and_then(|text| cookies.set_notice(&text));
            shown::with_cookie(&mut reply, notice);
            return reply;
        }
        Ok(Shown::Begun { token, to }) => {
            let mut reply = shown::go(&to, manner.is_inside, id);
            shown::with_cookie(&mut reply, cookies.set_session(&token, None));
            return reply;
        }
        Ok(Shown::Ended) => {
            let mut reply = shown::go("/console/sign-in", manner.is_inside, id);
            shown::forget_all(&mut reply, cookies);
            return reply;
        }
        Ok(Shown::File { name, body }) => return shown::file_reply(&name, body, id),
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
    shown::framed_by(&mut reply, parent.as_deref());
    reply
}

/// Names a browser in which nobody is signed in, so that forms sent from it can be known.
fn new_stranger(visit: &mut Visit) -> String {
    let name = random_name(&*visit.app.random);
    visit.cookie = Some(name.clone());
    name
}
