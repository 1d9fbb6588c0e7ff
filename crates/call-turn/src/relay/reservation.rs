use std::time::Instant;

use foldhash::HashMap;
use parking_lot::Mutex;

use super::ports::RelayPort;

/// Ports that are kept for whoever brings the token (RFC 8656 section 18.7); shared by all relays
/// of a server, because that may be another 5-tuple's.
///
/// A kept port is taken from all other allocations of the server, but has no socket yet.
#[derive(Debug, Default)]
pub(crate) struct Reservations(Mutex<HashMap<[u8; 8], (RelayPort, Instant)>>);

impl Reservations {
    pub(super) fn keep(&self, token: [u8; 8], port: RelayPort, until: Instant) {
        self.0.lock().insert(token, (port, until));
    }

    /// Hands the port over, once.
    pub(super) fn claim(&self, token: [u8; 8], now: Instant) -> Option<RelayPort> {
        let mut kept = self.0.lock();
        kept.get(&token).filter(|(_, until)| *until > now)?;
        kept.remove(&token).map(|(port, _)| port)
    }

    /// The port of a token that nobody brought in time.
    pub(super) fn forget(&self, token: [u8; 8]) -> Option<RelayPort> {
        self.0.lock().remove(&token).map(|(port, _)| port)
    }
}
