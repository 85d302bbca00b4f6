//! A network of IP addresses, as settings name it. Pure; no name is looked up.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address and the number of its leading bits that count (0 to 32 for IPv4, 0 to 128 for IPv6; RFC 4632,
/// RFC 4291 section 2.3). An IPv4 address mapped into IPv6 is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` lies in this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address)
            && leading(address, self.prefix) == leading(self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first `prefix` bits of the address, as a number.
fn leading(address: IpAddr, prefix: u8) -> u128 {
    let bits = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let rest = u32::from(width(address).saturating_sub(prefix));
    bits.checked_shr(rest).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Network {
    type Err = &'static str;

    /// Reads `10.1.2.3` or `10.0.0.0/8`; the error is the end of a sentence that starts with the text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "is no IP address or network; write it like 10.0.0.1 or 10.0.0.0/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| SHAPE)?;
        let address = written.to_canonical();
        let Some(prefix) = prefix else {
            return Ok(Self { address, prefix: width(address) });
        };
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SHAPE);
        }
        let mapped = width(written).saturating_sub(width(address));
        let prefix = prefix
            .parse::<u8>()
            .ok()
            .and_then(|n| n.checked_sub(mapped))
            .filter(|n| *n <= width(address))
            .ok_or("has a prefix out of range; it ends at 32 for IPv4 and at 128 for IPv6")?;
        let rest = u32::from(width(address).saturating_sub(prefix));
        let start = leading(address, prefix).checked_shl(rest).unwrap_or(0);
        if start != leading(address, width(address)) {
            return Err("has bits set behind its prefix; write the network's first address, like 10.0.0.0/8");
        }
        Ok(Self { address, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_what_lies_inside() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "192.168.1.6", false),
            ("172.16.0.0/12", "172.31.255.255", true),
            ("172.16.0.0/12", "172.32.0.0", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), inside, "{network} {address}");
        }
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in [
            "",
            "host",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.1/8",
            "::1/129",
            "::1/0",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "::ffff:10.0.0.0/8",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
