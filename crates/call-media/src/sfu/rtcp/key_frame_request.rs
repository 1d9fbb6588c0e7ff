use std::time::Instant;

/// Makes few key-frame requests to a sender out of many of its receivers. One for each incoming layer.
#[derive(Debug, Default)]
pub(crate) struct KeyFrameRequests {
    wanted: bool,
}

impl KeyFrameRequests {
    /// Somebody needs a key frame.
    pub(crate) fn want(&mut self, _now: Instant) {
        self.wanted = true;
    }

    /// A key frame began: whoever waited has it.
    pub(crate) fn came(&mut self, _now: Instant) {
        self.wanted = false;
    }

    /// Nobody waits any more.
    pub(crate) fn cancel(&mut self) {
        self.wanted = false;
    }

    /// When to call [`Self::poll`]; none while nobody waits.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Whether a request is to be sent now.
    pub(crate) fn poll(&mut self, _now: Instant) -> bool {
        false
    }
}
