use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::outgoing::{begin, finish};
use crate::sfu::rtp::SequenceExtender;

/// Tells a publisher which of its packets arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01): one for
/// each peer connection.
#[derive(Debug)]
pub(crate) struct FeedbackBuilder {
    epoch: Instant,
    count: u8,
    sequences: SequenceExtender,
    /// Arrivals that were not told yet, in ticks of 250 µs since the epoch.
    arrivals: BTreeMap<u64, i64>,
    /// The first number that was not told of yet.
    next: Option<u64>,
    media_ssrc: u32,
    due: Option<Instant>,
}

/// How often feedback is sent.
const INTERVAL: Duration = Duration::from_millis(50);
/// A tick of arrival times, and of the reference time of a packet in those ticks.
const TICK: Duration = Duration::from_micros(250);
const REFERENCE_TICKS: i64 = 256;
/// Numbers that one packet tells of at most: with two bytes for each it fits a datagram.
const STATUSES_MAX: u64 = 400;
/// Arrivals that are remembered at most; what comes beyond is told as lost.
const ARRIVALS_MAX: usize = 4096;

/// What a packet's status says (section 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Lost = 0,
    Small = 1,
    Large = 2,
}

impl FeedbackBuilder {
    /// Nothing came yet; times are told from `epoch` on.
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            count: 0,
            sequences: SequenceExtender::default(),
            arrivals: BTreeMap::new(),
            next: None,
            media_ssrc: 0,
            due: None,
        }
    }

    /// A packet with that transport-wide sequence number came.
    pub(crate) fn received(&mut self, sequence_number: u16, media_ssrc: u32, now: Instant) {
        let sequence = self.sequences.extend(sequence_number);
        self.media_ssrc = media_ssrc;
        let next = *self.next.get_or_insert(sequence);
        if sequence < next {
            // It was told as lost; its sender goes by that.
            return;
        }
        if self.arrivals.len() < ARRIVALS_MAX {
            let ticks = now.saturating_duration_since(self.epoch).as_micros() / TICK.as_micros();
            self.arrivals
                .insert(sequence, i64::try_from(ticks).unwrap_or(i64::MAX));
        }
        self.due.get_or_insert(now + INTERVAL);
    }

    /// Appends the feedback that is due, at most 1,200 bytes; false if there is none. Call it until there is none.
    pub(crate) fn poll(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, now: Instant) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let Some(begin) = self.begin() else {
            self.due = None;
            return false;
        };
        self.write(out, sender_ssrc, begin);
        if self.arrivals.is_empty() {
            self.due = None;
        }
        true
    }

    /// The first number to tell of. After a gap that is longer than a packet can tell of it begins behind it.
    fn begin(&self) -> Option<u64> {
        let (first, _) = self.arrivals.first_key_value()?;
        let next = self.next.unwrap_or(*first);
        if first - next > STATUSES_MAX / 2 {
            return Some(*first);
        }
        Some(next)
    }

    fn write(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, base: u64) {
        let first = self.arrivals.first_key_value();
        let reference = first.map_or(0, |(_, ticks)| ticks / REFERENCE_TICKS);
        let mut last = reference * REFERENCE_TICKS;
        let mut statuses = Vec::with_capacity(64);
        let mut deltas = Vec::with_capacity(64);
        while let Some((sequence, ticks)) = self.arrivals.first_key_value() {
            let (sequence, ticks) = (*sequence, *ticks);
            let missing = sequence - base - statuses.len() as u64;
            let Ok(delta) = i16::try_from(ticks - last) else {
                // Too far from the one before: it begins another packet.
                break;
            };
            if statuses.len() as u64 + missing >= STATUSES_MAX {
                break;
            }
            statuses.extend((0..missing).map(|_| Status::Lost));
            match u8::try_from(delta) {
                Ok(small) => {
                    statuses.push(Status::Small);
                    deltas.push(small);
                }
                Err(_) => {
                    statuses.push(Status::Large);
                    deltas.extend_from_slice(&delta.to_be_bytes());
                }
            }
            last = ticks;
            self.arrivals.pop_first();
        }
        self.next = Some(base + statuses.len() as u64);

        let start = begin(out, 15, 205, sender_ssrc);
        out.extend_from_slice(&self.media_ssrc.to_be_bytes());
        out.extend_from_slice(&((base & 0xffff) as u16).to_be_bytes());
        let count = u16::try_from(statuses.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        let [.., high, middle, low] = reference.to_be_bytes();
        out.extend_from_slice(&[high, middle, low, self.count]);
        self.count = self.count.wrapping_add(1);
        write_chunks(out, &statuses);
        out.extend_from_slice(&deltas);
        pad(out, start);
        finish(out, start);
    }
}

/// Run-length chunks for runs, vectors of seven two-bit symbols for the rest (section 3.1.2 to 3.1.4).
fn write_chunks(out: &mut Vec<u8>, mut statuses: &[Status]) {
    const VECTOR: usize = 7;
    const RUN_MAX: usize = 0x1fff;
    while let Some(first) = statuses.first() {
        let run = statuses.iter().take_while(|status| *status == first);
        let run = run.take(RUN_MAX).count();
        let chunk = if run >= VECTOR || run == statuses.len() {
            let chunk = (*first as u16) << 13 | u16::try_from(run).unwrap_or(0);
            statuses = &statuses[run..];
            chunk
        } else {
            let taken = statuses.len().min(VECTOR);
            let symbols = statuses[..taken].iter().enumerate();
            let chunk = symbols.fold(0xc000, |chunk, (at, status)| {
                chunk | (*status as u16) << (12 - 2 * at)
            });
            statuses = &statuses[taken..];
            chunk
        };
        out.extend_from_slice(&chunk.to_be_bytes());
    }
}

/// Pads the packet to whole words, and says so in its header (RFC 3550 section 6.4.1).
fn pad(out: &mut Vec<u8>, start: usize) {
    let padding = (4 - (out.len() - start) % 4) % 4;
    if padding > 0 {
        out.resize(out.len() + padding - 1, 0);
        out.push(u8::try_from(padding).unwrap_or(0));
        out[start] |= 0x20;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
        PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
    };

    use super::super::incoming::{Compound, Message};
    use super::*;

    /// Numbers and arrival times in microseconds, as another implementation reads them.
    fn read(feedback: &TransportLayerCc) -> (Vec<(u16, i64)>, u16) {
        let mut symbols = Vec::new();
        for chunk in &feedback.packet_chunks {
            match chunk {
                PacketStatusChunk::RunLengthChunk(run) => {
                    let count = usize::from(run.run_length);
                    symbols.extend(std::iter::repeat_n(run.packet_status_symbol, count));
                }
                PacketStatusChunk::StatusVectorChunk(vector) => {
                    symbols.extend_from_slice(&vector.symbol_list);
                }
            }
        }
        symbols.truncate(usize::from(feedback.packet_status_count));
        let mut time = i64::from(feedback.reference_time) * 64_000;
        let mut deltas = feedback.recv_deltas.iter();
        let mut arrived = Vec::new();
        for (number, symbol) in symbols.iter().enumerate() {
            if *symbol != SymbolTypeTcc::PacketNotReceived {
                time += deltas.next().unwrap().delta;
                let number = u16::try_from(number).unwrap();
                arrived.push((feedback.base_sequence_number.wrapping_add(number), time));
            }
        }
        let next = feedback
            .base_sequence_number
            .wrapping_add(feedback.packet_status_count);
        (arrived, next)
    }

    proptest! {
        #[test]
        fn what_arrived_is_told_once_with_its_time(
            steps in prop::collection::vec((1_u16..300, 0_u64..40_000), 1..400),
            first in any::<u16>(),
        ) {
            let epoch = Instant::now();
            let mut builder = FeedbackBuilder::new(epoch);
            let mut number = first;
            let mut time = 0;
            let mut expected = Vec::new();
            for (gap, pause) in steps {
                number = number.wrapping_add(if gap < 250 { 1 } else { gap - 248 });
                time += pause;
                builder.received(number, 5, epoch + Duration::from_micros(time));
                expected.push((number, i64::try_from(time / 250 * 250).unwrap()));
            }
            let late = epoch + Duration::from_micros(time) + INTERVAL;
            let mut told = Vec::new();
            let mut before = None;
            let mut out = Vec::new();
            while builder.poll(&mut out, 1, late) {
                prop_assert!(out.len() <= 1200);
                let messages: Vec<_> = Compound::parse(&out).unwrap().collect();
                let [Message::TransportFeedback(feedback)] = messages[..] else {
                    panic!("{messages:?}");
                };
                let feedback = feedback.decode().unwrap();
                if let Some(before) = before {
                    prop_assert!(feedback.base_sequence_number.wrapping_sub(before) < 1000);
                }
                let (arrived, next) = read(&feedback);
                told.extend(arrived);
                before = Some(next);
                out.clear();
            }
            prop_assert_eq!(told, expected);
        }
    }

    #[test]
    fn nothing_is_told_before_its_time_or_twice() {
        let epoch = Instant::now();
        let mut builder = FeedbackBuilder::new(epoch);
        let mut out = Vec::new();
        assert!(!builder.poll(&mut out, 1, epoch));
        builder.received(9, 5, epoch);
        assert!(!builder.poll(&mut out, 1, epoch + Duration::from_millis(49)));
        assert!(builder.poll(&mut out, 1, epoch + INTERVAL));
        assert!(!builder.poll(&mut out, 1, epoch + INTERVAL));
    }
}
