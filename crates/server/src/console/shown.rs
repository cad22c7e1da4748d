//! What a handler answers with, and how that becomes a response.

use flate2::Compression;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::cookie::Cookies;
use super::parts;
use super::side::Side;
use crate::api::Body;

/// Nothing is loaded from elsewhere, nothing runs that is not ours, and nobody frames a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What htmx may and may not: above all it must keep no copy of a page.
const HTMX: &str = r#"{"historyCacheSize":0,"refreshOnHistoryMiss":true,"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"scrollBehavior":"instant"}"#;

/// An answer.
#[derive(Debug)]
pub(super) enum Shown {
    /// A page in the frame.
    Page(Page),
    /// A page without the frame, for whoever is not in yet.
    Narrow {
        title: String,
        body: Markup,
        status: StatusCode,
    },
    /// A question, in a dialog of the page where it was asked or on a page of its own.
    Dialog(Dialog),
    /// It is done: go there, where this is said.
    Done { to: String, notice: Option<String> },
    /// The session of whoever asked begins with this token.
    Begun { token: String, to: String },
    /// It has ended.
    Ended,
    /// A file to keep, as CSV.
    File { name: String, body: Body },
    /// A few words for a script.
    Json(serde_json::Value),
}

/// A page in the frame.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) title: String,
    /// Which entry of the menu it belongs to.
    pub(super) entry: Entry,
    pub(super) body: Markup,
    /// Whether it is fetched anew when anything has changed.
    pub(super) is_live: bool,
    pub(super) status: StatusCode,
}

/// A question.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) title: String,
    pub(super) body: Markup,
    /// Where it was asked.
    pub(super) back: String,
    /// Whether closing it leads there, because something has changed.
    pub(super) leads_back: bool,
    pub(super) status: StatusCode,
}

/// The entries of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    None,
    Organizations,
    Overview,
    Keys,
    Credits,
    Audit,
    Members,
    Trial,
    Products,
    OperatorKeys,
    Account,
}

impl Page {
    /// A page that stays as it is.
    pub(super) fn still(title: impl Into<String>, entry: Entry, body: Markup) -> Shown {
        Shown::Page(Self {
            title: title.into(),
            entry,
            body,
            is_live: false,
            status: StatusCode::OK,
        })
    }

    /// A page that is fetched anew when anything has changed.
    pub(super) fn live(title: impl Into<String>, entry: Entry, body: Markup) -> Shown {
        Shown::Page(Self {
            title: title.into(),
            entry,
            body,
            is_live: true,
            status: StatusCode::OK,
        })
    }
}

impl Dialog {
    /// A question that changes nothing when it is closed.
    pub(super) fn ask(title: impl Into<String>, back: String, body: Markup) -> Self {
        Self {
            title: title.into(),
            body,
            back,
            leads_back: false,
            status: StatusCode::OK,
        }
    }

    /// The same with what was wrong about the answer to it.
    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Something that is told when it is done.
    pub(super) fn tell(title: impl Into<String>, back: String, body: Markup) -> Self {
        Self {
            leads_back: true,
            ..Self::ask(title, back, body)
        }
    }

    /// What stands in the dialog of a page.
    pub(super) fn fragment(&self) -> Markup {
        html! {
            div.stack data-after=[self.leads_back.then_some(&self.back)] {
                h2 #dialog-title tabindex="-1" { (self.title) }
                div #dialog-said role="alert" {}
                (self.body)
            }
        }
    }

    /// The same on a page of its own.
    pub(super) fn alone(&self) -> Markup {
        html! {
            div.alone.stack hx-disable {
                h1 { (self.title) }
                (self.body)
                p { a href=(self.back) { "Back" } }
            }
        }
    }
}

/// The whole document.
pub(super) fn document(side: Side, title: &str, class: Option<&str>, body: &Markup) -> Markup {
    // What the script must know of where it is.
    let class = match (side, class) {
        (Side::Portal, None) => Some("portal"),
        (_, class) => class,
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · Keystile" }
                link rel="stylesheet" href=(assets::address(side, "console.css"));
                @if side == Side::Portal { link rel="stylesheet" href="/portal/theme.css"; }
                link rel="icon" href=(assets::address(side, "icon.svg")) type="image/svg+xml";
                script src=(assets::address(side, "htmx.js")) defer {}
                script src=(assets::address(side, "console.js")) defer {}
            }
            body class=[class] { (body) }
        }
    }
}

/// A page without the frame.
pub(super) fn narrow(side: Side, title: &str, body: &Markup) -> Markup {
    let body = html! {
        main {
            @if side == Side::Console { (parts::brand()) }
            div.alone.stack { (body) }
        }
        (parts::live_region())
    };
    document(side, title, Some("narrow"), &body)
}

/// HTML with everything that keeps it to itself.
pub(super) fn html_reply(status: StatusCode, page: Markup, request_id: &str) -> Response<Body> {
    let mut reply = Response::new(Body::from(page.into_string().into_bytes()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::VARY,
            "HX-Request, HX-Target, Cookie, Accept-Encoding",
        ),
    ];
    let named = [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "clipboard-write=(self), camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in named {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
    reply
}

/// Lets the page of that origin frame this one, as the portal is; without one, nobody.
pub(super) fn framed_by(reply: &mut Response<Body>, origin: Option<&str>) {
    let Some(origin) = origin else { return };
    let headers = reply.headers_mut();
    let policy = POLICY.replace(
        "frame-ancestors 'none'",
        &format!("frame-ancestors {origin}"),
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.remove(header::X_FRAME_OPTIONS);
        let any = HeaderValue::from_static("cross-origin");
        headers.insert("cross-origin-resource-policy", any);
    }
}

/// A file to keep. Its name is plain ASCII without quotes.
pub(super) fn file_reply(name: &str, body: Body, request_id: &str) -> Response<Body> {
    let mut reply = html_reply(StatusCode::OK, html! {}, request_id);
    *reply.body_mut() = body;
    let headers = reply.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    if let Ok(kept) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, kept);
    }
    reply
}

/// A page in fewer bytes. Never one that shows a secret: how well it is compressed would tell of it.
pub(super) fn compressed(reply: &mut Response<Body>) {
    if let Body::Whole(page) = reply.body() {
        let packed = crate::gzip::packed(page, Compression::fast());
        *reply.body_mut() = Body::Whole(packed);
        let gzip = HeaderValue::from_static("gzip");
        reply.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    }
}

/// Sends the browser on; inside a page, without loading it anew.
pub(super) fn go(to: &str, is_inside: bool, request_id: &str) -> Response<Body> {
    // htmx heeds its headers only on answers that are no redirection themselves.
    let (status, name) = if is_inside {
        (StatusCode::OK, HeaderName::from_static("hx-redirect"))
    } else {
        (StatusCode::SEE_OTHER, header::LOCATION)
    };
    let mut reply = html_reply(status, html! {}, request_id);
    if let Ok(to) = HeaderValue::from_str(to) {
        reply.headers_mut().insert(name, to);
    }
    reply
}

/// Adds a cookie.
pub(super) fn with_cookie(reply: &mut Response<Body>, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        reply.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Ends everything that a browser keeps of the console.
pub(super) fn forget_all(reply: &mut Response<Body>, cookies: Cookies) {
    with_cookie(reply, cookies.end_session());
    with_cookie(reply, cookies.end_notice());
    let kept = HeaderValue::from_static("\"cache\", \"storage\"");
    reply.headers_mut().insert("clear-site-data", kept);
}
