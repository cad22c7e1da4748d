//! Whether a form was sent from a page of ours.
//!
//! Browsers say where a request comes from (Fetch Metadata; Origin, RFC 6454), and scripts cannot
//! change what they say. Whoever says nothing must show what only our own page knows.

use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::Problem;

/// The field of a form that shows it is from a page of ours.
pub(super) const FIELD: &str = "form_token";

/// What a page of ours knows for the browser with this cookie.
pub(super) fn token(cookie: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"keystile form/1\0");
    hash.update(cookie);
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Refuses what was not sent from a page of ours. `cookie` is the browser's, `shown` what the form
/// carries.
///
/// # Errors
/// 403.
pub(super) fn check(
    app: &App,
    headers: &HeaderMap,
    cookie: Option<&str>,
    shown: Option<&str>,
) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let is_ours = match (site, origin) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => is_own(app, headers, origin),
        (None, None) => {
            let known = cookie.map(token);
            known.is_some() && known.as_deref() == shown
        }
    };
    // A page that was opened before a sign-in carries the token of another cookie, so where the
    // browser vouches for the page, the token is not asked for.
    if is_ours {
        return Ok(());
    }
    let detail = "this did not come from a page of this console; open the page again and retry";
    Err(Problem::forbidden("forged_form", detail))
}

/// Whether that is where this console is: by its public address, or by the host that was asked for,
/// which a browser fills in itself.
fn is_own(app: &App, headers: &HeaderMap, origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else {
        return false;
    };
    if app.settings.public_url.as_deref() == Some(origin) {
        return true;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let named = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    host.is_some() && named == host
}
