use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::policy::HostPolicy;
use super::ports::{Family, Ports, RelayAddress, RelayPort};
use super::quota::{Quotas, RelayLimits};
use super::reservation::Reservations;
use crate::Secret;

/// What all relays of a server share.
pub(crate) struct Settings {
    pub(crate) realm: String,
    /// Any of them may have made a credential.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) policy: HostPolicy,
    pub(crate) limits: RelayLimits,
    pub(crate) ipv4: Option<RelayAddress>,
    pub(crate) ipv6: Option<RelayAddress>,
    pub(crate) ports: Ports,
    pub(crate) reservations: Reservations,
    pub(crate) quotas: Arc<Quotas>,
}

impl Settings {
    pub(crate) fn address(&self, family: Family) -> Option<RelayAddress> {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    /// The relayed address that a port makes, as peers see it.
    pub(super) fn relayed(&self, port: RelayPort) -> Option<SocketAddr> {
        self.address(port.family)
            .map(|address| address.relayed(port.port))
    }

    /// Whether relayed addresses of this server have this IP address.
    pub(super) fn is_relay_ip(&self, ip: IpAddr) -> bool {
        self.address(Family::of(ip))
            .is_some_and(|address| address.local == ip || address.external == ip)
    }

    /// Where to send to reach a peer: a relayed address of another relay of this server is reached
    /// inside of the NAT.
    pub(super) fn inward(&self, peer: SocketAddr) -> SocketAddr {
        match self.address(Family::of(peer.ip())) {
            Some(address) if address.external == peer.ip() => {
                SocketAddr::new(address.local, peer.port())
            }
            Some(_) | None => peer,
        }
    }

    /// What clients know a sender as: the reverse.
    pub(super) fn outward(&self, peer: SocketAddr) -> SocketAddr {
        match self.address(Family::of(peer.ip())) {
            Some(address) if address.local == peer.ip() => address.relayed(peer.port()),
            Some(_) | None => peer,
        }
    }
}
