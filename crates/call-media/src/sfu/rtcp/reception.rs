use std::time::{Duration, Instant};

use super::incoming::ReportBlock;
use crate::sfu::rtp::SenderClock;

/// What is counted of one incoming stream (RFC 3550 appendix A.3 and A.8).
#[derive(Debug)]
pub(crate) struct Reception {
    clock_rate: u32,
    clock: Option<SenderClock>,
}

impl Reception {
    /// A stream of which nothing came yet.
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            clock: None,
        }
    }

    /// A packet came: its extended sequence number.
    pub(crate) fn received(
        &mut self,
        sequence_number: u16,
        _timestamp: u32,
        _payload_bytes: usize,
        _now: Instant,
    ) -> u64 {
        let _ = self.clock_rate;
        u64::from(sequence_number)
    }

    /// A packet came as a retransmission: its extended sequence number; none if it is not missed.
    pub(crate) fn recovered(&mut self, sequence_number: u16, _payload_bytes: usize) -> Option<u64> {
        Some(u64::from(sequence_number))
    }

    /// A Sender Report of the stream came.
    pub(crate) fn sender_report(&mut self, ntp: u64, rtp: u32, _now: Instant) {
        self.clock = Some(SenderClock { ntp, rtp });
    }

    /// The latest Sender Report, for [`crate::sfu::rtp::IncomingPacket`].
    pub(crate) fn clock(&self) -> Option<SenderClock> {
        self.clock
    }

    /// The sender's wall clock (NTP format) and RTP clock now, reckoned from its latest report.
    pub(crate) fn clock_at(&self, _now: Instant) -> Option<SenderClock> {
        self.clock
    }

    /// What is to be reported of the stream; begins a new interval. None before the first packet.
    pub(crate) fn report(&mut self, _ssrc: u32, _now: Instant) -> Option<ReportBlock> {
        None
    }

    /// Packets received, without retransmissions.
    pub(crate) fn packets(&self) -> u64 {
        0
    }

    /// Payload bytes received.
    pub(crate) fn bytes(&self) -> u64 {
        0
    }

    /// Packets that came again.
    pub(crate) fn retransmitted_packets(&self) -> u64 {
        0
    }

    /// Packets lost for good so far; negative if more came than were expected.
    pub(crate) fn lost(&self) -> i64 {
        0
    }

    /// Interarrival jitter.
    pub(crate) fn jitter(&self) -> Duration {
        Duration::ZERO
    }

    /// Bits per second of payload over the last second or so.
    pub(crate) fn bitrate(&self, _now: Instant) -> u64 {
        0
    }
}
