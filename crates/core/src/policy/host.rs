//! Host names and addresses in the one form in which they are compared.
//!
//! There is one parser for hosts that people type, hosts of requests and hosts of origins, so no
//! two places can understand the same text differently. It resolves nothing.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;

/// A host as it stands in a request; borrowed, so that comparing one costs no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostRef<'a> {
    /// A name in ASCII, in whatever case it came.
    Name(&'a str),
    /// An IPv4 address in its dotted form.
    V4(Ipv4Addr),
    /// An IPv6 address, which stood in brackets.
    V6(Ipv6Addr),
}

/// A host as it is kept: a lower-case ASCII name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A name.
    Name(Box<str>),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

/// Why a typed text is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing there.
    #[error("the host is missing")]
    Empty,
    /// A final dot, which some software drops and some keeps.
    #[error("the host ends in a dot: remove it")]
    FinalDot,
    /// A percent sign in an IPv6 literal.
    #[error("the address has a zone id, which means nothing on another machine: remove it")]
    Zone,
    /// Looks like a number, and is not an IPv4 address in its usual form.
    #[error(
        "the host ends in a number: write an IPv4 address as four decimal numbers, such as 192.0.2.7"
    )]
    Numeric,
    /// Not an IPv6 address between brackets.
    #[error("what stands in brackets is no IPv6 address")]
    Brackets,
    /// A label that is no good in the DNS or by IDNA.
    #[error(
        "the host is no valid name: labels have 1 to 63 letters, digits, hyphens, and 253 in all"
    )]
    Name,
}

impl<'a> HostRef<'a> {
    /// Reads the host of a request. Refuses a final dot, a zone id, a list, an IPv4 address in any
    /// form but the dotted decimal one, and whatever is no host at all.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::read(text).ok()
    }

    fn read(text: &'a str) -> Result<Self, HostError> {
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or(HostError::Brackets)?;
            if inner.contains('%') {
                return Err(HostError::Zone);
            }
            return inner.parse().map(Self::V6).map_err(|_| HostError::Brackets);
        }
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        if text.ends_with('.') {
            return Err(HostError::FinalDot);
        }
        if text.len() > 253 || !text.split('.').all(is_label) {
            return Err(HostError::Name);
        }
        // WHATWG URL, "ends in a number checker": browsers read such hosts as IPv4 addresses.
        if text.rsplit('.').next().is_some_and(is_number) {
            return text.parse().map(Self::V4).map_err(|_| HostError::Numeric);
        }
        Ok(Self::Name(text))
    }
}

impl Host {
    /// Reads a host that somebody typed: Unicode names become their ASCII form (IDNA, UTS 46).
    ///
    /// # Errors
    /// Says why the text is not a host.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let name = if text.starts_with('[') {
            text.into()
        } else {
            to_ascii(text)?
        };
        Ok(match HostRef::read(&name)? {
            HostRef::Name(name) => Self::Name(name.to_ascii_lowercase().into()),
            HostRef::V4(address) => Self::V4(address),
            HostRef::V6(address) => Self::V6(address),
        })
    }

    /// Whether the host of a request is this one.
    #[must_use]
    pub fn is(&self, host: HostRef<'_>) -> bool {
        match (self, host) {
            (Self::Name(own), HostRef::Name(name)) => own.eq_ignore_ascii_case(name),
            (Self::V4(own), HostRef::V4(address)) => *own == address,
            (Self::V6(own), HostRef::V6(address)) => *own == address,
            _ => false,
        }
    }

    /// Whether it is a name, and this is how it is kept.
    #[must_use]
    pub fn is_written(&self, text: &str) -> bool {
        matches!(self, Self::Name(own) if **own == *text)
    }

    /// Whether it names the machine itself: `localhost`, 127.0.0.0/8 or `[::1]`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => &**name == "localhost" || name.ends_with(".localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// Splits `host`, `host:port` or `[v6]:port`. A port is a number from 1 to 65535 without leading
/// zeros; an empty one is refused.
#[must_use]
pub fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = if authority.starts_with('[') {
        authority.find(']').map(|end| end + 1)?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at_checked(end_of_host)?;
    if rest.is_empty() {
        return Some((host, None));
    }
    let digits = rest.strip_prefix(':')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse().ok().filter(|_| plain)?;
    Some((host, Some(port)))
}

/// Whether every label that claims to be punycode is (RFC 3492); others are not looked at.
#[must_use]
pub(super) fn has_sound_punycode(name: &str) -> bool {
    let claims = |label: &str| {
        label
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
    };
    !name.split('.').any(claims) || to_ascii(name).is_ok()
}

fn to_ascii(text: &str) -> Result<std::borrow::Cow<'_, str>, HostError> {
    // A cap before the work: mapping costs more than a comparison.
    if text.len() > 1024 {
        return Err(HostError::Name);
    }
    idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL).map_err(|_| HostError::Name)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_number(label: &str) -> bool {
    let hex = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o12_unicode_names_are_kept_in_ascii() {
        assert_eq!(
            Host::parse("Bücher.Example").unwrap().to_string(),
            "xn--bcher-kva.example"
        );
        let host = Host::parse("bücher.example").unwrap();
        assert!(host.is(HostRef::parse("XN--BCHER-KVA.example").unwrap()));
    }

    #[test]
    fn o13_broken_names_are_refused() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_host = "abcdefghi.".repeat(30) + "example";
        for bad in [
            "",
            "a..b",
            ".a",
            "a b",
            "a,b",
            "a/b",
            "xn--a.example",
            &long_label,
            &long_host,
        ] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
        assert!(!has_sound_punycode("a.XN--a.example"));
    }

    #[test]
    fn o14_addresses_have_one_form() {
        assert_eq!(
            Host::parse("[2001:DB8:0:0::1]").unwrap().to_string(),
            "[2001:db8::1]"
        );
        assert_eq!(Host::parse("127.0.0.1").unwrap().to_string(), "127.0.0.1");
        assert_eq!(Host::parse("[fe80::1%eth0]"), Err(HostError::Zone));
        for bad in [
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "127.1",
            "127.0.0.01",
            "1.2.3.4.5",
            "a.1",
        ] {
            assert_eq!(Host::parse(bad), Err(HostError::Numeric), "{bad}");
            assert_eq!(HostRef::parse(bad), None, "{bad}");
        }
        assert_eq!(Host::parse("[127.0.0.1]"), Err(HostError::Brackets));
    }

    #[test]
    fn f22_ports_are_numbers_and_lists_are_refused() {
        assert_eq!(split_port("a.example"), Some(("a.example", None)));
        assert_eq!(
            split_port("a.example:8443"),
            Some(("a.example", Some(8443)))
        );
        assert_eq!(split_port("[::1]:80"), Some(("[::1]", Some(80))));
        for bad in [
            "a:", "a:0", "a:080", "a:65536", "a:+80", "a:80:80", "[::1", "[::1]80", "a:8 0",
        ] {
            assert_eq!(split_port(bad), None, "{bad}");
        }
        assert_eq!(HostRef::parse("a.example, b.example"), None);
        assert_eq!(HostRef::parse("a.example."), None);
    }
}
