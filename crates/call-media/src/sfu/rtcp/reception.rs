use std::time::{Duration, Instant};

use super::incoming::ReportBlock;
use super::sender_report::middle;
use crate::sfu::rtp::{SenderClock, SequenceExtender};

/// What is counted of one incoming stream (RFC 3550 appendix A.3 and A.8).
#[derive(Debug)]
pub(crate) struct Reception {
    clock_rate: u32,
    sequences: SequenceExtender,
    first: Option<u64>,
    seen: Seen,
    packets: u64,
    /// Those that came twice, or after their retransmission.
    duplicates: u64,
    bytes: u64,
    retransmitted: u64,
    /// Expected and received when the last report was made.
    reported: (u64, u64),
    /// Of the latest packet with a timestamp of its own: that, and its way in ticks.
    transit: Option<(u32, i64)>,
    /// In ticks of the clock, times 16.
    jitter: u64,
    report: Option<(SenderClock, Instant)>,
    rate: Rate,
}

/// Which of the latest sequence numbers came.
#[derive(Debug)]
struct Seen {
    bits: [u64; SEEN / 64],
    highest: u64,
}

const SEEN: usize = 2048;

/// Bytes over the last second, in slots.
#[derive(Debug)]
struct Rate {
    slots: [u64; SLOTS],
    began: Option<Instant>,
    current: u64,
}

const SLOTS: usize = 10;
const SLOT_MILLIS: u64 = 100;

impl Reception {
    /// A stream of which nothing came yet.
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            sequences: SequenceExtender::default(),
            first: None,
            seen: Seen {
                bits: [0; SEEN / 64],
                highest: 0,
            },
            packets: 0,
            duplicates: 0,
            bytes: 0,
            retransmitted: 0,
            reported: (0, 0),
            transit: None,
            jitter: 0,
            report: None,
            rate: Rate {
                slots: [0; SLOTS],
                began: None,
                current: 0,
            },
        }
    }

    /// A packet came: its extended sequence number.
    pub(crate) fn received(
        &mut self,
        sequence_number: u16,
        timestamp: u32,
        payload_bytes: usize,
        now: Instant,
    ) -> u64 {
        let highest = self.sequences.highest();
        let sequence = self.sequences.extend(sequence_number);
        let first = *self.first.get_or_insert(sequence);
        self.first = Some(first.min(sequence));
        if !self.seen.insert(sequence) {
            self.duplicates += 1;
        }
        self.packets += 1;
        self.bytes += payload_bytes as u64;
        self.rate.add(now, payload_bytes as u64);
        if highest.is_none_or(|highest| sequence > highest) {
            self.observe_transit(timestamp, now);
        }
        sequence
    }

    /// A packet came as a retransmission: its extended sequence number; none if it is not missed.
    pub(crate) fn recovered(&mut self, sequence_number: u16, payload_bytes: usize) -> Option<u64> {
        let sequence = self.sequences.peek(sequence_number)?;
        let is_missed = self.first? < sequence && self.sequences.highest()? > sequence;
        if !is_missed || !self.seen.insert(sequence) {
            return None;
        }
        self.retransmitted += 1;
        self.bytes += payload_bytes as u64;
        Some(sequence)
    }

    /// The packets of a picture share a timestamp and are sent one after the other: only the first tells of the network.
    fn observe_transit(&mut self, timestamp: u32, now: Instant) {
        // Any fixed moment does: only differences count.
        let Some(began) = self.rate.began else {
            return;
        };
        let ticks = now.saturating_duration_since(began).as_micros() * u128::from(self.clock_rate)
            / 1_000_000;
        let arrival = (ticks & 0xffff_ffff) as u32;
        let transit = i64::from(arrival.wrapping_sub(timestamp).cast_signed());
        if let Some((latest, before)) = self.transit {
            if timestamp == latest {
                return;
            }
            let difference = (transit - before).unsigned_abs();
            // A clock that was set anew is no jitter.
            if difference < 5 * u64::from(self.clock_rate) {
                self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4).min(self.jitter);
            }
        }
        self.transit = Some((timestamp, transit));
    }

    /// A Sender Report of the stream came. One of a sender without a wall clock (zero, RFC 3550 section 6.4.1) tells nothing.
    pub(crate) fn sender_report(&mut self, ntp: u64, rtp: u32, now: Instant) {
        if ntp == 0 {
            return;
        }
        self.report = Some((SenderClock { ntp, rtp }, now));
    }

    /// The latest Sender Report, for [`crate::sfu::rtp::IncomingPacket`].
    pub(crate) fn clock(&self) -> Option<SenderClock> {
        self.report.map(|(clock, _)| clock)
    }

    /// The sender's wall clock (NTP format) and RTP clock now, reckoned from its latest report.
    pub(crate) fn clock_at(&self, now: Instant) -> Option<SenderClock> {
        let (clock, came) = self.report?;
        let since = now.saturating_duration_since(came);
        let fraction = (u128::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        // Wraps, as the clock itself does in 2036.
        #[expect(clippy::cast_possible_truncation)]
        let ntp = since.as_secs() << 32 | fraction as u64;
        let ticks = since.as_micros() * u128::from(self.clock_rate) / 1_000_000;
        Some(SenderClock {
            ntp: clock.ntp.wrapping_add(ntp),
            rtp: clock.rtp.wrapping_add((ticks & 0xffff_ffff) as u32),
        })
    }

    /// What is to be reported of the stream; begins a new interval. None before the first packet. Retransmissions repair no
    /// loss here: they are a stream of their own (RFC 4588 section 3), and the sender has to learn what its way loses.
    pub(crate) fn report(&mut self, ssrc: u32, now: Instant) -> Option<ReportBlock> {
        let highest = self.sequences.highest()?;
        let (expected, received) = (self.expected(), self.packets);
        let (expected_before, received_before) = self.reported;
        self.reported = (expected, received);
        let expected_since = expected.saturating_sub(expected_before);
        let received_since = received.saturating_sub(received_before);
        let lost_since = expected_since.saturating_sub(received_since);
        let fraction = (lost_since << 8).checked_div(expected_since).unwrap_or(0);
        let (last, delay) = self.report.map_or((0, 0), |(clock, came)| {
            let since = now.saturating_duration_since(came).as_micros() * 65_536 / 1_000_000;
            (middle(clock.ntp), u32::try_from(since).unwrap_or(u32::MAX))
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: i32::try_from(difference(expected, received)).unwrap_or(i32::MAX),
            // Counted from zero cycles on.
            highest_sequence: (highest.saturating_sub(1 << 16) & 0xffff_ffff) as u32,
            jitter: u32::try_from(self.jitter >> 4).unwrap_or(u32::MAX),
            last_sender_report: last,
            delay,
        })
    }

    fn expected(&self) -> u64 {
        match (self.first, self.sequences.highest()) {
            (Some(first), Some(highest)) => highest - first.min(highest) + 1,
            (Some(_) | None, _) => 0,
        }
    }

    /// Packets received, without retransmissions.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload bytes received.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets that came again.
    pub(crate) fn retransmitted_packets(&self) -> u64 {
        self.retransmitted
    }

    /// Packets lost for good so far.
    pub(crate) fn lost(&self) -> i64 {
        let came = self.packets - self.duplicates + self.retransmitted;
        difference(self.expected(), came)
    }

    /// Interarrival jitter.
    pub(crate) fn jitter(&self) -> Duration {
        let nanoseconds =
            u128::from(self.jitter >> 4) * 1_000_000_000 / u128::from(self.clock_rate.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// Bits per second of payload over the last second or so.
    pub(crate) fn bitrate(&self, now: Instant) -> u64 {
        self.rate.bits_per_second(now)
    }
}

fn difference(expected: u64, received: u64) -> i64 {
    i64::try_from(expected).unwrap_or(i64::MAX) - i64::try_from(received).unwrap_or(i64::MAX)
}

impl Seen {
    /// Takes note of a packet: whether it is the first of its number, as far as that is remembered.
    fn insert(&mut self, sequence: u64) -> bool {
        if sequence > self.highest {
            let skipped = (sequence - self.highest).min(SEEN as u64);
            for missed in sequence - skipped + 1..=sequence {
                let (word, bit) = Self::place(missed);
                self.bits[word] &= !bit;
            }
            self.highest = sequence;
        }
        if self.highest - sequence >= SEEN as u64 {
            return false;
        }
        let (word, bit) = Self::place(sequence);
        let is_first = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_first
    }

    fn place(sequence: u64) -> (usize, u64) {
        // Below the size.
        #[expect(clippy::cast_possible_truncation)]
        let at = (sequence % SEEN as u64) as usize;
        (at / 64, 1 << (at % 64))
    }
}

impl Rate {
    fn slot(&self, now: Instant) -> u64 {
        let since = self
            .began
            .map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX) / SLOT_MILLIS
    }

    fn place(slot: u64) -> usize {
        // Below the number of slots.
        #[expect(clippy::cast_possible_truncation)]
        let at = (slot % SLOTS as u64) as usize;
        at
    }

    fn add(&mut self, now: Instant, bytes: u64) {
        self.began.get_or_insert(now);
        let slot = self.slot(now);
        if slot > self.current {
            for passed in (self.current + 1..=slot).take(SLOTS) {
                self.slots[Self::place(passed)] = 0;
            }
            if slot - self.current >= SLOTS as u64 {
                self.slots = [0; SLOTS];
            }
            self.current = slot;
        }
        self.slots[Self::place(slot)] += bytes;
    }

    fn bits_per_second(&self, now: Instant) -> u64 {
        let Some(began) = self.began else {
            return 0;
        };
        let slot = self.slot(now);
        let gone = slot.saturating_sub(self.current);
        let oldest = slot.saturating_sub(SLOTS as u64 - 1);
        let bytes: u64 = if gone >= SLOTS as u64 {
            0
        } else {
            (oldest..=self.current)
                .map(|slot| self.slots[Self::place(slot)])
                .sum()
        };
        let lived = now.saturating_duration_since(began);
        let lived = u64::try_from(lived.as_millis()).unwrap_or(u64::MAX);
        // Since the oldest slot began. A stream that just began is not judged by its first moment.
        let counted = lived
            .saturating_sub(oldest * SLOT_MILLIS)
            .max(2 * SLOT_MILLIS);
        bytes * 8 * 1_000 / counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 90_000;

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    /// 25 packets a second of 1,000 bytes, without those whose place is in `lost`.
    fn stream(start: Instant, packets: u16, lost: &[u16]) -> Reception {
        let mut reception = Reception::new(RATE);
        for place in (0..packets).filter(|place| !lost.contains(place)) {
            let number = 65_500_u16.wrapping_add(place);
            let now = at(start, u64::from(place) * 40);
            reception.received(number, u32::from(place) * 3600, 1000, now);
        }
        reception
    }

    #[test]
    fn what_does_not_come_is_lost_and_what_comes_again_is_not() {
        let start = Instant::now();
        let mut reception = stream(start, 100, &[10, 50, 51]);
        assert_eq!((reception.packets(), reception.lost()), (97, 3));
        assert_eq!(
            reception.recovered(65_510, 1000).map(|s| s & 0xffff),
            Some(65_510)
        );
        assert_eq!(reception.recovered(65_510, 1000), None);
        assert_eq!(reception.recovered(65_511, 1000), None);
        assert_eq!(
            (reception.lost(), reception.retransmitted_packets()),
            (2, 1)
        );
        let block = reception.report(7, at(start, 4000)).unwrap();
        // The sender learns what its way loses, repaired or not.
        assert_eq!((block.lost, block.fraction_lost), (3, 7));
        assert_eq!(block.highest_sequence, 65_599);
        let again = reception.report(7, at(start, 5000)).unwrap();
        assert_eq!((again.lost, again.fraction_lost), (3, 0));
    }

    #[test]
    fn what_comes_after_its_retransmission_counts_once() {
        let start = Instant::now();
        let mut reception = stream(start, 100, &[10]);
        assert!(reception.recovered(65_510, 1000).is_some());
        reception.received(65_510, 36_000, 1000, at(start, 4000));
        assert_eq!((reception.packets(), reception.lost()), (100, 0));
        // Neither what was before the first packet nor what is not sent yet is missed.
        assert_eq!(reception.recovered(65_499, 1000), None);
        assert_eq!(reception.recovered(65_500u16.wrapping_add(100), 1000), None);
    }

    #[test]
    fn the_packets_of_a_picture_make_no_jitter() {
        let start = Instant::now();
        let mut reception = Reception::new(RATE);
        for place in 0..300_u16 {
            let (frame, part) = (u64::from(place / 3), u64::from(place % 3));
            let timestamp = u32::try_from(frame).unwrap() * 3600;
            reception.received(place, timestamp, 1000, at(start, frame * 40 + part * 5));
        }
        assert_eq!(reception.jitter(), Duration::ZERO);
    }

    #[test]
    fn a_sender_without_a_wall_clock_tells_nothing() {
        let start = Instant::now();
        let mut reception = stream(start, 10, &[]);
        reception.sender_report(0, 900, start);
        assert_eq!(reception.clock(), None);
    }

    #[test]
    fn an_even_stream_has_no_jitter_and_its_bitrate() {
        let start = Instant::now();
        let reception = stream(start, 100, &[]);
        assert_eq!(reception.jitter(), Duration::ZERO);
        for millisecond in (1_000..99 * 40).step_by(7) {
            let young = stream(start, u16::try_from(millisecond / 40 + 1).unwrap(), &[]);
            let rate = young.bitrate(at(start, millisecond));
            assert!(
                (190_000..=220_000).contains(&rate),
                "{rate} after {millisecond} ms"
            );
        }
        assert_eq!(reception.bitrate(at(start, 99 * 40 + 3000)), 0);
    }

    #[test]
    fn an_uneven_stream_has_jitter() {
        let start = Instant::now();
        let mut reception = Reception::new(RATE);
        for place in 0..200_u16 {
            let late = u64::from(place % 2) * 20;
            let now = at(start, u64::from(place) * 40 + late);
            reception.received(place, u32::from(place) * 3600, 1000, now);
        }
        let jitter = reception.jitter().as_millis();
        assert!((15..=21).contains(&jitter), "{jitter}");
    }

    #[test]
    fn a_report_refers_to_the_senders_latest() {
        let start = Instant::now();
        let mut reception = stream(start, 10, &[]);
        assert_eq!(reception.report(7, start).unwrap().last_sender_report, 0);
        reception.sender_report(0x1111_2222_3333_4444, 900, at(start, 1000));
        let block = reception.report(7, at(start, 1500)).unwrap();
        assert_eq!(block.last_sender_report, 0x2222_3333);
        assert_eq!(block.delay, 32_768);
        let clock = reception.clock_at(at(start, 1500)).unwrap();
        assert_eq!(clock.rtp, 900 + RATE / 2);
        assert_eq!(clock.ntp - 0x1111_2222_3333_4444, 1 << 31);
    }
}
