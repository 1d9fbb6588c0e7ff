//! Which addresses the host has, and which of them relayed addresses get.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::{RelayConfig, StartError};
use crate::{Family, RelayAddress};

/// The relay address of each family: IPv4, IPv6.
pub(super) fn relay_addresses(
    config: &RelayConfig,
) -> Result<[Option<RelayAddress>; 2], StartError> {
    let mut addresses = [None, None];
    for (family, address) in [Family::Ipv4, Family::Ipv6].into_iter().zip(&mut addresses) {
        let external = only(&config.external_ips, family)?;
        let local = match only(&config.relay_ips, family)? {
            Some(ip) => Some(ip),
            None if config.relay_ips.is_empty() => of_listeners(config, family),
            None => None,
        };
        *address = match (local, external) {
            (Some(local), external) => Some(RelayAddress {
                local,
                external: external.unwrap_or(local),
            }),
            (None, Some(_)) => return Err(StartError::NoLocalAddress(family)),
            (None, None) => None,
        };
    }
    if addresses.iter().all(Option::is_none) {
        return Err(StartError::NoRelayAddress);
    }
    Ok(addresses)
}

fn only(ips: &[IpAddr], family: Family) -> Result<Option<IpAddr>, StartError> {
    let mut of_family = ips.iter().filter(|ip| Family::of(**ip) == family);
    let first = of_family.next().copied();
    if let Some(second) = of_family.next() {
        return Err(StartError::SecondAddress(*second));
    }
    let unusable = |ip: &IpAddr| {
        ip.is_unspecified() || ip.is_multicast() || *ip == IpAddr::V4(Ipv4Addr::BROADCAST)
    };
    match first.filter(unusable) {
        Some(ip) => Err(StartError::UnusableAddress(ip)),
        None => Ok(first),
    }
}

fn of_listeners(config: &RelayConfig, family: Family) -> Option<IpAddr> {
    let listeners = [&config.udp, &config.tcp, &config.tls];
    let ips = listeners.into_iter().flatten().map(SocketAddr::ip);
    let first = ips.into_iter().find(|ip| Family::of(*ip) == family)?;
    if first.is_unspecified() {
        outgoing(family).ok()
    } else {
        Some(first)
    }
}

/// The address from which this host reaches the internet. Nothing is sent to find out.
fn outgoing(family: Family) -> io::Result<IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849): routed like any other.
    let (any, far): (IpAddr, IpAddr) = match family {
        Family::Ipv4 => (
            Ipv4Addr::UNSPECIFIED.into(),
            Ipv4Addr::new(192, 0, 2, 1).into(),
        ),
        Family::Ipv6 => (
            Ipv6Addr::UNSPECIFIED.into(),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        ),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((far, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// All addresses of the host's interfaces: nothing but relayed addresses is reached there.
pub(super) fn host_addresses() -> io::Result<Vec<IpAddr>> {
    let interfaces = nix::ifaddrs::getifaddrs()?;
    let addresses = interfaces.filter_map(|interface| {
        let address = interface.address?;
        let ipv4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        ipv4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    Ok(addresses.collect())
}
