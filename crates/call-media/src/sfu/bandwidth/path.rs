//! A way to a peer, for tests: a queue of a certain length that empties at a certain rate, and feedback.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "made-up numbers, all of them small"
)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusVectorChunk, SymbolTypeTcc,
    TransportLayerCc,
};

/// What a way is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathSettings {
    /// Bits per second.
    pub(super) rate: f64,
    /// The most that a packet waits; more is dropped.
    pub(super) queue: Duration,
    /// Bytes that pass at once after a rest (a token bucket).
    pub(super) burst: f64,
    /// One way.
    pub(super) delay: Duration,
    /// How much longer packets take at random, at most.
    pub(super) jitter: Duration,
    /// Part of the packets that is lost at random.
    pub(super) loss: f64,
    /// How often there is feedback.
    pub(super) feedback: Duration,
}

impl PathSettings {
    pub(super) fn of_rate(rate: f64) -> Self {
        Self {
            rate,
            queue: Duration::from_millis(400),
            burst: 1500.0,
            delay: Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            feedback: Duration::from_millis(50),
        }
    }
}

/// The way itself.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) settings: PathSettings,
    began: Instant,
    tokens: f64,
    filled: Instant,
    /// Bytes that wait, each packet with the moment it came in.
    queue: VecDeque<(u16, usize, Instant)>,
    arrived: VecDeque<(u16, Instant)>,
    next_feedback: Instant,
    feedback: VecDeque<(Instant, TransportLayerCc)>,
    expected: u16,
    random: u64,
    pub(super) dropped: u64,
    pub(super) delivered_bytes: u64,
    pub(super) longest_wait: Duration,
}

impl Path {
    pub(super) fn new(now: Instant, settings: PathSettings) -> Self {
        Self {
            settings,
            began: now,
            tokens: settings.burst,
            filled: now,
            queue: VecDeque::new(),
            arrived: VecDeque::new(),
            next_feedback: now,
            feedback: VecDeque::new(),
            expected: 0,
            random: 0x9E37_79B9_7F4A_7C15,
            dropped: 0,
            delivered_bytes: 0,
            longest_wait: Duration::ZERO,
        }
    }

    pub(super) fn send(&mut self, now: Instant, sequence: u16, size: usize) {
        let waiting: usize = self.queue.iter().map(|(_, size, _)| size).sum();
        let wait = waiting as f64 * 8.0 / self.settings.rate;
        if wait > self.settings.queue.as_secs_f64() || self.chance() < self.settings.loss {
            self.dropped += 1;
            return;
        }
        self.queue.push_back((sequence, size, now));
    }

    /// Lets time pass; the feedback that has come back.
    pub(super) fn poll(&mut self, now: Instant) -> Option<TransportLayerCc> {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens += elapsed * self.settings.rate / 8.0;
        while let Some((sequence, size, came)) = self.queue.front().copied() {
            if self.tokens < size as f64 {
                break;
            }
            self.tokens -= size as f64;
            self.queue.pop_front();
            self.longest_wait = self.longest_wait.max(now - came);
            self.delivered_bytes += size as u64;
            let jitter = self.settings.jitter.mul_f64(self.chance());
            let at = now + self.settings.delay + jitter;
            let at = self.arrived.back().map_or(at, |(_, last)| at.max(*last));
            self.arrived.push_back((sequence, at));
        }
        self.tokens = self.tokens.min(self.settings.burst);
        if now >= self.next_feedback {
            self.next_feedback = now + self.settings.feedback;
            if let Some(feedback) = self.report(now) {
                self.feedback
                    .push_back((now + self.settings.delay, feedback));
            }
        }
        let ready = self.feedback.front().is_some_and(|(at, _)| *at <= now);
        ready.then(|| self.feedback.pop_front().unwrap().1)
    }

    fn report(&mut self, now: Instant) -> Option<TransportLayerCc> {
        let mut packets = Vec::new();
        while let Some((sequence, at)) = self.arrived.front().copied()
            && at <= now
        {
            self.arrived.pop_front();
            packets.push((sequence, at));
        }
        let feedback = feedback(self.began, self.expected, &packets)?;
        self.expected = packets.last().unwrap().0.wrapping_add(1);
        Some(feedback)
    }

    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A feedback that says when these packets arrived, and that those between did not.
pub(super) fn feedback(
    began: Instant,
    base: u16,
    packets: &[(u16, Instant)],
) -> Option<TransportLayerCc> {
    let (_, first) = packets.first()?;
    let (last, _) = packets.last()?;
    let quarters = |at: Instant| (at - began).as_micros() as i64 / 250;
    let reference = quarters(*first) / 256;
    let mut previous = reference * 256;
    let mut packet_chunks = Vec::new();
    let mut recv_deltas = Vec::new();
    let mut symbols = Vec::new();
    let mut sequence = base;
    let mut rest = packets.iter().peekable();
    loop {
        if rest.peek().is_some_and(|(number, _)| *number == sequence) {
            let at = quarters(rest.next().unwrap().1);
            let delta = at - previous;
            previous = at;
            let symbol = if (0..256).contains(&delta) {
                SymbolTypeTcc::PacketReceivedSmallDelta
            } else {
                SymbolTypeTcc::PacketReceivedLargeDelta
            };
            recv_deltas.push(RecvDelta {
                type_tcc_packet: symbol,
                delta: delta * 250,
            });
            symbols.push(symbol);
        } else {
            symbols.push(SymbolTypeTcc::PacketNotReceived);
        }
        if sequence == *last {
            break;
        }
        sequence = sequence.wrapping_add(1);
    }
    let packet_status_count = symbols.len() as u16;
    for (index, chunk) in symbols.chunks(7).enumerate() {
        // Both kinds of chunks occur.
        if index % 3 == 0 && chunk.iter().all(|symbol| *symbol == chunk[0]) {
            packet_chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                packet_status_symbol: chunk[0],
                run_length: chunk.len() as u16,
                ..RunLengthChunk::default()
            }));
        } else {
            packet_chunks.push(PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                symbol_list: chunk.to_vec(),
                ..StatusVectorChunk::default()
            }));
        }
    }
    Some(TransportLayerCc {
        base_sequence_number: base,
        packet_status_count,
        reference_time: reference as u32,
        packet_chunks,
        recv_deltas,
        ..TransportLayerCc::default()
    })
}
