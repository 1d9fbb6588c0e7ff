use call_turn::RelayStats;
use prometheus::{Error, IntCounterVec, IntGauge, IntGaugeVec};

use super::collectors::Collectors;
use super::raise;

/// What the embedded relay does.
#[derive(Clone)]
pub(super) struct TurnMetrics {
    allocations: IntGaugeVec,
    allocations_total: IntCounterVec,
    connections: IntGauge,
    bytes: IntCounterVec,
    packets: IntCounterVec,
    refused: IntCounterVec,
}

impl TurnMetrics {
    pub(super) fn new(collectors: &Collectors<'_>) -> Result<Self, Error> {
        Ok(Self {
            allocations: collectors.gauges(
                "call_turn_allocations",
                "Allocations of the embedded relay, by transport of the client.",
                &["transport"],
            )?,
            allocations_total: collectors.counters(
                "call_turn_allocations_total",
                "Allocations begun, by transport of the client.",
                &["transport"],
            )?,
            connections: collectors.gauge(
                "call_turn_connections",
                "Open TCP and TLS connections to the embedded relay.",
            )?,
            bytes: collectors.counters(
                "call_turn_bytes_total",
                "Data relayed, without headers.",
                &["transport", "direction"],
            )?,
            packets: collectors.counters(
                "call_turn_packets_total",
                "Messages with this data.",
                &["transport", "direction"],
            )?,
            refused: collectors.counters(
                "call_turn_refused_total",
                "What the embedded relay refused or dropped, by cause.",
                &["cause"],
            )?,
        })
    }

    /// Brings the numbers to where the relay has counted.
    pub(super) fn refresh(&self, stats: &RelayStats) {
        for of in &stats.transports {
            let transport = of.transport.as_str();
            let allocations = self.allocations.with_label_values(&[transport]);
            allocations.set(gauge(of.allocations));
            let total = self.allocations_total.with_label_values(&[transport]);
            raise(&total, of.allocations_total);
            for (direction, bytes, packets) in [
                (
                    "from_client",
                    of.bytes_from_clients,
                    of.packets_from_clients,
                ),
                ("to_client", of.bytes_to_clients, of.packets_to_clients),
            ] {
                let labels = [transport, direction];
                raise(&self.bytes.with_label_values(&labels), bytes);
                raise(&self.packets.with_label_values(&labels), packets);
            }
        }
        self.connections.set(gauge(stats.connections));
        for (refusal, count) in &stats.refusals {
            raise(&self.refused.with_label_values(&[refusal.as_str()]), *count);
        }
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
