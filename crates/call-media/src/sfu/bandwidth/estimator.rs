use std::time::{Duration, Instant};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

/// Estimates what the way to one peer can carry.
#[derive(Debug)]
pub(crate) struct Estimator {
    next_sequence: u16,
}

/// Padding to be sent now, to find out whether more fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Bytes to send at once, in packets of RTX or padding, told of by [`Estimator::sent_probe`]. Fewer may be sent.
    pub(crate) bytes: usize,
}

impl Estimator {
    /// Nothing is known of the way yet.
    pub(crate) fn new(_now: Instant) -> Self {
        Self { next_sequence: 0 }
    }

    /// A packet is about to be sent; `size` is its bytes on the wire. The transport-wide sequence number to write into it.
    pub(crate) fn sent(&mut self, _now: Instant, _size: usize) -> u16 {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        sequence
    }

    /// A packet of a [`Probe`] is about to be sent.
    pub(crate) fn sent_probe(&mut self, now: Instant, size: usize) -> u16 {
        self.sent(now, size)
    }

    /// The peer said what it has received (transport-wide feedback).
    pub(crate) fn feedback(&mut self, _now: Instant, _feedback: &TransportLayerCc) {}

    /// The peer said in a receiver report which part of a stream it lost since the last one (0 to 1). Only used while there
    /// is no transport-wide feedback.
    pub(crate) fn receiver_report(&mut self, _now: Instant, _fraction_lost: f64) {}

    /// The round-trip time was measured.
    pub(crate) fn round_trip_time(&mut self, _round_trip: Duration) {}

    /// What would be sent if everything fitted, in bits per second: [`super::Allocation::wanted`]. Above the estimate it is
    /// worth probing for.
    pub(crate) fn want(&mut self, _now: Instant, _bits_per_second: u64) {}

    /// What the way carries, in bits per second.
    pub(crate) fn estimate(&self) -> u64 {
        1_000_000
    }

    /// When to call [`Estimator::poll`].
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Takes note of the time; the padding that is to be sent now, if any.
    pub(crate) fn poll(&mut self, _now: Instant) -> Option<Probe> {
        None
    }
}
