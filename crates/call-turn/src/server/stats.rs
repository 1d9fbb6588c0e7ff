use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::connections::Connections;
use crate::Refusal;
use crate::relay::Counters;

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
    /// What was refused or dropped, by cause; all causes.
    pub refusals: Vec<(Refusal, u64)>,
}

pub(super) fn collect(counters: &[Arc<Counters>], connections: &Connections) -> RelayStats {
    let sum = |pick: fn(&Counters) -> &std::sync::atomic::AtomicU64| {
        let values = counters
            .iter()
            .map(|shard| pick(shard).load(Ordering::Relaxed));
        values.fold(0, u64::wrapping_add)
    };
    let refused = |refusal| {
        let values = counters.iter().map(|shard| shard.refused(refusal));
        values.fold(0, u64::wrapping_add)
    };
    RelayStats {
        allocations: sum(|shard| &shard.allocations),
        allocations_total: sum(|shard| &shard.allocations_total),
        connections: connections.open(),
        bytes_from_clients: sum(|shard| &shard.bytes_from_clients),
        bytes_to_clients: sum(|shard| &shard.bytes_to_clients),
        packets_from_clients: sum(|shard| &shard.packets_from_clients),
        packets_to_clients: sum(|shard| &shard.packets_to_clients),
        refusals: Refusal::ALL
            .map(|refusal| (refusal, refused(refusal)))
            .into(),
    }
}
