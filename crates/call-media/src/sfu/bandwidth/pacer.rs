use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How urgent a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Sound never waits.
    Audio,
    /// What was lost comes before what is new.
    Retransmission,
    /// Pictures.
    Video,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// Send it now; it was not kept.
    SendNow,
    /// It was kept; it comes out of [`Pacer::poll`].
    Queued,
    /// Too much waits, or for too long: this packet was not kept. Call [`Pacer::clear`], and ask for key frames.
    Full,
}

/// Spreads what goes to one peer over time, so that a frame does not fill the queue of its way at once. `T` is a packet that waits.
///
/// A bucket that empties at 2.5 times the estimate: whoever is sent what fits hardly ever waits, and whoever is sent more waits
/// here, where it can be given up.
#[derive(Debug)]
pub(crate) struct Pacer<T> {
    /// Bytes per second.
    rate: f64,
    /// Bytes that were sent ahead of time; below 0: that may be sent at once.
    level: f64,
    emptied: Instant,
    retransmissions: VecDeque<Waiting<T>>,
    pictures: VecDeque<Waiting<T>>,
    queued: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    size: usize,
    since: Instant,
    packet: T,
}

/// How much faster than the estimate packets leave.
const FACTOR: f64 = 2.5;
/// What may leave at once after a rest.
const BURST: Duration = Duration::from_millis(10);
/// Bytes that may leave at once however slow the way is: a few packets.
const BURST_MIN: f64 = 4_000.0;
/// The longest that a packet waits: later it is of no use.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// Bytes that may wait however slow the way is, and however fast.
const QUEUE_MIN: f64 = 32_768.0;
const QUEUE_MAX: f64 = 1_048_576.0;

impl<T> Pacer<T> {
    /// A pacer for a way that carries this many bits per second.
    pub(crate) fn new(now: Instant, estimate: u64) -> Self {
        Self {
            rate: rate(estimate),
            level: -BURST_MIN,
            emptied: now,
            retransmissions: VecDeque::new(),
            pictures: VecDeque::new(),
            queued: 0,
        }
    }

    /// The way carries this many bits per second now.
    pub(crate) fn set_estimate(&mut self, now: Instant, estimate: u64) {
        self.empty(now);
        self.rate = rate(estimate);
    }

    /// A packet of `size` bytes is to be sent. `keep` makes it one that can wait; it is not called for one that need not.
    pub(crate) fn offer(
        &mut self,
        now: Instant,
        class: Class,
        size: usize,
        keep: impl FnOnce() -> T,
    ) -> Offered {
        self.empty(now);
        let ahead = match class {
            Class::Audio => true,
            Class::Retransmission => self.level <= 0.0 && self.retransmissions.is_empty(),
            Class::Video => self.level <= 0.0 && self.queued == 0,
        };
        if ahead {
            self.fill(size);
            return Offered::SendNow;
        }
        if self.is_full(now, size) {
            return Offered::Full;
        }
        self.queued += size;
        let queue = match class {
            Class::Retransmission => &mut self.retransmissions,
            Class::Audio | Class::Video => &mut self.pictures,
        };
        queue.push_back(Waiting {
            size,
            since: now,
            packet: keep(),
        });
        Offered::Queued
    }

    /// A packet that has waited long enough; call it until there is none.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<T> {
        if self.queued == 0 {
            return None;
        }
        self.empty(now);
        if self.level > 0.0 {
            return None;
        }
        let next = self.retransmissions.pop_front();
        let waiting = next.or_else(|| self.pictures.pop_front())?;
        self.queued -= waiting.size;
        self.fill(waiting.size);
        Some(waiting.packet)
    }

    /// When to call [`Pacer::poll`]; none while nothing waits.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let due = if self.level > 0.0 {
            // Rounded up, so that it has come when it is said to come.
            let wait = Duration::from_secs_f64(self.level / self.rate);
            self.emptied + wait + Duration::from_micros(1)
        } else {
            self.emptied
        };
        (self.queued > 0).then_some(due)
    }

    /// Forgets what waits, and gives it back.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = T> {
        self.queued = 0;
        let retransmissions = self.retransmissions.drain(..);
        retransmissions
            .chain(self.pictures.drain(..))
            .map(|waiting| waiting.packet)
    }

    /// Bytes that wait.
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    #[expect(clippy::cast_precision_loss, reason = "at most QUEUE_MAX")]
    fn is_full(&self, now: Instant, size: usize) -> bool {
        let most = (self.rate * WAIT_MAX.as_secs_f64()).clamp(QUEUE_MIN, QUEUE_MAX);
        let longest = self.pictures.front().or(self.retransmissions.front());
        let waits = |waiting: &Waiting<T>| now.saturating_duration_since(waiting.since);
        (self.queued + size) as f64 > most || longest.map(waits) > Some(WAIT_MAX)
    }

    fn empty(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.emptied);
        if elapsed.is_zero() {
            return;
        }
        self.emptied = now;
        let burst = (self.rate * BURST.as_secs_f64()).max(BURST_MIN);
        self.level = (self.level - self.rate * elapsed.as_secs_f64()).max(-burst);
    }

    /// Sound is counted, but does not keep pictures waiting for longer than they may.
    #[expect(clippy::cast_precision_loss, reason = "the size of a packet")]
    fn fill(&mut self, size: usize) {
        let most = (self.rate * WAIT_MAX.as_secs_f64()).max(BURST_MIN);
        self.level = (self.level + size as f64).min(most);
    }
}

/// Bytes per second for an estimate in bits per second.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(estimate: u64) -> f64 {
    (FACTOR * estimate as f64 / 8.0).max(1.0)
}
