//! Whether a form was sent from a page of ours.
//!
//! Browsers say where a request comes from (Fetch Metadata; Origin, RFC 6454), and scripts cannot
//! change what they say. Whoever says nothing must show what only our own page knows.

use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::hexadecimal::hexadecimal;
use crate::problem::Problem;

/// The field of a form that shows it is from a page of ours.
pub(super) const FIELD: &str = "form_token";

/// How long what a page knows is, in bytes.
const LENGTH: usize = 16;

/// What a page of ours knows for the browser with this cookie.
fn known(cookie: &str) -> [u8; LENGTH] {
    let mut hash = Sha256::new();
    hash.update(b"keystile form/1\0");
    hash.update(cookie);
    let hash: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|at| hash[at])
}

/// The same as a form carries it: another text each time, so that nothing can be learned from how
/// well pages are compressed.
pub(super) fn token(app: &App, cookie: &str) -> String {
    let mut mask = [0; LENGTH];
    // Without randomness it stays as it is.
    let _ = app.random.fill(&mut mask);
    let known = known(cookie);
    let hidden = known.iter().zip(mask).map(|(one, other)| one ^ other);
    let shown: Vec<_> = mask.into_iter().chain(hidden).collect();
    hexadecimal(&shown)
}

/// Whether that is what a form carries for the browser with this cookie.
fn is_token(cookie: &str, shown: &str) -> bool {
    let Some(bytes) = shown
        .as_bytes()
        .chunks(2)
        .map(digits)
        .collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    let Some((mask, hidden)) = bytes.split_at_checked(LENGTH) else {
        return false;
    };
    let shown = mask.iter().zip(hidden).map(|(one, other)| one ^ other);
    hidden.len() == LENGTH && shown.eq(known(cookie))
}

fn digits(pair: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(pair)
        .ok()
        .filter(|text| text.len() == 2)?;
    u8::from_str_radix(text, 16).ok()
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
        (None, None) => cookie
            .zip(shown)
            .is_some_and(|(cookie, shown)| is_token(cookie, shown)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s05_only_what_a_page_of_ours_carries_for_this_browser_is_taken() {
        let plain = known("kcs_one");
        let masked: Vec<_> = [7; LENGTH]
            .into_iter()
            .chain(plain.map(|byte| byte ^ 7))
            .collect();
        assert!(is_token("kcs_one", &hexadecimal(&masked)));
        assert!(!is_token("kcs_two", &hexadecimal(&masked)));
        assert!(!is_token("kcs_one", &hexadecimal(&plain)));
        for broken in ["", "0", "zz", "é", &"0".repeat(64), &"+1".repeat(32)] {
            assert!(!is_token("kcs_one", broken), "{broken:?}");
        }
    }
}
