//! Addresses that are no peers on the public internet (IANA's special-purpose registries, RFC 6890)
//! and IPv4 addresses that hide in IPv6 addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Refused unless allowed by name: network and prefix length.
const SPECIAL_IPV4: [(Ipv4Addr, u32); 16] = [
    // "This" network: Linux takes 0.0.0.0 for loopback (RFC 791).
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared by carriers (RFC 6598); one cloud's metadata service is here.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local (RFC 3927); metadata services of most clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // The wire server of Azure: in public space, yet the host's own.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // 6to4 relays (RFC 7526).
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, then reserved and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Within global unicast, `2000::/3`, outside of which everything is special.
const SPECIAL_IPV6: [(Ipv6Addr, u32); 3] = [
    // Protocol assignments, among them Teredo and benchmarks (RFC 2928).
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // Documentation too (RFC 9637).
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// RFC 6052 section 2.1: as good as the IPv4 address within.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
/// RFC 8215: the IPv4 address stands where the network's owner put it.
const LOCAL_NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48);
const SIX_TO_FOUR: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);
const TEREDO: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32);
/// Mapped addresses, `::ffff:0:0/96`.
const MAPPED: (Ipv6Addr, u32) = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
/// Translated addresses, `::ffff:0:0:0/96` (RFC 2765).
const TRANSLATED: (Ipv6Addr, u32) = (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96);
/// Compatible addresses, `::/96`, and the unspecified one.
const COMPATIBLE: (Ipv6Addr, u32) = (Ipv6Addr::UNSPECIFIED, 96);

/// Whether an address is no peer on the public internet, by its own form alone.
pub(super) fn is_special(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => SPECIAL_IPV4
            .iter()
            .any(|(net, length)| (ip.to_bits() ^ net.to_bits()) >> (32 - length) == 0),
        IpAddr::V6(ip) => {
            !(within(ip, GLOBAL_UNICAST) || within(ip, NAT64))
                || SPECIAL_IPV6.iter().any(|net| within(ip, *net))
        }
    }
}

/// IPv4 addresses to which an IPv6 address may lead. Several for forms that have several places.
pub(super) fn embedded(ip: IpAddr) -> [Option<Ipv4Addr>; 3] {
    let IpAddr::V6(ip) = ip else {
        return [None; 3];
    };
    if ip == Ipv6Addr::LOCALHOST {
        return [None; 3];
    }
    let bits = ip.to_bits();
    let last = v4(bits);
    if [NAT64, MAPPED, TRANSLATED, COMPATIBLE]
        .iter()
        .any(|net| within(ip, *net))
    {
        return [Some(last), None, None];
    }
    if within(ip, LOCAL_NAT64) {
        // A /48 prefix: 16 bits, eight bits of zero, 16 bits (RFC 6052 section 2.2).
        let split = (bits >> 48 & 0xffff_0000) | (bits >> 40 & 0xffff);
        return [Some(last), Some(v4(split)), None];
    }
    if within(ip, SIX_TO_FOUR) {
        return [Some(v4(bits >> 80)), isatap(ip), None];
    }
    if within(ip, TEREDO) {
        // The server, then the client with all bits turned over (RFC 4380 section 4).
        return [Some(v4(bits >> 64)), Some(v4(!bits)), None];
    }
    [isatap(ip), None, None]
}

/// RFC 5214 section 6.1: interface identifiers 0000:5efe and 0200:5efe.
fn isatap(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, _, _, _, high, low, _, _] = ip.segments();
    (high & !0x0200 == 0 && low == 0x5efe).then(|| v4(ip.to_bits()))
}

fn v4(bits: u128) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::try_from(bits & 0xffff_ffff).unwrap_or(0))
}

fn within(ip: Ipv6Addr, (net, length): (Ipv6Addr, u32)) -> bool {
    (ip.to_bits() ^ net.to_bits()) >> (128 - length) == 0
}
