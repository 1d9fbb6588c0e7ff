//! Addresses to listen on, and what they are called outside.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use call_turn::Transport;

use super::reader::Reader;

/// An address to listen on, written as `udp:127.0.0.1:3478`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress {
    /// The protocol.
    pub transport: Transport,
    /// Where; an unspecified address is all of its family, port 0 a free one.
    pub address: SocketAddr,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not of the form udp:ADDRESS:PORT, tcp:ADDRESS:PORT or tls:ADDRESS:PORT"
            )
        };
        let (transport, address) = text.split_once(':').ok_or_else(wrong)?;
        let transport = Transport::ALL
            .into_iter()
            .find(|known| known.as_str() == transport)
            .ok_or_else(wrong)?;
        let address = address.parse().map_err(|_| wrong())?;
        Ok(Self { transport, address })
    }
}

/// Public addresses of a host that does not have them itself.
pub(super) fn external_ip(reader: &mut Reader, key: &'static str) -> Vec<IpAddr> {
    let ips: Vec<IpAddr> = reader.items(key, |text| {
        text.parse()
            .map_err(|_| format!("{text:?} is no IP address"))
    });
    for (index, ip) in ips.iter().enumerate() {
        if ip.is_unspecified() || ip.is_multicast() {
            reader.complain(key, format!("{ip} cannot be reached"));
        }
        let family = |other: &IpAddr| other.is_ipv4() == ip.is_ipv4();
        if ips.iter().take(index).any(family) {
            reader.complain(key, "may have one IPv4 and one IPv6 address at most");
        }
    }
    ips
}
