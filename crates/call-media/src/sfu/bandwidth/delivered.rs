use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::history::Arrival;

/// What arrived lately, and how fast it was sent.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    packets: VecDeque<(Instant, Duration, u32)>,
    bytes: u64,
}

/// Rates over the same packets, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// How fast they were sent.
    pub(super) sent: f64,
    /// How fast they arrived.
    pub(super) arrived: f64,
}

impl Delivered {
    /// How far back it looks.
    const WINDOW: Duration = Duration::from_millis(250);
    /// Less time says too little.
    const SPAN_MIN: Duration = Duration::from_millis(80);
    /// Packets kept at most.
    const PACKETS_MAX: usize = 4096;

    /// Takes in a packet that arrived.
    pub(super) fn add(&mut self, packet: &Arrival) {
        let Some(arrival) = packet.received else {
            return;
        };
        if let Some((_, last, _)) = self.packets.back()
            && last.abs_diff(arrival) > 4 * Self::WINDOW
        {
            // A long silence, or another clock.
            self.packets.clear();
            self.bytes = 0;
        }
        self.packets
            .push_back((packet.departure, arrival, packet.size));
        self.bytes += u64::from(packet.size);
        while let Some((_, first, size)) = self.packets.front()
            && (self.packets.len() > Self::PACKETS_MAX
                || arrival.saturating_sub(*first) > Self::WINDOW)
        {
            self.bytes -= u64::from(*size);
            self.packets.pop_front();
        }
    }

    /// The rates, if enough arrived to say.
    pub(super) fn rates(&self) -> Option<Rates> {
        let ((first_sent, first_arrived, first_size), (last_sent, last_arrived, _)) =
            (self.packets.front()?, self.packets.back()?);
        let arrived = last_arrived.saturating_sub(*first_arrived);
        let sent = last_sent.saturating_duration_since(*first_sent);
        if arrived < Self::SPAN_MIN {
            return None;
        }
        let bits = bits(self.bytes.saturating_sub(u64::from(*first_size)));
        Some(Rates {
            // All at once is as fast as they arrived.
            sent: if sent < Self::SPAN_MIN {
                bits / Self::SPAN_MIN.as_secs_f64()
            } else {
                bits / sent.as_secs_f64()
            },
            arrived: bits / arrived.as_secs_f64(),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "the bytes of a moment")]
fn bits(bytes: u64) -> f64 {
    bytes as f64 * 8.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(delivered: &mut Delivered, count: u64, sent_every: u64, arrived_every: u64) {
        let began = Instant::now();
        for number in 0..count {
            delivered.add(&Arrival {
                number,
                departure: began + Duration::from_millis(sent_every * number),
                received: Some(Duration::from_millis(1000 + arrived_every * number)),
                size: 1250,
                cluster: None,
            });
        }
    }

    #[test]
    fn what_arrives_and_what_was_sent_are_measured_over_the_same_packets() {
        let mut delivered = Delivered::default();
        packets(&mut delivered, 100, 5, 10);
        let rates = delivered.rates().unwrap();
        assert!((rates.arrived - 1e6).abs() < 1.0, "{rates:?}");
        assert!((rates.sent - 2e6).abs() < 1.0, "{rates:?}");
        assert_eq!(delivered.packets.len(), 26);
    }

    #[test]
    fn little_says_nothing() {
        let mut delivered = Delivered::default();
        assert_eq!(delivered.rates(), None);
        packets(&mut delivered, 5, 10, 10);
        assert_eq!(delivered.rates(), None);
    }

    #[test]
    fn a_silence_begins_anew() {
        let mut delivered = Delivered::default();
        packets(&mut delivered, 20, 10, 10);
        packets(&mut delivered, 20, 10, 10_000);
        assert_eq!(delivered.packets.len(), 1);
        assert_eq!(delivered.rates(), None);
    }
}
