//! Which environment a request is for: its host and path against the base URLs of the manifest.
//!
//! A base URL is a host, a port and a path prefix of whole segments; the longest prefix wins. The
//! scheme only gives the port that may be left out, because a door behind a proxy is not told it.
//! A final dot, a list and whatever is no host match nothing.

use std::fmt;

use super::path;
use crate::policy::host::{Host, HostError, HostRef, split_port};

/// Where one environment is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    https: bool,
    host: Host,
    port: u16,
    /// Empty, or a slash and segments without a final slash.
    prefix: Box<str>,
}

/// Where a request belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The position of the environment in the manifest.
    pub environment: usize,
    /// The raw target behind the prefix of the base URL; it begins with `/`, or is malformed.
    pub target: &'a str,
}

impl BaseUrl {
    /// Reads `https://host[:port][/prefix]`.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (https, authority, path) = split_url(text)?;
        if path.contains(['?', '#']) {
            return Err(format!(
                "`{text}` has a query or fragment: write host and path only"
            ));
        }
        let (host, port) = parse_authority(authority)?;
        let prefix = path.strip_suffix('/').unwrap_or(path);
        // Percent-encoded prefixes would have several spellings.
        if !prefix.is_empty() && path::clean(prefix).map_or(true, |path| path.is_encoded) {
            return Err(format!(
                "the path `{path}` must be plain segments such as /v1"
            ));
        }
        let default = if https { 443 } else { 80 };
        Ok(Self {
            https,
            host,
            port: port.unwrap_or(default),
            prefix: prefix.into(),
        })
    }

    /// Whether a request could belong to both: same host and prefix, and a port in common. Of two
    /// URLs on the ports of their schemes, nobody can tell which one a request without a port is
    /// for.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        self.host == other.host
            && self.prefix == other.prefix
            && (self.port == other.port || (self.is_default_port() && other.is_default_port()))
    }

    fn is_default_port(&self) -> bool {
        self.port == if self.https { 443 } else { 80 }
    }

    fn is_host(&self, host: HostRef<'_>, port: Option<u16>) -> bool {
        self.host.is(host) && port.map_or_else(|| self.is_default_port(), |port| port == self.port)
    }

    /// The raw target behind the prefix, if the prefix is there.
    fn strip<'a>(&self, target: &'a str) -> Option<&'a str> {
        let rest = target
            .strip_prefix(&*self.prefix)
            .filter(|_| target.starts_with('/'))?;
        match rest.as_bytes().first() {
            Some(b'/') => Some(rest),
            // `/v1` and `/v1?x` are the root of `/v1`; a fragment is left for the matcher to refuse.
            None | Some(b'?') if !rest.contains('#') => Some("/"),
            None | Some(b'?' | b'#') => Some(rest),
            _ => None,
        }
    }

    /// Whether the target reaches the prefix by a percent-encoded spelling of it.
    fn is_disguised_in(&self, target: &str) -> bool {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.split('/');
        path.contains('%')
            && self
                .prefix
                .split('/')
                .all(|word| segments.next().is_some_and(|s| path::spells(s, word)))
            && self.strip(target).is_none()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            if self.https { "https" } else { "http" },
            self.host
        )?;
        if !self.is_default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.prefix)
    }
}

/// All base URLs of a product, longest prefix first.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Vec<(BaseUrl, usize)>);

impl Places {
    pub(super) fn build(mut urls: Vec<(BaseUrl, usize)>) -> Self {
        urls.sort_by_key(|(url, _)| std::cmp::Reverse(url.prefix.len()));
        Self(urls)
    }

    pub(super) fn find<'a>(&self, host: &str, target: &'a str) -> Option<Place<'a>> {
        let (host, port) = self.read_host(host)?;
        for (url, environment) in self.0.iter().filter(|(url, _)| url.is_host(host, port)) {
            if let Some(target) = url.strip(target) {
                return Some(Place {
                    environment: *environment,
                    target,
                });
            }
            // The application may decode what a shorter prefix would let through.
            if url.is_disguised_in(target) {
                return None;
            }
        }
        None
    }
}

impl Places {
    /// The host and port of a request. One that is written exactly like a host of ours, as nearly
    /// all are, needs no reading.
    fn read_host<'a>(&self, host: &'a str) -> Option<(HostRef<'a>, Option<u16>)> {
        if self.0.iter().any(|(url, _)| url.host.is_written(host)) {
            return Some((HostRef::Name(host), None));
        }
        let (host, port) = split_port(host)?;
        Some((HostRef::parse(host)?, port))
    }
}

/// Checks an address that people click on: http or https, a host, no user info.
///
/// # Errors
/// Says which part is wrong.
pub(super) fn check_link(text: &str) -> Result<(), String> {
    let (_, authority, path) = split_url(text)?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c);
    if path.contains(odd) {
        return Err(format!(
            "`{text}` has characters that must be percent-encoded"
        ));
    }
    parse_authority(authority).map(|_| ())
}

fn split_url(text: &str) -> Result<(bool, &str, &str), String> {
    let lower = |length: usize| text.get(..length).map(str::to_ascii_lowercase);
    let https = lower(8).as_deref() == Some("https://");
    if !https && lower(7).as_deref() != Some("http://") {
        return Err(format!("`{text}` must begin with https:// or http://"));
    }
    let rest = text.get(if https { 8 } else { 7 }..).unwrap_or_default();
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    Ok((https, authority, path))
}

fn parse_authority(authority: &str) -> Result<(Host, Option<u16>), String> {
    if authority.contains('@') {
        return Err("the address has a user name: remove it".to_owned());
    }
    let (host, port) = split_port(authority)
        .ok_or_else(|| format!("the port of `{authority}` must be a number from 1 to 65535"))?;
    let host = Host::parse(host).map_err(|error: HostError| format!("`{authority}`: {error}"))?;
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(urls: &[&str]) -> Places {
        let parsed = urls.iter().map(|url| BaseUrl::parse(url).unwrap());
        Places::build(
            parsed
                .enumerate()
                .map(|(index, url)| (url, index))
                .collect(),
        )
    }

    fn at<'a>(places: &Places, host: &str, target: &'a str) -> Option<(usize, &'a str)> {
        places
            .find(host, target)
            .map(|place| (place.environment, place.target))
    }

    #[test]
    fn base_urls_have_one_form() {
        for (text, expected) in [
            ("https://API.Keepem.example", "https://api.keepem.example"),
            ("HTTPS://api.example:443/", "https://api.example"),
            ("http://api.example:80/v1/", "http://api.example/v1"),
            ("http://api.example:443", "http://api.example:443"),
            (
                "https://[2001:DB8::0:1]:8443/a/b",
                "https://[2001:db8::1]:8443/a/b",
            ),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn f22_base_urls_that_no_request_could_reach_are_refused() {
        for bad in [
            "",
            "api.example",
            "ftp://a.example",
            "https://",
            "https:///v1",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example?x",
            "https://a.example/#x",
            "https://a.example//v1",
            "https://a.example/v1//",
            "https://a.example/../x",
            "https://a.example:0",
            "https://a.example:x",
            "https://a.example:",
            "https://a.example.",
            "https://a b",
            "https://a.example/%61",
            "https://a.example/a;b",
            "https://127.1",
            "https://a.example\\@b.example",
            "https://[fe80::1%25eth0]",
            "https://*.a.example",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn f22_the_host_of_a_request_is_canonical_or_unknown() {
        let places = places(&["https://api.example", "http://plain.example:8080"]);
        for host in ["api.example", "API.Example", "api.example:443"] {
            assert_eq!(at(&places, host, "/x"), Some((0, "/x")), "{host}");
        }
        assert_eq!(at(&places, "plain.example:8080", "/"), Some((1, "/")));
        for host in [
            "",
            "api.example.",
            "api.example:80",
            "api.example:8443",
            "api.example, api.example",
            "plain.example",
            "plain.example:80",
            "api.example:",
            "api.example:0443",
            "apixexample",
            "user@api.example",
            "api.example/x",
            " api.example",
            "api.example\u{0}",
            "*",
            "[::1]",
        ] {
            assert_eq!(at(&places, host, "/x"), None, "{host}");
        }
    }

    #[test]
    fn a_prefix_matches_whole_segments_and_the_longest_wins() {
        let places = places(&[
            "https://a.example/v1",
            "https://a.example/v1/test",
            "https://b.example",
        ]);
        for (target, expected) in [
            ("/v1/x?y=1", Some((0, "/x?y=1"))),
            ("/v1", Some((0, "/"))),
            ("/v1?x", Some((0, "/"))),
            ("/v1/", Some((0, "/"))),
            ("/v1/test/x", Some((1, "/x"))),
            ("/v1/testing", Some((0, "/testing"))),
            ("/v10/x", None),
            ("/", None),
            ("//v1/x", None),
            ("/V1/x", None),
            ("v1/x", None),
            ("?/v1", None),
            ("", None),
        ] {
            assert_eq!(at(&places, "a.example", target), expected, "{target}");
        }
        assert_eq!(at(&places, "b.example", "//x"), Some((2, "//x")));
        assert_eq!(at(&places, "b.example", "?x"), None);
    }

    #[test]
    fn f07_a_fragment_behind_the_prefix_stays_visible_to_the_matcher() {
        let places = places(&["https://a.example/v1"]);
        for target in ["/v1#x", "/v1?x#y", "/v1/a#b"] {
            let (_, rest) = at(&places, "a.example", target).unwrap();
            assert!(path::clean(rest).is_err(), "{target}");
        }
    }

    #[test]
    fn f25_an_encoded_spelling_of_a_longer_prefix_is_not_another_environment() {
        let places = places(&["https://a.example", "https://a.example/prod"]);
        assert_eq!(at(&places, "a.example", "/%70rod/x"), None);
        assert_eq!(
            at(&places, "a.example", "/%70roduct/x"),
            Some((0, "/%70roduct/x"))
        );
        assert_eq!(
            at(&places, "a.example", "/x?y=%70rod"),
            Some((0, "/x?y=%70rod"))
        );
    }

    #[test]
    fn urls_collide_when_a_request_could_belong_to_both() {
        let collide = |a: &str, b: &str| {
            BaseUrl::parse(a)
                .unwrap()
                .collides(&BaseUrl::parse(b).unwrap())
        };
        assert!(collide("https://a.example", "https://A.example:443/"));
        assert!(collide("https://a.example", "http://a.example"));
        assert!(collide("https://a.example", "http://a.example:443"));
        assert!(!collide("https://a.example", "https://a.example/v1"));
        assert!(!collide("https://a.example", "https://a.example:8443"));
    }
}
