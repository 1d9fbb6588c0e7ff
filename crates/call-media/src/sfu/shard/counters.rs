use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::sfu::SfuCounters;

/// The upper bounds of the buckets of [`SfuCounters::forwarding_delay`]; the last bucket has none.
pub(super) const DELAY_BOUNDS: [Duration; 9] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
];

impl SfuCounters {
    /// The upper bounds of the buckets of `forwarding_delay`; the last bucket has none.
    pub const DELAY_BOUNDS: [Duration; 9] = DELAY_BOUNDS;

    /// So many packets stayed in the SFU for so long.
    pub(crate) fn observe_delay(&mut self, delay: Duration, packets: u64) {
        let bucket = DELAY_BOUNDS
            .iter()
            .position(|bound| delay <= *bound)
            .unwrap_or(DELAY_BOUNDS.len());
        self.forwarding_delay[bucket] += packets;
        let nanoseconds = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.forwarding_delay_sum_ns = self
            .forwarding_delay_sum_ns
            .wrapping_add(nanoseconds.saturating_mul(packets));
    }

    /// The figures in a fixed order, for a table of atomics.
    fn figures(&mut self) -> impl Iterator<Item = &mut u64> {
        let counts = [
            &mut self.rooms,
            &mut self.peers,
            &mut self.packets_received,
            &mut self.bytes_received,
            &mut self.packets_sent,
            &mut self.bytes_sent,
            &mut self.packets_lost,
            &mut self.retransmitted_packets_sent,
            &mut self.nacks_received,
            &mut self.nacks_sent,
            &mut self.key_frame_requests_received,
            &mut self.key_frame_requests_sent,
            &mut self.datagrams_refused,
            &mut self.packets_dropped,
            &mut self.taps,
            &mut self.packets_tapped,
            &mut self.tap_packets_dropped,
            &mut self.forwarding_delay_sum_ns,
            &mut self.available_outgoing_bitrate,
        ];
        counts.into_iter().chain(&mut self.forwarding_delay)
    }
}

const FIGURES: usize = 29;

/// What a shard has counted, for others to read. The shard counts in plain numbers and publishes them once a round.
#[derive(Default)]
pub(super) struct SharedCounters([AtomicU64; FIGURES]);

impl SharedCounters {
    pub(super) fn publish(&self, counters: &SfuCounters) {
        let mut counters = counters.clone();
        for (shared, figure) in self.0.iter().zip(counters.figures()) {
            shared.store(*figure, Ordering::Relaxed);
        }
    }

    /// Adds what was published to a sum over shards.
    pub(super) fn add_to(&self, sum: &mut SfuCounters) {
        for (shared, figure) in self.0.iter().zip(sum.figures()) {
            *figure = figure.wrapping_add(shared.load(Ordering::Relaxed));
        }
    }
}
