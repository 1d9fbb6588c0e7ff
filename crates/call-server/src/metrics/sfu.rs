use std::sync::Arc;

use call_media::sfu::SfuCounters;
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, Metric, MetricFamily, MetricType};
use prometheus::{Error, IntCounter, IntCounterVec, IntGauge};

use super::collectors::Collectors;
use super::raise;

const DELAY: &str = "call_sfu_forwarding_delay_seconds";
const DELAY_HELP: &str = "How long media packets stayed in the SFU.";

/// What the embedded SFU does.
#[derive(Clone)]
pub(super) struct SfuMetrics {
    rooms: IntGauge,
    peers: IntGauge,
    bitrate: IntGauge,
    packets: IntCounterVec,
    bytes: IntCounterVec,
    nacks: IntCounterVec,
    key_frame_requests: IntCounterVec,
    lost: IntCounter,
    retransmitted: IntCounter,
    refused: IntCounter,
    dropped: IntCounter,
    overloads: IntCounter,
    delay: ForwardingDelay,
}

impl SfuMetrics {
    pub(super) fn new(collectors: &Collectors<'_>) -> Result<Self, Error> {
        let both_ways = |name, help| collectors.counters(name, help, &["direction"]);
        Ok(Self {
            rooms: collectors.gauge("call_sfu_rooms", "Rooms of the SFU.")?,
            peers: collectors.gauge("call_sfu_peers", "People in rooms of the SFU.")?,
            bitrate: collectors.gauge(
                "call_sfu_available_outgoing_bits_per_second",
                "What the ways to all people can carry together, as estimated.",
            )?,
            packets: both_ways("call_sfu_packets_total", "Media packets.")?,
            bytes: both_ways("call_sfu_bytes_total", "Media packets, with their headers.")?,
            nacks: both_ways("call_sfu_nacks_total", "NACK messages (RFC 4585).")?,
            key_frame_requests: both_ways(
                "call_sfu_key_frame_requests_total",
                "Requests for key frames: those of receivers, and what of them was passed on.",
            )?,
            lost: collectors.counter(
                "call_sfu_packets_lost_total",
                "Media packets to the SFU that never came.",
            )?,
            retransmitted: collectors.counter(
                "call_sfu_packets_retransmitted_total",
                "Media packets that the SFU sent again.",
            )?,
            refused: collectors.counter(
                "call_sfu_datagrams_refused_total",
                "Datagrams of strangers, and malformed ones.",
            )?,
            dropped: collectors.counter(
                "call_sfu_packets_dropped_total",
                "Packets dropped because a queue was full.",
            )?,
            overloads: collectors.counter(
                "call_sfu_commands_refused_total",
                "Commands that the SFU did not take at once because it did not keep up.",
            )?,
            delay: collectors.registered(ForwardingDelay::new()?)?,
        })
    }

    /// Brings the numbers to where the SFU has counted.
    pub(super) fn refresh(&self, counters: &SfuCounters, overloads: u64) {
        self.rooms.set(gauge(counters.rooms));
        self.peers.set(gauge(counters.peers));
        self.bitrate.set(gauge(counters.available_outgoing_bitrate));
        for (of, received, sent) in [
            (
                &self.packets,
                counters.packets_received,
                counters.packets_sent,
            ),
            (&self.bytes, counters.bytes_received, counters.bytes_sent),
            (&self.nacks, counters.nacks_received, counters.nacks_sent),
            (
                &self.key_frame_requests,
                counters.key_frame_requests_received,
                counters.key_frame_requests_sent,
            ),
        ] {
            raise(&of.with_label_values(&["in"]), received);
            raise(&of.with_label_values(&["out"]), sent);
        }
        raise(&self.lost, counters.packets_lost);
        raise(&self.retransmitted, counters.retransmitted_packets_sent);
        raise(&self.refused, counters.datagrams_refused);
        raise(&self.dropped, counters.packets_dropped);
        raise(&self.overloads, overloads);
        *self.delay.counted.lock() = counters.clone();
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A histogram that somebody else has counted.
#[derive(Clone)]
struct ForwardingDelay {
    desc: Desc,
    counted: Arc<Mutex<SfuCounters>>,
}

impl ForwardingDelay {
    fn new() -> Result<Self, Error> {
        let (name, help) = (DELAY.to_owned(), DELAY_HELP.to_owned());
        Ok(Self {
            desc: Desc::new(name, help, Vec::new(), std::collections::HashMap::new())?,
            counted: Arc::default(),
        })
    }
}

impl Collector for ForwardingDelay {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let counted = self.counted.lock().clone();
        let mut so_far = 0_u64;
        let mut buckets = Vec::new();
        for (bound, packets) in SfuCounters::DELAY_BOUNDS
            .iter()
            .zip(counted.forwarding_delay)
        {
            so_far = so_far.saturating_add(packets);
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(so_far);
            buckets.push(bucket);
        }
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(counted.forwarding_delay.iter().sum());
        let sum = std::time::Duration::from_nanos(counted.forwarding_delay_sum_ns);
        histogram.set_sample_sum(sum.as_secs_f64());
        let mut metric = Metric::default();
        metric.set_histogram(histogram);
        let mut family = MetricFamily::default();
        family.set_name(DELAY.to_owned());
        family.set_help(DELAY_HELP.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric(vec![metric]);
        vec![family]
    }
}

#[cfg(test)]
mod tests {
    use prometheus::{Encoder as _, Registry, TextEncoder};

    use super::*;

    #[test]
    fn what_the_sfu_counted_is_shown_as_prometheus_wants_it() {
        let registry = Registry::new();
        let metrics = SfuMetrics::new(&Collectors(&registry)).expect("well formed");
        let counters = SfuCounters {
            rooms: 2,
            peers: 7,
            packets_received: 100,
            packets_sent: 600,
            nacks_sent: 3,
            forwarding_delay: [5, 0, 0, 4, 0, 0, 0, 0, 0, 1],
            forwarding_delay_sum_ns: 65_000_000,
            ..SfuCounters::default()
        };
        metrics.refresh(&counters, 1);
        metrics.refresh(&counters, 1);
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&registry.gather(), &mut text)
            .expect("text");
        let text = String::from_utf8(text).expect("text");
        for line in [
            "call_sfu_rooms 2",
            "call_sfu_peers 7",
            "call_sfu_packets_total{direction=\"in\"} 100",
            "call_sfu_packets_total{direction=\"out\"} 600",
            "call_sfu_nacks_total{direction=\"out\"} 3",
            "call_sfu_commands_refused_total 1",
            "call_sfu_forwarding_delay_seconds_bucket{le=\"0.0001\"} 5",
            "call_sfu_forwarding_delay_seconds_bucket{le=\"0.001\"} 9",
            "call_sfu_forwarding_delay_seconds_bucket{le=\"0.05\"} 9",
            "call_sfu_forwarding_delay_seconds_bucket{le=\"+Inf\"} 10",
            "call_sfu_forwarding_delay_seconds_sum 0.065",
            "call_sfu_forwarding_delay_seconds_count 10",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
