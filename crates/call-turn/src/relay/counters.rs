use std::sync::atomic::{AtomicU64, Ordering};

use super::client::Transport;

/// Why a request was not served or data not relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No STUN, or lengths that lie, or a wrong fingerprint: dropped.
    Malformed,
    /// A request without what it needs (400).
    BadRequest,
    /// No credentials yet, or wrong or expired ones (401).
    Unauthenticated,
    /// A peer to whom nothing may be relayed (403).
    ForbiddenPeer,
    /// Attributes that must be understood and are not (420).
    UnknownAttribute,
    /// No allocation, or one already (437).
    AllocationMismatch,
    /// A nonce of another time or client (438).
    StaleNonce,
    /// An address family that this server does not relay, or another one than the allocation's
    /// (440, 443).
    AddressFamily,
    /// Somebody else's allocation (441).
    WrongCredentials,
    /// Another transport than UDP (442).
    UnsupportedTransport,
    /// The user has as many allocations as allowed (486).
    UserQuota,
    /// The server has as many allocations, or the allocation as many permissions, as allowed (508).
    Capacity,
    /// A source asked too often without credentials: no answer.
    SourceLimit,
    /// The user relays more than allowed: dropped.
    Bandwidth,
    /// Data from or to a peer without permission: dropped.
    NoPermission,
    /// Data on a channel that is not bound: dropped.
    NoChannel,
    /// The receiver takes no more at the moment: dropped.
    Congestion,
    /// A connection beyond the caps: closed.
    Connections,
}

impl Refusal {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 18] = [
        Self::Malformed,
        Self::BadRequest,
        Self::Unauthenticated,
        Self::ForbiddenPeer,
        Self::UnknownAttribute,
        Self::AllocationMismatch,
        Self::StaleNonce,
        Self::AddressFamily,
        Self::WrongCredentials,
        Self::UnsupportedTransport,
        Self::UserQuota,
        Self::Capacity,
        Self::SourceLimit,
        Self::Bandwidth,
        Self::NoPermission,
        Self::NoChannel,
        Self::Congestion,
        Self::Connections,
    ];

    /// A label for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadRequest => "bad_request",
            Self::Unauthenticated => "unauthenticated",
            Self::ForbiddenPeer => "forbidden_peer",
            Self::UnknownAttribute => "unknown_attribute",
            Self::AllocationMismatch => "allocation_mismatch",
            Self::StaleNonce => "stale_nonce",
            Self::AddressFamily => "address_family",
            Self::WrongCredentials => "wrong_credentials",
            Self::UnsupportedTransport => "unsupported_transport",
            Self::UserQuota => "user_quota",
            Self::Capacity => "capacity",
            Self::SourceLimit => "source_limit",
            Self::Bandwidth => "bandwidth",
            Self::NoPermission => "no_permission",
            Self::NoChannel => "no_channel",
            Self::Congestion => "congestion",
            Self::Connections => "connections",
        }
    }
}

/// What a relay counts; written by its one thread, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    udp: Traffic,
    tcp: Traffic,
    tls: Traffic,
    refusals: [AtomicU64; Refusal::ALL.len()],
}

/// What clients that came by one transport have and had.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) allocations: AtomicU64,
    pub(crate) allocations_total: AtomicU64,
    pub(crate) bytes_from_clients: AtomicU64,
    pub(crate) bytes_to_clients: AtomicU64,
    pub(crate) packets_from_clients: AtomicU64,
    pub(crate) packets_to_clients: AtomicU64,
}

impl Counters {
    pub(crate) fn of(&self, transport: Transport) -> &Traffic {
        match transport {
            Transport::Udp => &self.udp,
            Transport::Tcp => &self.tcp,
            Transport::Tls => &self.tls,
        }
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        if let Some(counter) = self.refusals.get(refusal as usize) {
            add(counter, 1);
        }
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> u64 {
        let counter = self.refusals.get(refusal as usize);
        counter.map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

/// Adds where nobody else writes: cheaper than a locked instruction per packet.
pub(crate) fn add(counter: &AtomicU64, count: u64) {
    let value = counter.load(Ordering::Relaxed).wrapping_add(count);
    counter.store(value, Ordering::Relaxed);
}
