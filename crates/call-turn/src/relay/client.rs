use std::net::{SocketAddr, SocketAddrV6};
use std::time::Instant;

use call_domain::Timestamp;

/// How a client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

impl Transport {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 3] = [Self::Udp, Self::Tcp, Self::Tls];

    /// In streams messages are padded to a multiple of four bytes (RFC 8656 section 12.5).
    pub(crate) fn is_stream(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls => true,
        }
    }

    /// As in log lines and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// The 5-tuple that names a client (RFC 8656 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    /// The client, as the server sees it.
    pub address: SocketAddr,
    /// The address of the server to which the client sent.
    pub local: SocketAddr,
    /// The protocol between them.
    pub transport: Transport,
}

/// The time, passed to everything: one clock for durations, one for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Never goes back.
    pub instant: Instant,
    /// What the expiry of credentials is compared with.
    pub wall: Timestamp,
}

/// The address without what only this host knows of it: flow and scope. Two notations of one peer
/// must not be two peers.
pub(crate) fn plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => SocketAddr::V6(SocketAddrV6::new(*v6.ip(), v6.port(), 0, 0)),
    }
}
