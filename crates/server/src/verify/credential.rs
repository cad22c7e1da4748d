//! Where in a request the key is.
//!
//! Only headers are looked at, those that the product names. A key in a URL, a cookie or a form
//! is never seen.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use keystile_core::request::Credential;

/// What one header says.
enum Sent<'a> {
    /// This may be a key.
    Key(Credential<'a>),
    /// Something else that is none of our business, such as an end user's own token.
    Other,
}

/// Finds the key in the headers that the product reads keys from. `is_foreign` says whether a text
/// begins like the keys of another system that are taken there.
///
/// `Authorization` may carry something that is not a key as long as another header carries one;
/// two keys, equal or not, are a conflict, and so is one of these headers sent twice.
pub(super) fn find<'a>(
    headers: &'a HeaderMap,
    names: impl IntoIterator<Item: AsRef<str>>,
    is_foreign: impl Fn(&str) -> bool,
) -> Credential<'a> {
    let mut found = Credential::Missing;
    let mut other = Credential::Missing;
    for name in names {
        let name = name.as_ref();
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        if values.next().is_some() {
            return Credential::Conflicting;
        }
        match read(name, value, &is_foreign) {
            Sent::Key(_) if found != Credential::Missing => return Credential::Conflicting,
            Sent::Key(key) => found = key,
            Sent::Other => other = text(value),
        }
    }
    if found == Credential::Missing {
        bearer_of(other)
    } else {
        found
    }
}

/// With no key anywhere else, what follows `Bearer` is taken as one, whatever it looks like, so
/// that its holder is told what is wrong with it.
fn bearer_of(other: Credential<'_>) -> Credential<'_> {
    match other {
        Credential::Text(text) => bearer(text).map_or(Credential::Missing, Credential::Text),
        other => other,
    }
}

fn read<'a>(name: &str, value: &'a HeaderValue, is_foreign: &impl Fn(&str) -> bool) -> Sent<'a> {
    let Credential::Text(sent) = text(value) else {
        return Sent::Key(Credential::NotText);
    };
    if name != header::AUTHORIZATION.as_str() {
        return Sent::Key(Credential::Text(sent));
    }
    match bearer(sent) {
        Some(token) if token.contains(',') => Sent::Key(Credential::Conflicting),
        Some(token) if looks_like_key(token) || is_foreign(token) => {
            Sent::Key(Credential::Text(token))
        }
        _ => Sent::Other,
    }
}

/// What follows the scheme `Bearer`, in any case (RFC 9110 §11.1), and exactly one space.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn looks_like_key(token: &str) -> bool {
    ["pk_", "sk_", keystile_core::session::PREFIX]
        .iter()
        .any(|prefix| token.starts_with(prefix))
}

/// Bytes above ASCII reach here as they came; they are no key, and must not be decoded.
fn text(value: &HeaderValue) -> Credential<'_> {
    value.to_str().map_or(Credential::NotText, Credential::Text)
}

/// The value of a header that may come once at most.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    first
        .map(|value| value.to_str().map_err(|_| ()))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystile_core::manifest::{Manifest, Rules, System, starter};

    const KEY: &str = "sk_live_abc";

    fn found(system: System, sent: &[(&'static str, &str)]) -> String {
        let rules = Rules::check(&Manifest::from_toml(starter(Some(system))).unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let is_foreign = |text: &str| rules.foreign_format(text).is_some();
        match find(&headers, &rules.credential_headers, is_foreign) {
            Credential::Text(text) => text.to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn k10_k16_bearer_works_in_any_case_and_other_schemes_carry_no_key() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let sent = format!("{scheme} {KEY}");
            assert_eq!(found(System::Keepem, &[("authorization", &sent)]), KEY);
        }
        for other in ["Basic c2tfbGl2ZQ==", "Basic %%%", KEY, "Bearer", ""] {
            assert_eq!(
                found(System::Keepem, &[("authorization", other)]),
                "Missing",
                "{other}"
            );
        }
    }

    #[test]
    fn k09_what_follows_bearer_is_taken_whole() {
        let doubled = format!("Bearer Bearer {KEY}");
        assert_eq!(
            found(System::Keepem, &[("authorization", &doubled)]),
            format!("Bearer {KEY}")
        );
        let spaced = format!("Bearer  {KEY}");
        assert_eq!(
            found(System::Keepem, &[("authorization", &spaced)]),
            format!(" {KEY}")
        );
    }

    #[test]
    fn k14_k15_k17_more_than_one_key_is_a_conflict() {
        let bearer = format!("Bearer {KEY}");
        let both = [("authorization", bearer.as_str()), ("x-api-key", KEY)];
        assert_eq!(found(System::Keepem, &both), "Conflicting");
        let twice = [
            ("authorization", bearer.as_str()),
            ("authorization", bearer.as_str()),
        ];
        assert_eq!(found(System::Keepem, &twice), "Conflicting");
        let joined = format!("Bearer {KEY}, Bearer {KEY}");
        assert_eq!(
            found(System::Keepem, &[("authorization", &joined)]),
            "Conflicting"
        );
    }

    #[test]
    fn b6_authorization_is_free_for_the_apps_own_token() {
        let sent = [
            ("authorization", "Bearer eyJhbGciOi.x.y"),
            ("x-api-key", KEY),
        ];
        assert_eq!(found(System::Bkend, &sent), KEY);
        assert_eq!(found(System::Keepem, &sent), KEY);
    }

    #[test]
    fn k11_bytes_above_ascii_are_no_key_and_no_panic() {
        assert_eq!(
            found(System::Keepem, &[("x-api-key", "sk_live_\u{e9}")]),
            "NotText"
        );
    }
}
