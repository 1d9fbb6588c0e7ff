use std::time::{Duration, Instant};

/// Finds out which packets of an incoming stream are missing, and when to ask for them (again).
#[derive(Debug)]
pub(crate) struct NackGenerator {
    missing: Vec<u64>,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NackRound<'a> {
    /// To be asked for, ascending.
    pub(crate) ask: &'a [u16],
    /// Packets were given up since the last round: only a key frame repairs that.
    pub(crate) gave_up: bool,
}

impl NackGenerator {
    /// Nothing is missing.
    pub(crate) fn new() -> Self {
        Self {
            missing: Vec::new(),
        }
    }

    /// A packet came, by itself or as a retransmission.
    pub(crate) fn received(&mut self, _sequence: u64, _starts_key_frame: bool, _now: Instant) {}

    /// When to call [`Self::poll`]; none while nothing is missing.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// What is to be done now.
    pub(crate) fn poll(&mut self, _now: Instant, _round_trip: Duration) -> NackRound<'_> {
        let _ = &self.missing;
        NackRound {
            ask: &[],
            gave_up: false,
        }
    }
}
