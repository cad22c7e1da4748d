//! What pages of customers load: one script tag opens a visitor's session, renews it and shows the
//! product's widget. `docs/embed.md` tells how to use it.
//!
//! `/embed/v1/` has the newest version 1, with the address of this service written in, and may be
//! kept for minutes. `/embed/v1.0.0/` has that one version as it was released: the same bytes at
//! every installation and for ever, so that its hash can be published, and with no address in it.
//! `cargo xtask generate` makes its scripts of the parts that lie beside this file; a version that
//! was released keeps its folder, and the next one gets another.
//!
//! This room knows nothing of keys, sessions or the Host header.

mod shelf;

pub(crate) use shelf::Shelf;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::api::Body;
use crate::app::App;
use crate::gzip::takes_gzip;
use shelf::{File, Kept};

/// Where it all lies.
const PREFIX: &str = "/embed/";

/// Whether an address is for here.
pub(crate) fn holds(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Serves a file; `None` when there is none of that address.
pub(crate) fn serve(
    app: &App,
    (method, path): (&Method, &str),
    headers: &HeaderMap,
    request_id: &str,
) -> Option<Response<Body>> {
    let shelf = app.embed.get_or_init(|| {
        let listening = app.listening.get().copied();
        Shelf::new(app.settings.embed_home(listening).as_deref())
    });
    let file = shelf.find(path.strip_prefix(PREFIX)?)?;
    let is_packed = takes_gzip(headers);
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|tags| names(tags, file));
    let body = match (is_known, is_packed) {
        (true, _) => Body::default(),
        (false, true) => Body::Whole(file.packed.clone()),
        (false, false) => Body::Whole(file.plain.clone()),
    };
    let length = body.whole().map_or(0, bytes::Bytes::len);
    let is_asked_about = *method == Method::HEAD;
    let mut reply = Response::new(if is_asked_about {
        Body::default()
    } else {
        body
    });
    if is_known {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = reply.headers_mut();
    if is_asked_about && !is_known {
        answer.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    describe(answer, file, is_packed);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        answer.insert("x-request-id", id);
    }
    Some(reply)
}

fn describe(answer: &mut HeaderMap, file: &File, is_packed: bool) {
    let cache = match file.kept {
        Kept::ForMinutes => "public, max-age=300, stale-if-error=86400",
        Kept::ForEver => "public, max-age=31536000, immutable",
    };
    let fixed = [
        (header::CONTENT_TYPE, file.media),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Pages of any origin load it, also as a module, with integrity, or when they are isolated
        // (Fetch standard; HTML standard, cross-origin isolation).
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    for (name, value) in fixed {
        answer.insert(name, HeaderValue::from_static(value));
    }
    answer.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    if let Some(types) = file.types {
        // Where a checker of types finds them.
        answer.insert("x-typescript-types", HeaderValue::from_static(types));
    }
    if is_packed {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::from_str(&file.tag(is_packed)) {
        answer.insert(header::ETAG, tag);
    }
}

/// Whether a list of entity tags names a file as it is now, packed or not (RFC 9110 §13.1.2).
fn names(tags: &HeaderValue, file: &File) -> bool {
    let is_this = |tag: &str| {
        let tag = tag.trim();
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*"
            || [true, false]
                .iter()
                .any(|packed| strong == file.tag(*packed))
    };
    tags.to_str().is_ok_and(|tags| tags.split(',').any(is_this))
}
