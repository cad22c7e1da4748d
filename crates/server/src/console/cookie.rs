//! The one cookie that says whose session it is, and the one that carries a word to the next page.

use http::{HeaderMap, HeaderValue, header};

use super::form::coded;
use super::side::Side;
use crate::config::Settings;

/// How long a notice may wait for its page, in seconds.
const NOTICE_SECONDS: u32 = 60;

/// Our cookies on one side: their names and attributes depend on whether the way is encrypted, and
/// those of the portal are also kept inside pages of other sites.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    is_secure: bool,
    side: Side,
}

impl Cookies {
    pub(super) fn of(settings: &Settings, side: Side) -> Self {
        // What is behind a proxy is reached over TLS unless the public address says otherwise.
        let is_secure = match &settings.public_url {
            Some(public) => public.starts_with("https://"),
            None => settings.tls.is_some() || settings.behind_proxy,
        };
        Self { is_secure, side }
    }

    /// `__Host-` binds a cookie to this host alone, which browsers do only over TLS.
    fn name(self, rest: &str) -> String {
        let first = if self.is_secure { "__Host-" } else { "" };
        let side = match self.side {
            Side::Console => "keystile",
            Side::Portal => "keystile_portal",
        };
        format!("{first}{side}{rest}")
    }

    /// The session's token; several of its name are as good as none.
    pub(super) fn session(self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "")
    }

    /// What names a browser before anybody has signed in there.
    pub(super) fn stranger(self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, "_stranger")
    }

    /// What the last page wants to be said.
    pub(super) fn notice(self, headers: &HeaderMap) -> Option<String> {
        let text = self.read(headers, "_notice")?;
        crate::api::decoded(&text)
            .ok()
            .filter(|text| text.len() <= 400)
    }

    fn read(self, headers: &HeaderMap, rest: &str) -> Option<String> {
        let name = self.name(rest);
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

    fn set(self, rest: &str, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
        let name = self.name(rest);
        let kept = match (self.side, self.is_secure) {
            // A jar for each site around it (CHIPS). Without TLS that works on this machine alone.
            (Side::Portal, _) => "; SameSite=None; Secure; Partitioned",
            (Side::Console, true) => "; SameSite=Lax; Secure",
            (Side::Console, false) => "; SameSite=Lax",
        };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}"));
        let age = age.unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly{kept}{age}");
        HeaderValue::from_str(&text).ok()
    }

    /// `seconds` is how long it is kept; without, until the browser closes.
    pub(super) fn set_session(self, token: &str, seconds: Option<u32>) -> Option<HeaderValue> {
        let mut cookie = self.set("", token, seconds)?;
        cookie.set_sensitive(true);
        Some(cookie)
    }

    pub(super) fn end_session(self) -> Option<HeaderValue> {
        self.set("", "", Some(0))
    }

    pub(super) fn set_stranger(self, name: &str) -> Option<HeaderValue> {
        self.set("_stranger", name, None)
    }

    pub(super) fn set_notice(self, text: &str) -> Option<HeaderValue> {
        self.set("_notice", &coded(text), Some(NOTICE_SECONDS))
    }

    pub(super) fn end_notice(self) -> Option<HeaderValue> {
        self.set("_notice", "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Cookies = Cookies {
        is_secure: false,
        side: Side::Console,
    };

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
        let secure = Cookies {
            is_secure: true,
            ..PLAIN
        };
        let set = secure.set_session("kcs_x", None).unwrap();
        let text = set.to_str().unwrap();
        assert!(text.starts_with("__Host-keystile=kcs_x; Path=/; HttpOnly; SameSite=Lax; Secure"));
        assert!(set.is_sensitive());
    }

    #[test]
    fn in_the_portal_every_site_around_it_has_a_jar_of_its_own() {
        let portal = Cookies {
            is_secure: true,
            side: Side::Portal,
        };
        let set = portal.set_session("kcp_x", Some(60)).unwrap();
        let expected = "__Host-keystile_portal=kcp_x; Path=/; HttpOnly; SameSite=None; Secure; \
                        Partitioned; Max-Age=60";
        assert_eq!(set, expected);
        let theirs = sent(&["__Host-keystile_portal=kcp_x; __Host-keystile=kcs_x"]);
        assert_eq!(portal.session(&theirs).as_deref(), Some("kcp_x"));
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
