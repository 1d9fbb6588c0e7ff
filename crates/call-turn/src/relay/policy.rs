use std::net::{IpAddr, SocketAddr};

use foldhash::HashSet;
use ipnet::IpNet;

use super::special::{embedded, is_special};

/// To whom data may be relayed.
///
/// By default only to addresses of the public internet: never to loopback, link-local, private,
/// shared, multicast, broadcast, documentation, benchmark and reserved ones, nor to the metadata
/// services of clouds, nor to the relay's own host. An IPv6 address that carries an IPv4 address
/// (mapped, compatible, 6to4, Teredo, NAT64, ISATAP) must pass as both.
///
/// In order: `deny` refuses, `services` admits, `allow` admits, the relay's own host is refused
/// but for relayed addresses of its own, special addresses are refused, the rest is admitted.
#[derive(Debug, Clone, Default)]
pub struct PeerPolicy {
    /// Networks to which data may be relayed although they are refused by default.
    pub allow: Vec<IpNet>,
    /// Networks to which data is never relayed; wins over everything.
    pub deny: Vec<IpNet>,
    /// Sockets of this host to which data may be relayed, such as those of its own SFU.
    pub services: Vec<SocketAddr>,
}

/// A policy that knows the host it works for.
#[derive(Debug, Clone)]
pub(crate) struct HostPolicy {
    policy: PeerPolicy,
    /// Addresses of this host, inside and outside of its NAT.
    own: HashSet<IpAddr>,
    /// Those of them that relayed addresses have.
    relays: Vec<IpAddr>,
}

/// What may be sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// Only if the port belongs to an allocation of this server.
    RelayedOnly,
    Refused,
}

impl HostPolicy {
    pub(crate) fn new(
        policy: PeerPolicy,
        own: impl IntoIterator<Item = IpAddr>,
        relays: Vec<IpAddr>,
    ) -> Self {
        let own = own.into_iter().chain(relays.iter().copied()).collect();
        Self {
            policy,
            own,
            relays,
        }
    }

    /// Whether there may be a permission for an address, whatever the port.
    pub(crate) fn permission(&self, ip: IpAddr) -> bool {
        let service = || self.policy.services.iter().any(|s| s.ip() == ip);
        match self.address(ip) {
            Verdict::Allowed | Verdict::RelayedOnly => true,
            Verdict::Refused => !self.denied(ip) && service(),
        }
    }

    /// What may be sent to a socket.
    pub(crate) fn peer(&self, peer: SocketAddr) -> Verdict {
        if self.policy.services.contains(&peer) && !self.denied(peer.ip()) {
            return Verdict::Allowed;
        }
        self.address(peer.ip())
    }

    fn address(&self, ip: IpAddr) -> Verdict {
        if self.denied(ip) {
            return Verdict::Refused;
        }
        let passes = |ip: IpAddr| {
            self.policy.allow.iter().any(|net| net.contains(&ip))
                || !(is_special(ip) || self.own.contains(&ip))
        };
        let inside = embedded(ip);
        if passes(ip) && inside.iter().flatten().all(|v4| passes(IpAddr::V4(*v4))) {
            Verdict::Allowed
        } else if self.relays.contains(&ip) {
            Verdict::RelayedOnly
        } else {
            Verdict::Refused
        }
    }

    fn denied(&self, ip: IpAddr) -> bool {
        let denied = |ip: IpAddr| self.policy.deny.iter().any(|net| net.contains(&ip));
        let inside = embedded(ip);
        denied(ip) || inside.iter().flatten().any(|v4| denied(IpAddr::V4(*v4)))
    }
}
