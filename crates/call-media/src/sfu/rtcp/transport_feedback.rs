use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc_shared::marshal::Unmarshal;

use super::outgoing::{begin, finish};
use crate::sfu::rtp::SequenceExtender;

/// How often feedback is sent.
const INTERVAL: Duration = Duration::from_millis(50);
/// A tick of arrival times, and of the reference time of a packet in those ticks (section 3.1.5).
const TICK: Duration = Duration::from_micros(250);
const REFERENCE_TICKS: i64 = 256;
/// Numbers that are remembered at most; those before the last so many are no longer told of.
const WINDOW: usize = 4096;
/// Numbers that are remembered although they were told of, in case that one of them comes late.
const TOLD: u64 = 256;
/// Bytes of a packet of feedback at most, and of its header.
const PACKET_MAX: usize = 1_200;
const HEADER: usize = 20;
/// Packets that feedback of a stranger may be about: some seconds of a fast sender.
const READ_MAX: u16 = 8_192;
/// Symbols of a status vector with two bits and with one (section 3.1.4).
const VECTOR: usize = 7;
const SHORT_VECTOR: usize = 14;

/// Transport-wide feedback that came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TransportFeedback<'a> {
    packet: &'a [u8],
}

/// Tells a publisher which of its packets arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01): one for
/// each peer connection.
///
/// A packet that comes after it was told to be missing is told of again, with all that came behind it: reordering is not loss.
#[derive(Debug)]
pub(crate) struct FeedbackBuilder {
    epoch: Instant,
    count: u8,
    sequences: SequenceExtender,
    /// When each number from `start` on came, in ticks since the epoch.
    arrivals: VecDeque<Option<i64>>,
    start: u64,
    /// The first number to be told of.
    next: u64,
    media_ssrc: u32,
    due: Option<Instant>,
    statuses: Vec<Status>,
    deltas: Vec<u8>,
}

/// What a packet's status says (section 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Lost = 0,
    Small = 1,
    Large = 2,
}

impl<'a> TransportFeedback<'a> {
    /// A packet whose times are all there and that is not about more packets than any sender has on its way; `body` is what
    /// follows its header, without the padding.
    pub(super) fn read(packet: &'a [u8], body: &[u8]) -> Option<Self> {
        let count = u16::from_be_bytes(*body.get(10..)?.first_chunk::<2>()?);
        let mut rest = body.get(16..)?;
        let mut left = usize::from(count);
        let mut times = 0;
        while left > 0 {
            let (chunk, after) = rest.split_first_chunk::<2>()?;
            rest = after;
            let chunk = u16::from_be_bytes(*chunk);
            let (told, bytes) = times_of(chunk, left);
            left -= told;
            times += bytes;
        }
        (count <= READ_MAX && times <= rest.len()).then_some(Self { packet })
    }

    /// As the estimator takes it; none if the library that reads it wants something else still. Its size is bounded by the size
    /// of the packet.
    pub(crate) fn decode(&self) -> Option<TransportLayerCc> {
        TransportLayerCc::unmarshal(&mut &*self.packet).ok()
    }
}

/// Of how many packets a chunk tells, at most `left`, and the bytes of their times.
fn times_of(chunk: u16, left: usize) -> (usize, usize) {
    let bytes = |symbol: u16| match symbol & 0x03 {
        1 => 1,
        2 => 2,
        _ => 0,
    };
    if chunk & 0x8000 == 0 {
        let told = usize::from(chunk & 0x1fff).min(left);
        return (told, told * bytes(chunk >> 13));
    }
    if chunk & 0x4000 == 0 {
        let told = SHORT_VECTOR.min(left);
        let times = (0..told).filter(|at| chunk >> (13 - at) & 1 == 1).count();
        return (told, times);
    }
    let told = VECTOR.min(left);
    let times = (0..told).map(|at| bytes(chunk >> (12 - 2 * at))).sum();
    (told, times)
}

impl FeedbackBuilder {
    /// Nothing came yet; times are told from `epoch` on.
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            count: 0,
            sequences: SequenceExtender::default(),
            arrivals: VecDeque::new(),
            start: 0,
            next: 0,
            media_ssrc: 0,
            due: None,
            statuses: Vec::new(),
            deltas: Vec::new(),
        }
    }

    /// A packet with that transport-wide sequence number came.
    pub(crate) fn received(&mut self, sequence_number: u16, media_ssrc: u32, now: Instant) {
        let sequence = self.sequences.extend(sequence_number);
        let end = self.start + self.arrivals.len() as u64;
        if self.arrivals.is_empty() || sequence >= end + WINDOW as u64 {
            self.arrivals.clear();
            self.start = sequence;
            self.next = sequence;
        }
        let Some(offset) = sequence.checked_sub(self.start) else {
            // It was told as lost long ago.
            return;
        };
        self.media_ssrc = media_ssrc;
        let length = (offset + 1).max(self.arrivals.len() as u64);
        // Within two windows.
        #[expect(clippy::cast_possible_truncation)]
        self.arrivals.resize(length as usize, None);
        #[expect(clippy::cast_possible_truncation)]
        if let Some(arrival @ None) = self.arrivals.get_mut(offset as usize) {
            let ticks = now.saturating_duration_since(self.epoch).as_micros() / TICK.as_micros();
            *arrival = Some(i64::try_from(ticks).unwrap_or(i64::MAX));
            self.next = self.next.min(sequence);
            self.due.get_or_insert(now + INTERVAL);
        }
        self.forget(length.saturating_sub(WINDOW as u64));
    }

    /// Appends the feedback that is due, at most 1,200 bytes; false if there is none. Call it until there is none.
    pub(crate) fn poll(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, now: Instant) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let base = self.next;
        let Some(reference) = self.collect(base) else {
            self.due = None;
            return false;
        };
        self.next = base + self.statuses.len() as u64;
        self.forget(self.next.saturating_sub(TOLD).saturating_sub(self.start));
        self.write(out, sender_ssrc, base, reference);
        true
    }

    /// Forgets so many of the oldest numbers.
    fn forget(&mut self, count: u64) {
        let count = usize::try_from(count)
            .map_or(self.arrivals.len(), |count| count.min(self.arrivals.len()));
        self.arrivals.drain(..count);
        self.start += count as u64;
        self.next = self.next.max(self.start);
    }

    /// Collects what one packet has to tell from a number on: its reference time. None if nothing came since.
    fn collect(&mut self, base: u64) -> Option<i64> {
        self.statuses.clear();
        self.deltas.clear();
        let skipped = usize::try_from(base.checked_sub(self.start)?).ok()?;
        let mut arrivals = self.arrivals.iter().skip(skipped).enumerate();
        let mut reference = None;
        let mut last = 0;
        // A run of lost packets takes a chunk for itself, and what is left of the one before.
        let mut symbols = 0;
        while let Some((at, ticks)) =
            arrivals.find_map(|(at, arrival)| arrival.map(|ticks| (at, ticks)))
        {
            if reference.is_none() {
                reference = Some(ticks / REFERENCE_TICKS);
                last = ticks - ticks % REFERENCE_TICKS;
            }
            let Ok(delta) = i16::try_from(ticks - last) else {
                // Too far from the one before: it begins another packet.
                break;
            };
            let missing = at - self.statuses.len();
            symbols += missing.min(2 * VECTOR) + 1;
            let size = HEADER + 2 * (symbols / VECTOR + 1) + self.deltas.len() + 2 + 3;
            if size > PACKET_MAX {
                break;
            }
            self.statuses.resize(at, Status::Lost);
            if let Ok(small) = u8::try_from(delta) {
                self.statuses.push(Status::Small);
                self.deltas.push(small);
            } else {
                self.statuses.push(Status::Large);
                self.deltas.extend_from_slice(&delta.to_be_bytes());
            }
            last = ticks;
        }
        reference
    }

    fn write(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, base: u64, reference: i64) {
        let start = begin(out, 15, 205, sender_ssrc);
        out.extend_from_slice(&self.media_ssrc.to_be_bytes());
        out.extend_from_slice(&((base & 0xffff) as u16).to_be_bytes());
        let count = u16::try_from(self.statuses.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        let [.., high, middle, low] = reference.to_be_bytes();
        out.extend_from_slice(&[high, middle, low, self.count]);
        self.count = self.count.wrapping_add(1);
        write_chunks(out, &self.statuses);
        out.extend_from_slice(&self.deltas);
        pad(out, start);
        finish(out, start);
    }
}

/// Run-length chunks for runs, vectors for the rest: of one bit for a symbol where no time is a large one (section 3.1.2 to
/// 3.1.4).
fn write_chunks(out: &mut Vec<u8>, mut statuses: &[Status]) {
    const RUN_MAX: usize = 0x1fff;
    while let Some(first) = statuses.first() {
        let run = statuses.iter().take_while(|status| *status == first);
        let run = run.take(RUN_MAX).count();
        let short = statuses.get(..statuses.len().min(SHORT_VECTOR));
        let short = short.filter(|some| !some.contains(&Status::Large));
        let (chunk, taken) =
            if run >= SHORT_VECTOR || run == statuses.len() || run >= VECTOR && short.is_none() {
                let chunk = (*first as u16) << 13 | u16::try_from(run).unwrap_or(0);
                (chunk, run)
            } else if let Some(some) = short {
                (vector(0x8000, some, 1), some.len())
            } else {
                let some = statuses.get(..VECTOR).unwrap_or(statuses);
                (vector(0xc000, some, 2), some.len())
            };
        statuses = statuses.get(taken..).unwrap_or_default();
        out.extend_from_slice(&chunk.to_be_bytes());
    }
}

/// Symbols of so many bits behind the two that say what they are.
fn vector(kind: u16, statuses: &[Status], bits: usize) -> u16 {
    let symbols = statuses.iter().enumerate();
    symbols.fold(kind, |chunk, (at, status)| {
        chunk | (*status as u16) << (14 - bits * (at + 1))
    })
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
                let [Message::TransportFeedback(feedback)] = &messages[..] else {
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

    /// Everything that is told until there is no more.
    fn told(builder: &mut FeedbackBuilder, now: Instant) -> Vec<(u16, i64)> {
        let mut told = Vec::new();
        let mut out = Vec::new();
        while builder.poll(&mut out, 1, now) {
            let messages: Vec<_> = Compound::parse(&out).unwrap().collect();
            let [Message::TransportFeedback(feedback)] = &messages[..] else {
                panic!("{messages:?}");
            };
            assert!(out.len() <= PACKET_MAX && out.len() % 4 == 0);
            told.extend(read(&feedback.decode().unwrap()).0);
            out.clear();
        }
        told
    }

    proptest! {
        #[test]
        fn whatever_comes_is_told_with_its_time_and_bounded(
            rounds in prop::collection::vec(
                prop::collection::vec((-60i64..80, 0u64..3_000_000), 1..60),
                1..12,
            ),
            jump in prop::option::of(0i64..12_000),
        ) {
            let epoch = Instant::now();
            let mut builder = FeedbackBuilder::new(epoch);
            let mut number = 70_000;
            let mut time = 0;
            for (round, packets) in rounds.iter().enumerate() {
                let mut expected = std::collections::BTreeMap::new();
                if round == 3 {
                    number += jump.unwrap_or(0);
                }
                for (step, pause) in packets {
                    number = (number + step).max(70_000);
                    // Long pauses are rare.
                    time += if pause % 7 == 0 { *pause } else { pause % 30_000 };
                    let wire = u16::try_from(number & 0xffff).unwrap();
                    builder.received(wire, 5, epoch + Duration::from_micros(time));
                    expected.entry(wire).or_insert(i64::try_from(time / 250 * 250).unwrap());
                }
                prop_assert!(builder.arrivals.len() <= WINDOW);
                let now = epoch + Duration::from_micros(time) + INTERVAL;
                let told: std::collections::HashMap<_, _> =
                    told(&mut builder, now).into_iter().collect();
                prop_assert_eq!(builder.due, None);
                for (wire, time) in expected {
                    // Those that came a second time keep their first, those that came too late are not told of.
                    if let Some(told) = told.get(&wire) {
                        prop_assert!(*told <= time);
                    }
                }
            }
        }

        #[test]
        fn feedback_of_strangers_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut packet = vec![0x8f, 205, 0, 0];
            packet.extend(&body);
            packet.resize(packet.len().next_multiple_of(4), 0);
            packet[3] = u8::try_from(packet.len() / 4 - 1).unwrap();
            if let Ok(messages) = Compound::parse(&packet) {
                for message in messages {
                    if let Message::TransportFeedback(feedback) = message
                        && let Some(feedback) = feedback.decode()
                    {
                        prop_assert!(feedback.packet_status_count <= READ_MAX);
                        prop_assert!(feedback.recv_deltas.len() <= packet.len());
                    }
                }
            }
        }
    }

    #[test]
    fn few_bytes_that_claim_many_packets_are_refused() {
        let mut packet = vec![0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0];
        // 8,000 packets that came, and no times.
        packet.extend([0x1f, 0x40, 0, 0, 0, 0, 0x3f, 0x40, 0, 0, 0, 0, 0, 0]);
        assert!(Compound::parse(&packet).is_err());
        // 60,000 that did not.
        packet[14..16].copy_from_slice(&60_000u16.to_be_bytes());
        packet[20..28].copy_from_slice(&[0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff]);
        assert!(Compound::parse(&packet).is_err());
    }

    #[test]
    fn what_comes_late_is_told_of_again_with_all_behind_it() {
        let epoch = Instant::now();
        let mut builder = FeedbackBuilder::new(epoch);
        let at = |millis: u64| epoch + Duration::from_millis(millis);
        builder.received(65_534, 5, at(0));
        builder.received(0, 5, at(10));
        assert_eq!(told(&mut builder, at(50)), [(65_534, 0), (0, 10_000)]);
        builder.received(65_535, 5, at(52));
        assert_eq!(told(&mut builder, at(102)), [(65_535, 52_000), (0, 10_000)]);
        // A second copy is no news.
        builder.received(65_535, 5, at(110));
        assert_eq!(builder.due, None);
    }

    #[test]
    fn a_long_loss_takes_few_bytes() {
        let epoch = Instant::now();
        let mut builder = FeedbackBuilder::new(epoch);
        builder.received(1, 5, epoch);
        builder.received(3_000, 5, epoch);
        let mut out = Vec::new();
        assert!(builder.poll(&mut out, 1, epoch + INTERVAL));
        assert!(out.len() <= 32, "{}", out.len());
        assert!(!builder.poll(&mut out, 1, epoch + INTERVAL));
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
