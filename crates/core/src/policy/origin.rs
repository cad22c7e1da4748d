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

    /// Checks entries as [`check`](Self::check) does when the mode of the key is not known: any port
    /// of localhost can then be listed, and still matches on test keys only.
    ///
    /// # Errors
    /// Everything that is wrong, entry by entry; or that there are more than 100.
    pub fn parse(entries: &[String]) -> Result<Self, Vec<EntryProblem>> {
        let read = |text: &str| {
            let entry = Entry::parse(text)?;
            entry.check_breadth(text).map(|()| entry)
        };
        read_list(entries, read).map(Self)
    }

    /// Reads entries that were checked when they were stored. The list of public suffixes is not
    /// asked again: it grows, and a key must not change because of that. An entry that cannot be
    /// read is left out, so that it admits nobody.
    #[must_use]
    pub fn stored(entries: &[String]) -> Self {
        Self(
            entries
                .iter()
                .filter_map(|text| Entry::parse(text).ok())
                .collect(),
        )
    }

    /// The entries in canonical form, to be stored and shown.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
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

/// Whether two texts name the same origin: the same scheme, host and port, however they are
/// written; or, of schemes other than http and https, the same text.
#[must_use]
pub fn same_origin(one: &str, other: &str) -> bool {
    let (Some(first), Some(second)) = (Origin::parse(one), Origin::parse(other)) else {
        return one == other;
    };
    let hosts = match (first.host, second.host) {
        (HostRef::Name(first), HostRef::Name(second)) => first.eq_ignore_ascii_case(second),
        (first, second) => first == second,
    };
    hosts && first.https == second.https && first.port == second.port
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
mod tests;
