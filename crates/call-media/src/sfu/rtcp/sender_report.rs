use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::incoming::ReportBlock;
use super::outgoing::{begin, finish, write_description};
use crate::sfu::rtp::SenderClock;

/// What is counted of one outgoing stream, its Sender Reports (RFC 3550 section 6.4.1) and what comes back for them.
#[derive(Debug, Default)]
pub(crate) struct SenderReports {
    packets: u64,
    octets: u64,
    /// The middle of the NTP time of the latest reports, and when they were sent.
    sent: VecDeque<(u32, Instant)>,
    fraction_lost: Option<u8>,
}

/// Reports that a receiver may refer to.
const SENT_MAX: usize = 8;

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
        out: &mut Vec<u8>,
        ssrc: u32,
        clock: SenderClock,
        cname: &str,
        now: Instant,
    ) {
        let start = begin(out, 0, 200, ssrc);
        out.extend_from_slice(&clock.ntp.to_be_bytes());
        out.extend_from_slice(&clock.rtp.to_be_bytes());
        // Counters of 32 bits wrap.
        out.extend_from_slice(&((self.packets & 0xffff_ffff) as u32).to_be_bytes());
        out.extend_from_slice(&((self.octets & 0xffff_ffff) as u32).to_be_bytes());
        finish(out, start);
        write_description(out, ssrc, cname);
        self.sent.push_back((middle(clock.ntp), now));
        if self.sent.len() > SENT_MAX {
            self.sent.pop_front();
        }
    }

    /// A receiver reported on the stream: the round-trip time, if it can be told (RFC 3550 section 6.4.1).
    pub(crate) fn reported(&mut self, block: &ReportBlock, now: Instant) -> Option<Duration> {
        self.fraction_lost = Some(block.fraction_lost);
        if block.last_sender_report == 0 {
            return None;
        }
        let (_, sent) = self
            .sent
            .iter()
            .find(|(middle, _)| *middle == block.last_sender_report)?;
        let held = Duration::from_secs(1) * block.delay / 65_536;
        now.saturating_duration_since(*sent).checked_sub(held)
    }

    /// The part of the packets that the receiver lost according to its latest report, 0 to 1.
    pub(crate) fn fraction_lost(&self) -> Option<f64> {
        self.fraction_lost.map(|lost| f64::from(lost) / 256.0)
    }
}

/// The middle 32 bits of an NTP time: what receivers refer to.
pub(super) fn middle(ntp: u64) -> u32 {
    (ntp >> 16 & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use super::super::incoming::{Compound, Message};
    use super::*;

    #[test]
    fn a_report_that_comes_back_tells_the_round_trip() {
        let start = Instant::now();
        let mut reports = SenderReports::default();
        reports.sent(100);
        reports.sent(50);
        let clock = SenderClock {
            ntp: 0x1234_5678_9abc_def0,
            rtp: 77,
        };
        let mut out = Vec::new();
        reports.write(&mut out, 9, clock, "cname", start);
        let messages: Vec<_> = Compound::parse(&out).unwrap().collect();
        let [Message::SenderReport { info, .. }] = &messages[..] else {
            panic!("{messages:?}");
        };
        assert_eq!((info.ssrc, info.ntp, info.rtp), (9, clock.ntp, 77));
        assert_eq!((info.packets, info.octets), (2, 150));
        let block = ReportBlock {
            ssrc: 9,
            fraction_lost: 64,
            lost: 0,
            highest_sequence: 0,
            jitter: 0,
            last_sender_report: 0x5678_9abc,
            delay: 65_536 / 2,
        };
        let now = start + Duration::from_millis(580);
        assert_eq!(
            reports.reported(&block, now),
            Some(Duration::from_millis(80))
        );
        assert_eq!(reports.fraction_lost(), Some(0.25));
    }

    #[test]
    fn a_report_that_was_never_sent_tells_nothing() {
        let mut reports = SenderReports::default();
        let block = ReportBlock {
            ssrc: 9,
            fraction_lost: 0,
            lost: 0,
            highest_sequence: 0,
            jitter: 0,
            last_sender_report: 5,
            delay: 0,
        };
        assert_eq!(reports.reported(&block, Instant::now()), None);
    }
}
