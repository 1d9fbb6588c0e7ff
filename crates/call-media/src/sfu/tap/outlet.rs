use std::time::{Duration, Instant};

use call_domain::UserId;
use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::FrameCodec;
use super::batch::{Batch, PacketRecord, Record};
use crate::sfu::rtp::SenderClock;
use crate::sfu::{SfuCounters, Source};

/// A room's ends of the queues to a reader.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(super) batches: Sender<Batch>,
    /// Batches that were read, to be filled again.
    pub(super) spare: Receiver<Batch>,
    /// Streams of which the reader needs a key frame.
    pub(super) asks: Receiver<u32>,
}

/// Where a room writes what a tap is to get. Never waits.
#[derive(Debug)]
pub(crate) struct Outlet {
    ends: Ends,
    batch: Batch,
    /// Since when something is in the batch.
    since: Option<Instant>,
    next_stream: u32,
    is_abandoned: bool,
}

/// How old what is in a batch may become. Waking the reader costs as much as some dozen packets, and nobody waits for it: what is held
/// here counts towards the second that a crash may take.
const AGE: Duration = Duration::from_millis(250);
/// Requests for key frames that are taken at a time.
const ASKS: usize = 64;

impl Outlet {
    pub(crate) fn new(ends: Ends) -> Self {
        Self {
            ends,
            batch: Batch::default(),
            since: None,
            next_stream: 0,
            is_abandoned: false,
        }
    }

    /// A stream begins: its number.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        user: UserId,
        source: Source,
        codec: FrameCodec,
    ) -> u32 {
        let stream = self.next_stream;
        self.next_stream = stream.wrapping_add(1);
        self.since.get_or_insert(now);
        self.batch.tell(Record::Began {
            stream,
            user,
            source,
            codec,
        });
        stream
    }

    /// A stream ends.
    pub(crate) fn end(&mut self, now: Instant, stream: u32) {
        self.since.get_or_insert(now);
        self.batch.end(stream);
    }

    /// The sender of a stream says what time it is.
    pub(crate) fn clock(&mut self, now: Instant, stream: u32, clock: SenderClock) {
        self.since.get_or_insert(now);
        self.batch.tell(Record::Clock {
            stream,
            clock,
            at: now,
        });
    }

    /// A packet of a stream.
    pub(crate) fn packet(
        &mut self,
        packet: PacketRecord,
        payload: &[u8],
        counters: &mut SfuCounters,
    ) {
        self.since.get_or_insert(packet.arrived);
        self.batch.push(packet, payload);
        counters.packets_tapped += 1;
        if self.batch.is_full() {
            self.hand_over(packet.arrived, counters);
        }
    }

    /// Hands over what is old enough.
    pub(crate) fn poll(&mut self, now: Instant, counters: &mut SfuCounters) {
        let is_due = |since: Instant| now.saturating_duration_since(since) >= AGE;
        if self.since.is_some_and(is_due) {
            self.hand_over(now, counters);
        }
    }

    /// Hands over what there is. What does not fit is dropped.
    pub(crate) fn hand_over(&mut self, now: Instant, counters: &mut SfuCounters) {
        self.since = None;
        if self.batch.is_empty() {
            return;
        }
        let next = self.ends.spare.try_recv().unwrap_or_default();
        let full = std::mem::replace(&mut self.batch, next);
        let (is_abandoned, mut refused) = match self.ends.batches.try_send(full) {
            Ok(()) => return,
            Err(TrySendError::Full(batch)) => (false, batch),
            Err(TrySendError::Disconnected(batch)) => (true, batch),
        };
        self.is_abandoned |= is_abandoned;
        counters.tap_packets_dropped += refused.drop_packets();
        self.batch = refused;
        self.since = Some(now);
    }

    /// The reader is gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    /// The streams of which the reader needs key frames.
    pub(crate) fn asks(&self) -> impl Iterator<Item = u32> + '_ {
        self.ends.asks.try_iter().take(ASKS)
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if !self.batch.is_empty() {
            // The reader that does not keep up misses it; nothing follows.
            let _ = self.ends.batches.try_send(std::mem::take(&mut self.batch));
        }
    }
}
