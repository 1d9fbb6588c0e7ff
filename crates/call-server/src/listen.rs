//! Where media is listened for: usual addresses, and whether they are free.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use call_turn::Transport;
use socket2::{Domain, Protocol, Socket, Type};

use crate::settings::{ListenAddress, ServerSettings};

/// Where the HTTP server listens. Where a proxy takes people to that, all addresses: nothing takes
/// them to the relay.
pub(crate) fn usual_ips(server: &ServerSettings) -> Vec<IpAddr> {
    let behind_proxy = server.host.is_loopback() && server.public_url.is_some();
    if server.host == IpAddr::V6(Ipv6Addr::UNSPECIFIED) || behind_proxy {
        let ipv6 = has_ipv6().then_some(Ipv6Addr::UNSPECIFIED.into());
        return [Some(Ipv4Addr::UNSPECIFIED.into()), ipv6]
            .into_iter()
            .flatten()
            .collect();
    }
    vec![server.host]
}

fn has_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok()
}

/// Whether nobody has an address. Those who are to have it do not tell: their threads share addresses,
/// and so would those of a second server of the same user.
pub(crate) fn vacant(listener: ListenAddress) -> io::Result<()> {
    let ListenAddress { transport, address } = listener;
    if address.port() == 0 {
        return Ok(());
    }
    let (kind, protocol) = match transport {
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
        Transport::Tcp | Transport::Tls => (Type::STREAM, Protocol::TCP),
    };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // Connections that have ended do not hold an address.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    if kind == Type::STREAM {
        socket.listen(1)?;
    }
    Ok(())
}
