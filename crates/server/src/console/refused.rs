//! How questions and refusals reach a browser: into the dialog of the page where one is, or as a
//! page of their own.

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use maud::{Markup, html};

use super::form::coded;
use super::routes::Route;
use super::shell::Frame;
use super::shown::{self, Dialog};
use super::side::Side;
use super::words::capital;
use crate::api::Body;
use crate::problem::Problem;

type Reply = Response<Body>;

/// How the browser wants its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) side: Side,
    /// A script fetches it for a page that is there.
    pub(super) is_inside: bool,
    /// It goes into that page's dialog.
    pub(super) is_dialog: bool,
    /// It takes fewer bytes.
    pub(super) takes_gzip: bool,
}

impl Manner {
    pub(super) fn of(side: Side, parts: &Parts) -> Self {
        let is = |name: &str, value: &str| {
            let found = parts.headers.get(name);
            found.is_some_and(|found| found.as_bytes() == value.as_bytes())
        };
        let is_inside = is("hx-request", "true");
        Self {
            side,
            is_inside,
            is_dialog: is_inside && is("hx-target", "dialog"),
            takes_gzip: crate::gzip::takes_gzip(&parts.headers),
        }
    }
}

/// Shows a question in the page where it was asked, or on a page of its own.
pub(super) fn ask(dialog: &Dialog, frame: Option<&Frame>, manner: Manner, id: &str) -> Reply {
    if manner.is_dialog {
        return shown::html_reply(dialog.status, dialog.fragment(), id);
    }
    let document = match frame {
        Some(frame) => frame.plain(&dialog.title, &dialog.alone()),
        None => shown::narrow(manner.side, &dialog.title, &dialog.alone()),
    };
    shown::html_reply(dialog.status, document, id)
}

/// Nobody is signed in (any more).
pub(super) fn away(route: &Route, to: Option<&str>, manner: Manner, id: &str) -> Reply {
    if manner.side == Side::Portal {
        return closed(manner, to.is_some_and(|to| to.ends_with(JUST_OPENED)), id);
    }
    if route.method == Method::GET {
        let to = to.filter(|_| !manner.is_inside).unwrap_or("/console");
        return shown::go(
            &format!("/console/sign-in?to={}", coded(to)),
            manner.is_inside,
            id,
        );
    }
    let words = html! {
        p.say.amber {
            "You have been signed out. Nothing was changed. "
            @if manner.is_dialog { "What you have typed is still here: " }
            a href="/console/sign-in" target="_blank" rel="noopener" { "sign in in another tab" }
            @if manner.is_dialog { ", then send this again." }
            @else { ", then go back to the page and send it again: your browser keeps what you have typed there." }
        }
    };
    let status = StatusCode::UNAUTHORIZED;
    if !manner.is_dialog {
        let title = "You have been signed out";
        return shown::html_reply(status, shown::narrow(manner.side, title, &words), id);
    }
    above_the_form(words, id)
}

/// What is said inside the dialog whose form cannot be sent now, and stays as it is.
fn above_the_form(words: Markup, id: &str) -> Reply {
    let mut reply = shown::html_reply(StatusCode::UNAUTHORIZED, words, id);
    let headers = reply.headers_mut();
    headers.insert("hx-retarget", HeaderValue::from_static("#dialog-said"));
    headers.insert("hx-reswap", HeaderValue::from_static("innerHTML"));
    reply
}

/// How the first address ends to which the portal leads once it is open.
pub(super) const JUST_OPENED: &str = "?opened";

/// The portal is not open (any more).
pub(super) fn closed(manner: Manner, just_opened: bool, id: &str) -> Reply {
    let words = html! {
        @if just_opened {
            p.say.amber {
                "Your browser keeps nothing for a page inside another one, so this page cannot know you. \
                 Allow cookies for it, or open it in a tab of its own."
            }
        } @else {
            p.say.amber {
                "This page has closed, because its time was over or its link was used before. Nothing was \
                 changed. Open it again from where you came."
            }
        }
    };
    if manner.is_dialog {
        return above_the_form(words, id);
    }
    // It says nothing of anybody, so any page may show it.
    let page = html! { h1 { "This page has closed" } (words) };
    let document = shown::narrow(Side::Portal, "Closed", &page);
    let mut reply = shown::html_reply(StatusCode::UNAUTHORIZED, document, id);
    shown::framed_by(&mut reply, Some("*"));
    reply
}

/// The address is there for another method.
pub(super) fn wrong_method(here: &[&Route], manner: Manner, id: &str) -> Reply {
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
pub(super) fn refusal(problem: &Problem, frame: Option<&Frame>, manner: Manner, id: &str) -> Reply {
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
        @if problem.status == StatusCode::NOT_FOUND {
            p { "What was here may be gone, or is not yours to see." }
        } @else {
            p { (capital(&detail)) "." }
        }
        @if !is_unknown { p { "Nothing was changed." } }
    };
    let dialog = Dialog::ask(title, manner.side.base().to_owned(), body).status(problem.status);
    let mut reply = ask(&dialog, frame, manner, id);
    if let Some(seconds) = problem.retry_after {
        reply
            .headers_mut()
            .insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    reply
}
