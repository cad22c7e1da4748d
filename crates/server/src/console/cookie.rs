//! The one cookie that says whose session it is, and the one that carries a word to the next page.

use http::{HeaderMap, HeaderValue, header};

use crate::config::Settings;

/// How long a notice may wait for its page, in seconds.
const NOTICE_SECONDS: u32 = 60;

/// The names of our cookies, which depend on whether the way is encrypted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    is_secure: bool,
}

impl Cookies {
    pub(super) fn of(settings: &Settings) -> Self {
        let public = settings.public_url.as_deref().unwrap_or_default();
        let is_secure = settings.tls.is_some() || public.starts_with("https://");
        Self { is_secure }
    }

    /// `__Host-` binds a cookie to this host alone, which browsers do only over TLS.
    fn name(self, plain: &str) -> String {
        match self.is_secure {
            true => format!("__Host-{plain}"),
            false => plain.to_owned(),
        }
    }

    /// The session's token; several of its name are as good as none.
    pub(super) fn session(self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "keystile")
    }

    /// What names a browser before anybody has signed in there.
    pub(super) fn stranger(self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "keystile_stranger")
    }

    /// What the last page wants to be said.
    pub(super) fn notice(self, headers: &HeaderMap) -> Option<String> {
        let text = self.read(headers, "keystile_notice")?;
        crate::api::decoded(&text)
            .ok()
            .filter(|text| text.len() <= 400)
    }

    fn read(self, headers: &HeaderMap, plain: &str) -> Option<String> {
        let name = self.name(plain);
        let lines = headers.get_all(header::COOKIE).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let mut found = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value.to_owned());
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    fn set(self, plain: &str, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
        let name = self.name(plain);
        let secure = if self.is_secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}"));
        let age = age.unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::from_str(&text).ok()
    }

    pub(super) fn set_session(self, token: &str) -> Option<HeaderValue> {
        let mut cookie = self.set("keystile", token, None)?;
        cookie.set_sensitive(true);
        Some(cookie)
    }

    pub(super) fn end_session(self) -> Option<HeaderValue> {
        self.set("keystile", "", Some(0))
    }

    pub(super) fn set_stranger(self, name: &str) -> Option<HeaderValue> {
        self.set("keystile_stranger", name, None)
    }

    pub(super) fn set_notice(self, text: &str) -> Option<HeaderValue> {
        let coded: String = text
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        self.set("keystile_notice", &coded, Some(NOTICE_SECONDS))
    }

    pub(super) fn end_notice(self) -> Option<HeaderValue> {
        self.set("keystile_notice", "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Cookies = Cookies { is_secure: false };

    fn sent(lines: &[&'static str]) -> HeaderMap {
        let lines = lines
            .iter()
            .map(|line| (header::COOKIE, HeaderValue::from_static(line)));
        lines.collect()
    }

    #[test]
    fn s03_two_cookies_of_our_name_are_none() {
        let session = |lines: &[&'static str]| PLAIN.session(&sent(lines));
        assert_eq!(session(&["a=b; keystile=one"]).as_deref(), Some("one"));
        assert_eq!(session(&["keystile=one; keystile=two"]), None);
        assert_eq!(session(&["keystile=one", "keystile=one"]), None);
        assert_eq!(session(&["__Host-keystile=one"]), None);
        assert_eq!(session(&[]), None);
    }

    #[test]
    fn over_tls_a_cookie_is_bound_to_this_host() {
        let secure = Cookies { is_secure: true };
        let set = secure.set_session("kcs_x").unwrap();
        let text = set.to_str().unwrap();
        assert!(text.starts_with("__Host-keystile=kcs_x; Path=/; HttpOnly; SameSite=Lax; Secure"));
        assert!(set.is_sensitive());
    }

    #[test]
    fn a_notice_comes_back_word_for_word() {
        let text = "Revoked “Böse; Schlüssel”. Dead on 1 of 1 nodes\r\n";
        let set = PLAIN.set_notice(text).unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers: HeaderMap = [(header::COOKIE, HeaderValue::from_str(&pair).unwrap())]
            .into_iter()
            .collect();
        assert_eq!(PLAIN.notice(&headers).as_deref(), Some(text));
    }
}
