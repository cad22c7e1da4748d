//! What headers say of a call, beside its key.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use keystile_core::request::Origin;

use super::credential::single;
use crate::app::App;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The page a request comes from: its Origin, or, only when there is none, its Referer's origin.
pub(crate) fn origin(headers: &HeaderMap) -> Origin<'_> {
    match single(headers, &header::ORIGIN) {
        Err(()) => Origin::Malformed,
        Ok(Some(origin)) => Origin::Of(origin),
        Ok(None) => match single(headers, &header::REFERER) {
            Ok(Some(referer)) => origin_of_url(referer).map_or(Origin::Absent, Origin::Of),
            _ => Origin::Absent,
        },
    }
}

/// Scheme, host and port of a URL, as it is written.
fn origin_of_url(url: &str) -> Option<&str> {
    let authority = url.find("://")? + 3;
    let path = url
        .get(authority..)?
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| authority + at);
    url.get(..path)
}

/// Whether a web page's own script made the request: browsers add `Sec-Fetch-Site`, or an Origin
/// that is a web origin or `null`, and scripts cannot keep them from it.
/// `Sec-Fetch-Mode` alone proves nothing, because Node's own `fetch` sends it.
pub(super) fn from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(FETCH_SITE)
        || headers
            .get_all(header::ORIGIN)
            .iter()
            .any(|origin| is_web_origin(origin.as_bytes()))
}

/// Whether an Origin is one that browsers send for pages.
pub(super) fn is_web_origin(origin: &[u8]) -> bool {
    let begins = |scheme: &[u8]| {
        origin
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    origin == b"null" || begins(b"http://") || begins(b"https://")
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address by `X-Forwarded-For`, when the peer is trusted to say it.
pub(crate) fn client_address(
    app: &App,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let forwarded = HeaderValueList::new(headers, &FORWARDED_FOR);
    client_ip(peer, &forwarded, &app.settings.trusted_proxies)
}

/// The client's address, when the peer is trusted to say it: from the right of the list, the
/// first that is not a trusted proxy itself. Garbage there, or too many hops, is no address.
pub(super) fn client_ip(
    peer: Option<SocketAddr>,
    forwarded: &HeaderValueList<'_>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|range| range.contains(&ip));
    let peer = peer?.ip().to_canonical();
    if !is_trusted(peer) || forwarded.is_empty() {
        return Some(peer);
    }
    let mut last = None;
    for hop in forwarded.right_to_left()? {
        let ip: IpAddr = hop.parse().ok()?;
        let ip = ip.to_canonical();
        last = Some(ip);
        if !is_trusted(ip) {
            break;
        }
    }
    last
}

/// The lines of a header that lists hops, in order.
pub(super) struct HeaderValueList<'a>(Vec<&'a HeaderValue>);

const MOST_HOPS: usize = 32;

impl<'a> HeaderValueList<'a> {
    pub(super) fn new(headers: &'a HeaderMap, name: &HeaderName) -> Self {
        Self(headers.get_all(name).iter().collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn right_to_left(&self) -> Option<impl Iterator<Item = &'a str>> {
        let texts: Option<Vec<&str>> = self.0.iter().map(|value| value.to_str().ok()).collect();
        let mut hops: Vec<&str> = texts?
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .collect();
        hops.reverse();
        (hops.len() <= MOST_HOPS).then(|| hops.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let list = HeaderValueList::new(&headers, &HeaderName::from_static("x-forwarded-for"));
        let trusted: Vec<IpNet> = trusted.iter().map(|range| range.parse().unwrap()).collect();
        client_ip(Some(peer.parse().unwrap()), &list, &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn n01_n02_only_trusted_peers_say_who_the_client_is() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(ip("9.9.9.9:1", &["1.1.1.1"], &[]), some("9.9.9.9"));
        assert_eq!(
            ip("10.0.0.1:1", &["6.6.6.6, 1.1.1.1"], &["10.0.0.0/8"]),
            some("1.1.1.1")
        );
        assert_eq!(
            ip("10.0.0.1:1", &["1.1.1.1, 10.0.0.2"], &["10.0.0.0/8"]),
            some("1.1.1.1")
        );
        assert_eq!(
            ip("[::ffff:10.0.0.1]:1", &["1.1.1.1"], &["10.0.0.0/8"]),
            some("1.1.1.1")
        );
    }

    #[test]
    fn n03_n04_garbage_at_the_deciding_hop_is_no_address() {
        for bad in ["unknown", "1.1.1.1:80", "[::1]", "", "fe80::1%eth0"] {
            assert_eq!(ip("10.0.0.1:1", &[bad], &["10.0.0.0/8"]), None, "{bad}");
        }
        let many = vec!["10.0.0.2"; 33].join(",");
        assert_eq!(ip("10.0.0.1:1", &[&many], &["10.0.0.0/8"]), None);
    }

    #[test]
    fn i10_nodes_own_fetch_is_no_browser() {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-mode", "cors".parse().unwrap());
        assert!(!from_browser(&headers));
        headers.insert("origin", "https://shop.example".parse().unwrap());
        assert!(from_browser(&headers));
    }

    #[test]
    fn o20_the_referer_counts_only_without_an_origin() {
        let mut headers = HeaderMap::new();
        headers.insert("referer", "https://a.example/page?x".parse().unwrap());
        assert_eq!(origin(&headers), Origin::Of("https://a.example"));
        headers.insert("origin", "https://b.example".parse().unwrap());
        assert_eq!(origin(&headers), Origin::Of("https://b.example"));
        headers.append("origin", "https://a.example".parse().unwrap());
        assert_eq!(origin(&headers), Origin::Malformed);
    }
}
