use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::connections::Connections;
use crate::relay::{Counters, Traffic};
use crate::{Refusal, Transport};

/// What a server did since it started, and what it holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStats {
    /// Allocations now.
    pub allocations: u64,
    /// Allocations since the start.
    pub allocations_total: u64,
    /// TCP and TLS connections now.
    pub connections: u64,
    /// Data relayed from clients to peers, without headers.
    pub bytes_from_clients: u64,
    /// Data relayed from peers to clients, without headers.
    pub bytes_to_clients: u64,
    /// Messages with this data.
    pub packets_from_clients: u64,
    /// Messages with this data.
    pub packets_to_clients: u64,
    /// The same by the transport of the clients; all transports.
    pub transports: Vec<TransportStats>,
    /// What was refused or dropped, by cause; all causes.
    pub refusals: Vec<(Refusal, u64)>,
}

/// What clients that came by one transport did, and what they hold now. Of data that goes from one
/// client of the server to another, each way counts for the transport of its own client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportStats {
    /// Which one.
    pub transport: Transport,
    /// Allocations now.
    pub allocations: u64,
    /// Allocations since the start.
    pub allocations_total: u64,
    /// Data relayed from clients to peers, without headers.
    pub bytes_from_clients: u64,
    /// Data relayed from peers to clients, without headers.
    pub bytes_to_clients: u64,
    /// Messages with this data.
    pub packets_from_clients: u64,
    /// Messages with this data.
    pub packets_to_clients: u64,
}

pub(super) fn collect(counters: &[Arc<Counters>], connections: &Connections) -> RelayStats {
    let transports: Vec<_> = Transport::ALL
        .map(|transport| by_transport(counters, transport))
        .into();
    let sum = |pick: fn(&TransportStats) -> u64| {
        let values = transports.iter().map(pick);
        values.fold(0, u64::wrapping_add)
    };
    let refused = |refusal| {
        let values = counters.iter().map(|shard| shard.refused(refusal));
        values.fold(0, u64::wrapping_add)
    };
    RelayStats {
        allocations: sum(|stats| stats.allocations),
        allocations_total: sum(|stats| stats.allocations_total),
        connections: connections.open(),
        bytes_from_clients: sum(|stats| stats.bytes_from_clients),
        bytes_to_clients: sum(|stats| stats.bytes_to_clients),
        packets_from_clients: sum(|stats| stats.packets_from_clients),
        packets_to_clients: sum(|stats| stats.packets_to_clients),
        refusals: Refusal::ALL
            .map(|refusal| (refusal, refused(refusal)))
            .into(),
        transports,
    }
}

fn by_transport(counters: &[Arc<Counters>], transport: Transport) -> TransportStats {
    let sum = |pick: fn(&Traffic) -> &AtomicU64| {
        let values = counters
            .iter()
            .map(|shard| pick(shard.of(transport)).load(Ordering::Relaxed));
        values.fold(0, u64::wrapping_add)
    };
    TransportStats {
        transport,
        allocations: sum(|traffic| &traffic.allocations),
        allocations_total: sum(|traffic| &traffic.allocations_total),
        bytes_from_clients: sum(|traffic| &traffic.bytes_from_clients),
        bytes_to_clients: sum(|traffic| &traffic.bytes_to_clients),
        packets_from_clients: sum(|traffic| &traffic.packets_from_clients),
        packets_to_clients: sum(|traffic| &traffic.packets_to_clients),
    }
}
