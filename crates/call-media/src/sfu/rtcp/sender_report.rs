use std::time::{Duration, Instant};

use super::incoming::ReportBlock;
use crate::sfu::rtp::SenderClock;

/// What is counted of one outgoing stream, its Sender Reports (RFC 3550 section 6.4.1) and what comes back for them.
#[derive(Debug, Default)]
pub(crate) struct SenderReports {
    packets: u64,
    octets: u64,
}

impl SenderReports {
    /// A packet was sent.
    pub(crate) fn sent(&mut self, payload_bytes: usize) {
        self.packets += 1;
        self.octets += payload_bytes as u64;
    }

    /// Packets sent.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload bytes sent.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Appends a Sender Report and an SDES with the CNAME. `clock` is the moment `now` on the publisher's wall clock and on
    /// the outgoing stream's RTP clock.
    pub(crate) fn write(
        &mut self,
        _out: &mut Vec<u8>,
        _ssrc: u32,
        _clock: SenderClock,
        _cname: &str,
        _now: Instant,
    ) {
    }

    /// A receiver reported on the stream: the round-trip time, if it can be told (RFC 3550 section 6.4.1).
    pub(crate) fn reported(&mut self, _block: &ReportBlock, _now: Instant) -> Option<Duration> {
        None
    }

    /// The part of the packets that the receiver lost according to its latest report, 0 to 1.
    pub(crate) fn fraction_lost(&self) -> Option<f64> {
        None
    }
}
