//! The console's few files, in the binary, each under a name that changes with what it holds.

use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};

use super::side::Side;
use crate::api::Body;
use crate::gzip::{packed, takes_gzip};
use crate::hexadecimal::hexadecimal;

/// A file as it is served.
struct Asset {
    name: &'static str,
    media: &'static str,
    text: &'static str,
    /// What follows the base of the side.
    address: String,
    /// Nothing secret is in it, so it may be compressed.
    packed: Bytes,
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        Asset::new(
            "console.css",
            "text/css",
            include_str!("static/console.css"),
        ),
        Asset::new(
            "console.js",
            "text/javascript",
            include_str!("static/console.js"),
        ),
        Asset::new(
            "htmx.js",
            "text/javascript",
            include_str!("static/htmx-2.0.11.min.js"),
        ),
        Asset::new("icon.svg", "image/svg+xml", include_str!("static/icon.svg")),
    ]
});

impl Asset {
    fn new(name: &'static str, media: &'static str, text: &'static str) -> Self {
        let hash = Sha256::digest(text);
        let mark = hexadecimal(hash.get(..6).unwrap_or_default());
        Self {
            name,
            media,
            text,
            address: format!("/static/{mark}/{name}"),
            packed: packed(text.as_bytes(), Compression::best()),
        }
    }
}

/// Where a file lies for the pages of a side.
pub(super) fn address(side: Side, name: &str) -> String {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    let rest = found.map_or("", |asset| asset.address.as_str());
    format!("{}{rest}", side.base())
}

/// Serves a file; `None` when there is none of that address.
pub(super) fn serve(path: &str, headers: &HeaderMap, request_id: &str) -> Option<Response<Body>> {
    let rest = path.strip_prefix(Side::of(path)?.base())?;
    let asset = ASSETS.iter().find(|asset| asset.address == rest)?;
    let takes_gzip = takes_gzip(headers);
    let body = if takes_gzip {
        asset.packed.clone()
    } else {
        Bytes::from_static(asset.text.as_bytes())
    };
    let mut reply = Response::new(Body::Whole(body));
    *reply.status_mut() = StatusCode::OK;
    let headers = reply.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, asset.media),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "Accept-Encoding"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    if takes_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
    Some(reply)
}
