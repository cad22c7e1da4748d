//! Addresses as they are kept: roughly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address without what tells one person from their neighbours: the first 24 bits of IPv4, the
/// first 48 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoarseAddress(u64);

/// Says that an address is of IPv4 or IPv6; without either there is none.
const IS_V4: u64 = 1 << 48;
const IS_V6: u64 = 1 << 49;

/// As many as an address has when it is kept.
pub(super) const ADDRESS_BITS: u32 = 50;

impl From<IpAddr> for CoarseAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(address.to_bits() >> 8) | IS_V4),
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments().map(u64::from);
                Self(a << 32 | b << 16 | c | IS_V6)
            }
        }
    }
}

impl CoarseAddress {
    /// The bits it is kept as; never none.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// The address of these bits; `None` if there is none.
    pub(super) fn from_bits(bits: u64) -> Option<Self> {
        (bits != 0).then_some(Self(bits))
    }
}

impl std::fmt::Display for CoarseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 & IS_V4 != 0 {
            let bits = u32::try_from(self.0 & 0xff_ffff).unwrap_or(0) << 8;
            return write!(f, "{}/24", Ipv4Addr::from_bits(bits));
        }
        let bits = u128::from(self.0 & 0xffff_ffff_ffff) << 80;
        write!(f, "{}/48", Ipv6Addr::from_bits(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_tells_neighbours_apart() {
        let coarse = |text: &str| CoarseAddress::from(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(coarse("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(coarse("2001:db8:5:6:7::8"), "2001:db8:5::/48");
        assert_eq!(coarse("0.0.0.9"), "0.0.0.0/24");
        assert_eq!(coarse("::1"), "::/48");
    }
}
