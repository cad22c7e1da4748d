//! Web origins that a key may be used from: scheme, host and port, exact in canonical form.
//!
//! `https://*.example.com` stands for exactly one label. `null` never matches. This restrains
//! browsers, which tell the truth about their origin; it does not restrain programs.
//! Source of the canonical form: WHATWG URL, "origin" and "host parsing"; RFC 6454.

use std::fmt;

use super::host::{Host, HostRef, has_sound_punycode, split_port};
use super::{EntryProblem, read_list};
use crate::model::Mode;

/// Longest entry, in bytes.
const ENTRY_MAX_BYTES: usize = 255;

/// The origins that a key may be used from, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OriginList(Box<[Entry]>);

/// Something that people should see beside an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OriginRemark {
    /// It is a page on the visitor's own machine.
    Localhost,
    /// Its name mixes scripts whose letters look alike.
    MixedScripts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    https: bool,
    /// `true`: the host is what follows `*.`.
    wildcard: bool,
    host: Host,
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Exactly(u16),
    /// On loopback hosts and test keys only.
    Any,
}

impl OriginList {
    /// Checks the entries that somebody wants a key of that mode to have.
    ///
    /// An entry is `https://example.com[:port]` or `https://*.example.com[:port]`, with `http` or
    /// `https`. On a test key, `http://localhost` and `http://localhost:*` stand for any port; on a
    /// live key localhost needs its port. An entry that is written twice is kept once.
    ///
    /// # Errors
    /// Everything that is wrong, entry by entry; or that there are more than 100.
    pub fn check(entries: &[String], mode: Mode) -> Result<Self, Vec<EntryProblem>> {
        let read = |text: &str| {
            let entry = Entry::parse(text)?;
            entry.check_breadth(text)?;
            entry.check_mode(text, mode).map(|()| entry)
        };
        read_list(entries, read).map(Self)
    }

    /// Reads entries that passed [`check`](Self::check) when they were stored. The list of public
    /// suffixes is not asked again: it grows, and a key must not change because of that.
    ///
    /// # Errors
    /// Every entry that cannot be read.
    pub fn parse(entries: &[String]) -> Result<Self, Vec<EntryProblem>> {
        read_list(entries, Entry::parse).map(Self)
    }

    /// The entries in canonical form, to be stored and shown.
    #[must_use]
    pub fn to_entries(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// What people should see beside an entry, by its position in canonical form.
    #[must_use]
    pub fn remarks(&self) -> Vec<(usize, OriginRemark)> {
        let remark = |(index, entry): (usize, &Entry)| {
            if entry.host.is_loopback() {
                Some((index, OriginRemark::Localhost))
            } else {
                mixes_scripts(&entry.host).then_some((index, OriginRemark::MixedScripts))
            }
        };
        self.0.iter().enumerate().filter_map(remark).collect()
    }

    /// Whether a request with that `Origin` may use a key of that mode. What is no http or https
    /// origin in its serialized form matches nothing, and an empty list admits nobody.
    #[must_use]
    pub fn allows(&self, origin: &str, mode: Mode) -> bool {
        Origin::parse(origin)
            .is_some_and(|origin| self.0.iter().any(|entry| entry.admits(&origin, mode)))
    }
}

/// The origin of a request, borrowed.
struct Origin<'a> {
    https: bool,
    host: HostRef<'a>,
    port: u16,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (https, authority) = split_scheme(text)?;
        let (host, port) = split_port(authority)?;
        let host = HostRef::parse(host)?;
        Some(Self {
            https,
            host,
            port: port.unwrap_or_else(|| default_port(https)),
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > ENTRY_MAX_BYTES {
            return Err(format!("an entry has at most {ENTRY_MAX_BYTES} bytes"));
        }
        if matches!(text, "*" | "null") {
            return Err(format!(
                "`{text}` is no origin: list them, such as https://example.com"
            ));
        }
        let (https, rest) = split_scheme(text)
            .ok_or_else(|| format!("`{text}` must begin with https:// or http://"))?;
        check_authority(text, rest)?;
        let (wildcard, authority) = match rest.strip_prefix("*.") {
            Some(parent) => (true, parent),
            None => (false, rest),
        };
        let (authority, any_port) = match authority.strip_suffix(":*") {
            Some(host) => (host, true),
            None => (authority, false),
        };
        if authority.contains('*') {
            return Err(format!(
                "`{text}`: `*` stands for one whole label, as in https://*.example.com"
            ));
        }
        let (host, port) = split_port(authority)
            .ok_or_else(|| format!("`{text}`: the port must be a number from 1 to 65535"))?;
        let host = Host::parse(host).map_err(|error| format!("`{text}`: {error}"))?;
        let any_port = any_port || (port.is_none() && host.is_loopback() && !wildcard);
        let port = match port {
            _ if any_port => check_any_port(text, &host, wildcard)?,
            port => Port::Exactly(port.unwrap_or_else(|| default_port(https))),
        };
        Ok(Self {
            https,
            wildcard,
            host,
            port,
        })
    }

    /// Refuses wildcards under which strangers have names of their own (publicsuffix.org).
    fn check_breadth(&self, text: &str) -> Result<(), String> {
        if !self.wildcard {
            return Ok(());
        }
        let Host::Name(parent) = &self.host else {
            return Err(format!("`{text}`: an address has no subdomains"));
        };
        if psl::suffix_str(parent) == Some(&**parent) {
            return Err(format!(
                "`{text}` covers websites of strangers, because anyone can have a name under \
                 {parent}: write a name of your own in front of it"
            ));
        }
        Ok(())
    }

    fn check_mode(&self, text: &str, mode: Mode) -> Result<(), String> {
        if self.port == Port::Any && mode == Mode::Live {
            return Err(format!(
                "`{text}` is every port of localhost, which only test keys can list: name the \
                 port, such as http://localhost:3000"
            ));
        }
        Ok(())
    }

    fn admits(&self, origin: &Origin<'_>, mode: Mode) -> bool {
        let port = match self.port {
            Port::Exactly(port) => port == origin.port,
            Port::Any => mode == Mode::Test,
        };
        port && self.https == origin.https && self.is_host(origin.host)
    }

    fn is_host(&self, host: HostRef<'_>) -> bool {
        if !self.wildcard {
            return self.host.is(host);
        }
        let (Host::Name(parent), HostRef::Name(name)) = (&self.host, host) else {
            return false;
        };
        // The label before the first dot is never empty: the host would have been refused.
        name.split_once('.').is_some_and(|(label, rest)| {
            rest.eq_ignore_ascii_case(parent) && has_sound_punycode(label)
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        let wildcard = if self.wildcard { "*." } else { "" };
        write!(f, "{scheme}://{wildcard}{}", self.host)?;
        match self.port {
            Port::Any => f.write_str(":*"),
            // Without its port, localhost would mean any port when it is read again.
            Port::Exactly(port) if port == default_port(self.https) && !self.host.is_loopback() => {
                Ok(())
            }
            Port::Exactly(port) => write!(f, ":{port}"),
        }
    }
}

fn split_scheme(text: &str) -> Option<(bool, &str)> {
    let after = |scheme: &str| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| text.get(scheme.len()..))
            .flatten()
    };
    after("https://")
        .map(|rest| (true, rest))
        .or_else(|| after("http://").map(|rest| (false, rest)))
}

const fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

fn check_authority(text: &str, rest: &str) -> Result<(), String> {
    if rest.contains('@') {
        return Err(format!(
            "`{text}` has a user name: an origin is scheme, host and port"
        ));
    }
    if rest.contains(['/', '?', '#']) {
        return Err(format!(
            "`{text}` has a path: an origin is scheme, host and port, without a final slash"
        ));
    }
    if rest.contains(['^', '$', '(', ')', '|', '+', '{', '}', '\\', ',']) {
        return Err(format!(
            "`{text}` looks like a pattern: list origins one by one, in plain text"
        ));
    }
    if rest == "*" {
        return Err(format!(
            "`{text}` is every website: list origins, such as https://example.com"
        ));
    }
    Ok(())
}

fn check_any_port(text: &str, host: &Host, wildcard: bool) -> Result<Port, String> {
    if wildcard || !host.is_loopback() {
        return Err(format!(
            "`{text}`: only localhost can be listed with any port"
        ));
    }
    Ok(Port::Any)
}

/// Whether one label has letters of several scripts that are taken for one another.
fn mixes_scripts(host: &Host) -> bool {
    let Host::Name(name) = host else { return false };
    if !name.contains("xn--") {
        return false;
    }
    let (name, _) = idna::domain_to_unicode(name);
    name.split('.').any(|label| {
        let mut scripts = label.chars().filter_map(script);
        let first = scripts.next();
        scripts.any(|script| Some(script) != first)
    })
}

/// Latin, Greek, Cyrillic, Armenian and Cherokee, by the blocks of Unicode.
fn script(letter: char) -> Option<u8> {
    match letter {
        'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(0),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        '\u{530}'..='\u{58f}' => Some(3),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(entries: &[&str], mode: Mode) -> Result<OriginList, Vec<EntryProblem>> {
        let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
        OriginList::check(&entries, mode)
    }

    fn list(entry: &str) -> OriginList {
        read(&[entry], Mode::Live).unwrap()
    }

    fn allows(entry: &str, origin: &str) -> bool {
        list(entry).allows(origin, Mode::Live)
    }

    #[test]
    fn o02_an_absent_origin_and_an_empty_list_admit_nobody() {
        assert!(!allows("https://example.com", ""));
        assert!(!allows("https://example.com", "null"));
        assert!(
            !read(&[], Mode::Live)
                .unwrap()
                .allows("https://example.com", Mode::Live)
        );
    }

    #[test]
    fn o03_two_origins_in_one_header_match_nothing() {
        for both in [
            "https://example.com, https://example.com",
            "https://example.com https://a.example",
        ] {
            assert!(!allows("https://example.com", both));
        }
    }

    #[test]
    fn o04_case_does_not_matter() {
        assert!(allows("https://Example.COM", "HTTPS://eXample.com"));
        assert_eq!(
            list("HTTPS://Example.COM:443").to_entries(),
            ["https://example.com"]
        );
    }

    #[test]
    fn o05_an_origin_with_more_than_scheme_host_and_port_is_refused() {
        for origin in [
            "https://example.com/",
            "https://example.com/x",
            "https://example.com?x",
            "https://example.com#x",
            "https://u@example.com",
            "https://u:p@example.com",
            " https://example.com",
            "https://example.com ",
            "https:example.com",
            "//example.com",
            "https://example.com.",
            "https://example.com:",
            "https://example.com:0443",
            "https://example.com\0",
            "https:///example.com",
            "https:\\\\example.com",
        ] {
            assert!(!allows("https://example.com", origin), "{origin}");
        }
        for entry in [
            "https://example.com/",
            "https://example.com/x",
            "https://u@example.com",
        ] {
            assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
        }
    }

    #[test]
    fn o07_another_port_is_another_origin() {
        assert!(allows("https://example.com", "https://example.com:443"));
        assert!(!allows("https://example.com", "https://example.com:8443"));
        assert!(allows(
            "https://example.com:8443",
            "https://example.com:8443"
        ));
        assert!(!allows("https://example.com:8443", "https://example.com"));
    }

    #[test]
    fn o08_http_is_another_origin_than_https() {
        assert!(!allows("https://example.com", "http://example.com"));
        assert!(!allows("https://example.com", "http://example.com:443"));
        assert!(!allows("https://example.com", "ftp://example.com"));
    }

    #[test]
    fn o09_names_that_merely_look_related_are_refused() {
        for entry in ["https://example.com", "https://*.example.com"] {
            for host in [
                "evil-example.com",
                "example.com.evil.net",
                "notexample.com",
                "a.example.co",
            ] {
                assert!(!allows(entry, &format!("https://{host}")), "{entry} {host}");
            }
        }
    }

    #[test]
    fn o10_a_wildcard_is_exactly_one_label() {
        assert!(allows("https://*.example.com", "https://A.Example.com"));
        for origin in [
            "https://example.com",
            "https://a.b.example.com",
            "https://.example.com",
        ] {
            assert!(!allows("https://*.example.com", origin), "{origin}");
        }
        for entry in [
            "https://a.*.com",
            "https://*a.example.com",
            "https://*.*.example.com",
            "https://*.1.2.3.4",
        ] {
            assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
        }
    }

    #[test]
    fn o12_unicode_matches_its_ascii_form_and_mixed_scripts_are_flagged() {
        assert!(allows(
            "https://bücher.example",
            "https://xn--bcher-kva.example"
        ));
        assert!(allows(
            "https://*.bücher.example",
            "https://a.xn--bcher-kva.example"
        ));
        assert_eq!(list("https://bücher.example").remarks(), []);
        let mixed = list("https://ex\u{430}mple.com");
        assert_eq!(mixed.remarks(), [(0, OriginRemark::MixedScripts)]);
        assert!(!mixed.allows("https://example.com", Mode::Live));
    }

    #[test]
    fn o13_broken_labels_are_refused() {
        let long_host = format!("https://{}example.com", "a.".repeat(150));
        let long_label = format!("https://{}.example.com", "a".repeat(64));
        for origin in [
            "https://xn--a.example.com",
            "https://xn--\u{0}.example.com",
            &long_host,
            &long_label,
        ] {
            assert!(!allows("https://*.example.com", origin), "{origin}");
        }
        for entry in ["https://xn--a.example.com", &long_label] {
            assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
        }
    }

    #[test]
    fn o14_addresses_have_one_form() {
        assert!(allows(
            "https://[2001:DB8::0:1]:8443",
            "https://[2001:db8::1]:8443"
        ));
        assert!(allows("https://192.0.2.7", "https://192.0.2.7"));
        for odd in [
            "https://3221225991",
            "https://0xc0000207",
            "https://192.0.519",
            "https://[fe80::1%25eth0]",
        ] {
            assert!(read(&[odd], Mode::Live).is_err(), "{odd}");
            assert!(!allows("https://192.0.2.7", odd), "{odd}");
        }
    }

    #[test]
    fn o15_any_port_of_localhost_is_for_test_keys_and_one_port_for_any_key() {
        for entry in [
            "http://localhost",
            "http://localhost:*",
            "http://127.0.0.1",
            "http://[::1]:*",
        ] {
            let problems = read(&[entry], Mode::Live).unwrap_err();
            assert!(
                problems[0].message.contains("name the port"),
                "{problems:?}"
            );
        }
        let any = read(&["http://localhost"], Mode::Test).unwrap();
        assert_eq!(any.to_entries(), ["http://localhost:*"]);
        assert!(any.allows("http://localhost:5173", Mode::Test));
        assert!(any.allows("http://localhost", Mode::Test));
        assert!(!any.allows("http://localhost:5173", Mode::Live));
        assert!(!any.allows("https://localhost:5173", Mode::Test));
        let one = list("http://localhost:3000");
        assert!(one.allows("http://localhost:3000", Mode::Live));
        assert!(!one.allows("http://localhost:3001", Mode::Live));
        assert_eq!(one.remarks(), [(0, OriginRemark::Localhost)]);
        assert_eq!(
            list("http://localhost:80").to_entries(),
            ["http://localhost:80"]
        );
        assert!(read(&["https://example.com:*"], Mode::Test).is_err());
    }

    #[test]
    fn o17_no_entry_is_silently_broad() {
        for entry in [
            "*",
            "null",
            "https://*",
            "http://*",
            "https://*:443",
            "*.com",
            "https://*.com",
            "https://*.co.uk",
            "https://*.github.io",
            "https://*.localhost",
            "https://*.example",
            "*://example.com",
            "",
            "https://",
            "example.com",
            "https://*.",
            "https://*.GitHub.io",
        ] {
            assert!(read(&[entry], Mode::Test).is_err(), "{entry}");
        }
        assert!(allows("https://*.me.github.io", "https://a.me.github.io"));
        assert!(allows("https://me.github.io", "https://me.github.io"));
    }

    #[test]
    fn o18_patterns_are_refused() {
        for entry in [
            "https://(a|b).example.com",
            "https://a.example.com|https://b.example.com",
            "https://.*",
            "https://[a-z]+.example.com",
            "^https://example.com$",
            "https://example.com,https://a.example",
            "https://a?.example.com",
            "https://example\\.com",
            "https://{a,b}.example.com",
        ] {
            assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
        }
    }

    #[test]
    fn o19_lists_are_capped() {
        let many: Vec<String> = (0..101)
            .map(|n| format!("https://a{n}.example.com"))
            .collect();
        let problems = OriginList::check(&many, Mode::Live).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].index, None);
        assert!(OriginList::check(&many[..100], Mode::Live).is_ok());
        let long = format!("https://{}.com", "a.".repeat(122));
        assert_eq!(long.len(), 256);
        assert!(read(&[&long], Mode::Live).is_err());
    }

    #[test]
    fn every_problem_is_told_and_duplicates_are_kept_once() {
        let problems = read(&["*", "https://example.com", "null"], Mode::Live).unwrap_err();
        let indexes: Vec<_> = problems.iter().map(|problem| problem.index).collect();
        assert_eq!(indexes, [Some(0), Some(2)]);
        let twice = read(
            &["https://example.com", "HTTPS://EXAMPLE.COM:443"],
            Mode::Live,
        )
        .unwrap();
        assert_eq!(twice.to_entries(), ["https://example.com"]);
    }

    #[test]
    fn stored_entries_are_read_without_asking_the_public_suffixes_again() {
        let read = |entry: &str| OriginList::parse(&[entry.to_owned()]);
        let list = read("https://*.github.io").unwrap();
        assert!(list.allows("https://me.github.io", Mode::Live));
        assert!(read("garbage").is_err() && read("*").is_err());
        let any = read("http://localhost:*").unwrap();
        assert!(!any.allows("http://localhost:1", Mode::Live));
    }

    proptest! {
        #[test]
        fn canonical_entries_read_as_themselves(
            https: bool,
            wildcard: bool,
            host in "[a-zA-Z][a-z0-9-]{0,8}\\.example\\.(com|org)|localhost|127\\.0\\.0\\.1",
            port in proptest::option::of(1_u16..),
        ) {
            let text = format!(
                "{}://{}{host}{}",
                if https { "https" } else { "HTTP" },
                if wildcard { "*." } else { "" },
                port.map(|port| format!(":{port}")).unwrap_or_default(),
            );
            if let Ok(list) = read(&[&text], Mode::Test) {
                let again = OriginList::parse(&list.to_entries()).unwrap();
                prop_assert_eq!(again, list);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", origin in "https?://[\\[\\]a-z0-9.:*%-]{0,20}") {
            let _ = read(&[&text, &origin], Mode::Test);
            let _ = list("https://*.example.com").allows(&origin, Mode::Live);
            prop_assert!(!list("https://*.example.com").allows(&text, Mode::Live));
        }
    }
}
