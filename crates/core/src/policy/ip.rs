//! Address ranges that a key may be used from: CIDR (RFC 4632, RFC 4291 §2.3) for IPv4 and IPv6.
//!
//! An IPv4 address that comes mapped into IPv6 (`::ffff:192.0.2.7`) counts as IPv4. Addresses that
//! were translated on the way (NAT64, 6to4) are other addresses and match no IPv4 range.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::{EntryProblem, read_list};

/// The ranges that a key may be used from, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IpList(Box<[IpNet]>);

impl IpList {
    /// Reads ranges such as `192.0.2.0/24` and single addresses such as `2001:db8::7`. An entry
    /// that is written twice is kept once.
    ///
    /// # Errors
    /// Everything that is wrong, entry by entry; or that there are more than 100.
    pub fn parse(entries: &[String]) -> Result<Self, Vec<EntryProblem>> {
        read_list(entries, read).map(Self)
    }

    /// The entries in canonical form, to be stored and shown.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        self.0.iter().map(show).collect()
    }

    /// Whether a request from that address may use the key; an empty list admits nobody.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| contains(range, address))
    }
}

/// Whether the address begins like the range, for as many bits as the range has.
#[inline]
fn contains(range: &IpNet, address: IpAddr) -> bool {
    match (range, address) {
        (IpNet::V4(range), IpAddr::V4(address)) => {
            let differing = range.addr().to_bits() ^ address.to_bits();
            differing.leading_zeros() >= u32::from(range.prefix_len())
        }
        (IpNet::V6(range), IpAddr::V6(address)) => {
            let differing = range.addr().to_bits() ^ address.to_bits();
            differing.leading_zeros() >= u32::from(range.prefix_len())
        }
        _ => false,
    }
}

fn show(range: &IpNet) -> String {
    if range.prefix_len() == range.max_prefix_len() {
        range.addr().to_string()
    } else {
        range.to_string()
    }
}

fn read(text: &str) -> Result<IpNet, String> {
    let shown: String = text.chars().take(64).collect();
    if text.contains('%') {
        return Err(format!(
            "`{shown}` has a zone id, which means nothing on another machine: remove it"
        ));
    }
    let wrong =
        || format!("`{shown}` is no address and no range, such as 192.0.2.0/24 or 2001:db8::/48");
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(read_length(length).ok_or_else(wrong)?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let range = IpNet::new(address, length.unwrap_or(longest)).map_err(|_| wrong())?;
    if range.prefix_len() == 0 {
        return Err(format!(
            "`{shown}` is every address: leave the list out to allow any"
        ));
    }
    if range.trunc() != range {
        let meant = range.trunc();
        return Err(format!(
            "`{shown}` is an address within a range: write `{meant}` or `{address}`"
        ));
    }
    canonical(range).ok_or_else(|| {
        format!("`{shown}` covers all of IPv4 and more: write IPv4 ranges such as 192.0.2.0/24")
    })
}

/// A length in decimal, without signs or leading zeros.
fn read_length(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let one_form = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| plain && one_form)
}

/// Mapped IPv4 as IPv4; `None` for a range that has all of it among other things, which the
/// comparison of canonical addresses would silently not match.
fn canonical(range: IpNet) -> Option<IpNet> {
    let IpNet::V6(v6) = range else {
        return Some(range);
    };
    if let Some(v4) = v6.addr().to_ipv4_mapped() {
        let length = v6
            .prefix_len()
            .checked_sub(96)
            .filter(|length| *length > 0)?;
        return Ipv4Net::new(v4, length).ok().map(IpNet::V4);
    }
    let mapped = std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped();
    (!v6.contains(&mapped)).then_some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(entries: &[&str]) -> Result<IpList, Vec<EntryProblem>> {
        IpList::parse(&entries.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn allows(entry: &str, address: &str) -> bool {
        parse(&[entry]).unwrap().allows(address.parse().unwrap())
    }

    #[test]
    fn a_range_admits_its_addresses_and_no_others() {
        assert!(allows("192.0.2.0/24", "192.0.2.255"));
        assert!(!allows("192.0.2.0/24", "192.0.3.0"));
        assert!(allows("2001:db8::/48", "2001:db8:0:ffff::1"));
        assert!(!allows("2001:db8::/48", "2001:db8:1::1"));
        assert!(!allows("192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn n06_mapped_addresses_count_as_ipv4_on_both_sides() {
        assert!(allows("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(allows("::ffff:192.0.2.0/120", "192.0.2.7"));
        assert_eq!(
            parse(&["::ffff:192.0.2.0/120"]).unwrap().to_texts(),
            ["192.0.2.0/24"]
        );
        for broad in ["::ffff:0:0/96", "::/1", "::/64"] {
            assert!(parse(&[broad]).is_err(), "{broad}");
        }
    }

    #[test]
    fn n07_translated_addresses_are_other_addresses() {
        for address in ["64:ff9b::192.0.2.7", "2002:c000:207::1", "::192.0.2.7"] {
            assert!(!allows("192.0.2.7", address), "{address}");
        }
    }

    #[test]
    fn n08_host_bits_are_refused_with_both_readings() {
        let problems = parse(&["10.0.0.1/8"]).unwrap_err();
        assert!(
            problems[0].message.contains("`10.0.0.0/8` or `10.0.0.1`"),
            "{problems:?}"
        );
        assert!(parse(&["2001:db8::1/64"]).is_err());
    }

    #[test]
    fn n09_every_address_is_refused() {
        for entry in ["0.0.0.0/0", "::/0"] {
            assert!(
                parse(&[entry]).unwrap_err()[0]
                    .message
                    .contains("every address"),
                "{entry}"
            );
        }
    }

    #[test]
    fn n11_zone_ids_and_other_garbage_are_refused() {
        for entry in [
            "fe80::1%eth0",
            "fe80::%1/64",
            "",
            "*",
            "localhost",
            "192.0.2",
            "192.0.2.07",
            "0xc0000207",
            "192.0.2.0/33",
            "192.0.2.0/024",
            "192.0.2.0/+24",
            "192.0.2.0/",
            "192.0.2.0/24/24",
            "192.0.2.0-192.0.2.9",
            "[2001:db8::1]",
            "2001:db8::/129",
            " 192.0.2.7",
            "192.0.2.7:80",
            "192.0.2.0/255.255.255.0",
        ] {
            assert!(parse(&[entry]).is_err(), "{entry}");
        }
    }

    #[test]
    fn n12_an_empty_list_admits_nobody() {
        assert!(!parse(&[]).unwrap().allows("192.0.2.7".parse().unwrap()));
    }

    /// The address with each of its bits turned.
    fn neighbours(address: IpAddr) -> Vec<IpAddr> {
        match address {
            IpAddr::V4(address) => (0..32)
                .map(|bit| IpAddr::from((address.to_bits() ^ (1 << bit)).to_be_bytes()))
                .collect(),
            IpAddr::V6(address) => (0..128)
                .map(|bit| IpAddr::from((address.to_bits() ^ (1 << bit)).to_be_bytes()))
                .collect(),
        }
    }

    proptest! {
        #[test]
        fn canonical_entries_read_as_themselves(address: IpAddr, length in 0_u8..=128) {
            for text in [address.to_string(), format!("{address}/{length}")] {
                if let Ok(list) = parse(&[&text]) {
                    prop_assert!(list.allows(address));
                    for near in neighbours(address) {
                        let range: IpNet = list.0[0];
                        prop_assert_eq!(list.allows(near), range.contains(&near.to_canonical()));
                    }
                    prop_assert_eq!(IpList::parse(&list.to_texts()).unwrap(), list);
                }
            }
        }
    }
}
