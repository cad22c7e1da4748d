//! What only the portal has: the way in, the operator's colours, and the script that shows it in
//! their page.

use http::{HeaderValue, Method, Response, StatusCode, header};
use maud::html;

use super::cookie::Cookies;
use super::door::Asked;
use super::form::Fields;
use super::refused::{JUST_OPENED, Manner, closed};
use super::shown;
use super::side::Side;
use crate::api::Body;
use crate::app::App;
use crate::manage::Request;
use crate::manage::portal::{Guest, guest, open_portal};
use crate::problem::Problem;

/// The script of one tag.
const SCRIPT: &str = include_str!("static/portal.js");

/// Answers what only the portal has; `None` for everything else.
pub(super) async fn answer(app: &App, asked: &Asked, manner: Manner) -> Option<Response<Body>> {
    if manner.side != Side::Portal || asked.parts.method != Method::GET {
        return None;
    }
    let answered = match asked.parts.uri.path() {
        "/portal" | "/portal/" => way_in(app, asked, manner).await,
        "/portal/theme.css" => theme(app, asked).await,
        "/portal/v1/portal.js" => Ok(script(asked)),
        _ => return None,
    };
    let id = asked.request.as_str();
    Some(answered.unwrap_or_else(|problem| super::refused::refusal(&problem, None, manner, id)))
}

/// The way in, with the token of a link, or for whoever is in already.
async fn way_in(app: &App, asked: &Asked, manner: Manner) -> Result<Response<Body>, Problem> {
    let id = asked.request.as_str();
    let cookies = Cookies::of(&app.settings, manner.side);
    let held = cookies.session(&asked.parts.headers);
    let query = Fields::read(asked.parts.uri.query().unwrap_or_default())?;
    let opened = match (query.filled("token"), &held) {
        (Some(token), _) => {
            let request = Request {
                id: Some(asked.request.id),
                personal: Some(asked.personal.clone()),
                idempotency: None,
            };
            let opened = open_portal(app, token, held.as_deref(), request).await?;
            opened.map(|opened| (opened.guest, Some(opened.token)))
        }
        (None, Some(held)) => guest(app, held).await?.map(|guest| (guest, None)),
        (None, None) => None,
    };
    let Some((guest, token)) = opened else {
        return Ok(closed(manner, false, id));
    };
    // A page that is open already goes on with what its browser holds from now on.
    let mut reply = match query.is_ticked("renew") {
        true => {
            let mut reply = shown::html_reply(StatusCode::OK, html! {}, id);
            shown::framed_by(&mut reply, guest.origin.as_deref());
            reply
        }
        false => shown::go(&first_page(&guest), false, id),
    };
    if let Some(token) = token {
        let left = guest.ends_at.millis().saturating_sub(app.now().millis()) / 1000;
        let left = u32::try_from(left).unwrap_or(0);
        shown::with_cookie(&mut reply, cookies.set_session(token.reveal(), Some(left)));
    }
    Ok(reply)
}

fn first_page(guest: &Guest) -> String {
    let base = Side::Portal.base();
    let rest = match guest.project {
        Some(project) => format!("/projects/{project}/keys"),
        None => format!("/organizations/{}/projects", guest.organization),
    };
    format!("{base}{rest}{JUST_OPENED}")
}

/// The colours of whoever let the guest in.
async fn theme(app: &App, asked: &Asked) -> Result<Response<Body>, Problem> {
    let cookies = Cookies::of(&app.settings, Side::Portal);
    let css = match cookies.session(&asked.parts.headers) {
        Some(held) => guest(app, &held).await?.map(|guest| guest.theme.css()),
        None => None,
    };
    let mut reply = text("text/css", css.unwrap_or_default(), asked.request.as_str());
    let headers = reply.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Cookie"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(reply)
}

/// The script, which pages of all origins load.
fn script(asked: &Asked) -> Response<Body> {
    let mut reply = text("text/javascript", SCRIPT.to_owned(), asked.request.as_str());
    let headers = reply.headers_mut();
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    let fixed = [
        ("cache-control", "public, max-age=300"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

fn text(media: &'static str, text: String, id: &str) -> Response<Body> {
    let mut reply = Response::new(Body::from(text.into_bytes()));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    reply
}
