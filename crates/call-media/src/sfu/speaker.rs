//! Who speaks, from audio levels (RFC 6464).

use std::time::{Duration, Instant};

/// News of who speaks comes at most this often.
pub(crate) const INTERVAL: Duration = Duration::from_millis(200);

/// Who speaks in a room, and who spoke last. `K` names a peer.
#[derive(Debug)]
pub(crate) struct Speakers<K> {
    active: Vec<K>,
    recent: Vec<K>,
}

impl<K: Copy + Eq> Speakers<K> {
    /// Nobody speaks.
    pub(crate) fn new() -> Self {
        Self {
            active: Vec::new(),
            recent: Vec::new(),
        }
    }

    /// A packet of somebody's microphone came with this level, in −dBov: 0 is the loudest, 127 silence.
    pub(crate) fn heard(&mut self, _now: Instant, _who: K, _level: u8) {}

    /// Somebody left, or was muted.
    pub(crate) fn remove(&mut self, _who: K) {}

    /// Weighs what was heard; true when [`Speakers::active`] or [`Speakers::recent`] has changed. Call it when
    /// [`Speakers::next_deadline`] has come.
    pub(crate) fn update(&mut self, _now: Instant) -> bool {
        false
    }

    /// When to call [`Speakers::update`]; none while it is quiet.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Who speaks, the loudest first.
    pub(crate) fn active(&self) -> &[K] {
        &self.active
    }

    /// Everybody who ever spoke, the last one first.
    pub(crate) fn recent(&self) -> &[K] {
        &self.recent
    }
}
