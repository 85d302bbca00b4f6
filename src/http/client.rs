//! Who is at the other end: the peer's address, or the one that a trusted proxy tells. No name is looked up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are believed; see `http.trusted_proxies`.
pub type TrustedProxies = Arc<[Network]>;

/// The client's address. `X-Forwarded-For` counts only where the peer is a trusted proxy. Its hops are read from the right,
/// where the nearest proxy wrote, and the first one that is not trusted is the client: what stands further left is that
/// client's own word. Where a hop that is reached is no address, the peer's address counts. Where all are trusted, the
/// furthest one does.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    for hop in lines.into_iter().rev().flat_map(|line| line.split(|byte| *byte == b',').rev()) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = address(hop) else { return peer };
        client = address;
    }
    client
}

/// An address, with or without a port; IPv6 with or without brackets.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: [&str; 3] = ["10.0.0.0/8", "::1", "2001:db8::/32"];

    fn client(peer: &str, lines: &[&[u8]], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        for (peer, line, expected) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
            ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"),
            ("::ffff:203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("::1", "2001:db9::7", "2001:db9::7"),
        ] {
            assert_eq!(client(peer, &[line.as_bytes()], &PROXIES), expected, "{peer} {line}");
            assert_eq!(client(peer, &[line.as_bytes()], &[]), client(peer, &[], &[]), "nobody is trusted");
        }
        assert_eq!(client("10.1.2.3", &[], &PROXIES), "10.1.2.3", "a proxy that tells nothing");
    }

    #[test]
    fn the_first_untrusted_hop_from_the_right_is_the_client() {
        for (lines, expected) in [
            (&[&b"1.1.1.1, 198.51.100.1"[..]][..], "198.51.100.1"),
            (&[b"1.1.1.1,198.51.100.1 , 10.0.0.2"], "198.51.100.1"),
            (&[b"1.1.1.1", b"198.51.100.1, 10.0.0.2", b"2001:db8::5"], "198.51.100.1"),
            // What the client itself wrote is not looked at.
            (&[b"\xff\xfe, 198.51.100.1"], "198.51.100.1"),
            (&[b"nonsense,,198.51.100.1"], "198.51.100.1"),
            (&[b"10.9.9.9, 10.0.0.2"], "10.9.9.9"),
            (&[b"198.51.100.1:4711"], "198.51.100.1"),
            (&[b"[2001:db9::7]:4711"], "2001:db9::7"),
            (&[b"[2001:db9::7]"], "2001:db9::7"),
            (&[b"::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(client("10.1.2.3", lines, &PROXIES), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_hop_that_is_no_address_leaves_the_peers() {
        for line in [
            &b""[..],
            b" ",
            b"unknown",
            b"198.51.100.1,",
            b"198.51.100.1, _hidden",
            b"198.51.100.1, 10.0.0.2, 300.1.1.1",
            b"\xff",
            b"198.51.100.1 10.0.0.2",
            b"198.51.100.1:",
            b"[198.51.100",
        ] {
            assert_eq!(client("10.1.2.3", &[line], &PROXIES), "10.1.2.3", "{line:?}");
        }
    }
}
