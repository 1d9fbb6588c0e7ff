//! Whether the peer is still there.

use std::time::{Duration, Instant};

use super::TransportState;

/// Silence after which the peer counts as disconnected: two checks of a browser were missed.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
/// Silence after which consent is gone (RFC 7675 section 5.1).
const FAILED_AFTER: Duration = Duration::from_secs(30);

/// When the peer was heard, and what follows from it.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    /// When an authentic check or packet came last.
    heard: Option<Instant>,
    state: TransportState,
    /// A state that there is no way out of.
    end: Option<TransportState>,
}

impl Liveness {
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    pub(super) fn state(&self) -> TransportState {
        self.state
    }

    /// It is over, for the first reason that is given.
    pub(super) fn end(&mut self, state: TransportState) {
        self.end.get_or_insert(state);
    }

    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// When the state may change by silence alone.
    pub(super) fn next_change(&self) -> Option<Instant> {
        let silence = match self.state {
            TransportState::Connecting | TransportState::Connected => DISCONNECTED_AFTER,
            TransportState::Disconnected => FAILED_AFTER,
            TransportState::New | TransportState::Failed | TransportState::Closed => return None,
        };
        self.heard.map(|heard| heard + silence)
    }

    /// The new state, if it is another one.
    pub(super) fn judge(&mut self, now: Instant, is_verified: bool) -> Option<TransportState> {
        let silent = self.heard.map(|heard| now.saturating_duration_since(heard));
        let state = match (self.end, silent) {
            (Some(end), _) => end,
            (None, None) => TransportState::New,
            (None, Some(silent)) if silent >= FAILED_AFTER => TransportState::Failed,
            (None, Some(silent)) if silent >= DISCONNECTED_AFTER => TransportState::Disconnected,
            (None, Some(_)) if is_verified => TransportState::Connected,
            (None, Some(_)) => TransportState::Connecting,
        };
        (std::mem::replace(&mut self.state, state) != state).then_some(state)
    }
}
