use std::collections::VecDeque;
use std::time::Instant;

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
    /// The queue is full: this packet was not kept. Call [`Pacer::clear`], and ask for key frames.
    Full,
}

/// Spreads what goes to one peer over time. `T` is a packet that waits.
#[derive(Debug)]
pub(crate) struct Pacer<T> {
    queue: VecDeque<(usize, T)>,
}

impl<T> Pacer<T> {
    /// A pacer for a way that carries this many bits per second.
    pub(crate) fn new(_now: Instant, _estimate: u64) -> Self {
        Self {
            queue: VecDeque::new(),
        }
    }

    /// The way carries this many bits per second now.
    pub(crate) fn set_estimate(&mut self, _now: Instant, _estimate: u64) {}

    /// A packet of `size` bytes is to be sent. `keep` makes it one that can wait; it is not called for one that need not.
    pub(crate) fn offer(
        &mut self,
        _now: Instant,
        _class: Class,
        _size: usize,
        _keep: impl FnOnce() -> T,
    ) -> Offered {
        Offered::SendNow
    }

    /// A packet that has waited long enough; call it until there is none.
    pub(crate) fn poll(&mut self, _now: Instant) -> Option<T> {
        self.queue.pop_front().map(|(_, packet)| packet)
    }

    /// When to call [`Pacer::poll`]; none while nothing waits.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Forgets the pictures that wait, and gives them back.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = T> {
        self.queue.drain(..).map(|(_, packet)| packet)
    }

    /// Bytes that wait.
    pub(crate) fn queued(&self) -> usize {
        self.queue.iter().map(|(size, _)| size).sum()
    }
}
