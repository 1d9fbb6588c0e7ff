use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::SocketConfig;

/// A token bucket, kept as the one time at which it is full again (GCRA, ITU-T I.371).
#[derive(Debug)]
pub(super) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    pub(super) const fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes a token; false if none is left.
    pub(super) fn take(&mut self, config: &SocketConfig, now: Instant) -> bool {
        let each = Duration::from_secs(1) / config.messages_per_second.max(1);
        let next = self.full_at.max(now) + each;
        if next - now > each * config.message_burst.max(1) {
            return false;
        }
        self.full_at = next;
        true
    }
}

/// When the last errors happened.
#[derive(Debug, Default)]
pub(super) struct Errors {
    at: VecDeque<Instant>,
}

impl Errors {
    /// Counts an error; true if there are too many.
    pub(super) fn add(&mut self, config: &SocketConfig, now: Instant) -> bool {
        let recent = |at: &Instant| now.saturating_duration_since(*at) < config.error_window;
        while self.at.front().is_some_and(|at| !recent(at)) {
            self.at.pop_front();
        }
        self.at.push_back(now);
        self.at.len() > config.max_errors
    }
}

/// Pings, and what came back.
#[derive(Debug)]
pub(super) struct Heartbeat {
    due: Instant,
    waiting: bool,
    missed: u8,
}

/// Pings in a row without any sign of life after which a peer is lost.
const MOST_MISSED: u8 = 2;

/// What the heartbeat asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    Ping,
    Lost,
}

impl Heartbeat {
    pub(super) fn new(config: &SocketConfig, now: Instant) -> Self {
        Self {
            due: now + config.heartbeat,
            waiting: false,
            missed: 0,
        }
    }

    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// The peer sent something.
    pub(super) const fn alive(&mut self) {
        self.waiting = false;
        self.missed = 0;
    }

    pub(super) fn tick(&mut self, config: &SocketConfig, now: Instant) -> Beat {
        if now < self.due {
            return Beat::Nothing;
        }
        self.due = now + config.heartbeat.max(Duration::from_millis(1));
        if self.waiting {
            self.missed += 1;
            if self.missed >= MOST_MISSED {
                return Beat::Lost;
            }
        }
        self.waiting = true;
        Beat::Ping
    }
}
