use std::time::Instant;

/// Tells a publisher which of its packets arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01): one for
/// each peer connection.
#[derive(Debug)]
pub(crate) struct FeedbackBuilder {
    count: u8,
}

impl FeedbackBuilder {
    /// Nothing came yet; times are told from `epoch` on.
    pub(crate) fn new(_epoch: Instant) -> Self {
        Self { count: 0 }
    }

    /// A packet with that transport-wide sequence number came.
    pub(crate) fn received(&mut self, _sequence_number: u16, _media_ssrc: u32, _now: Instant) {}

    /// When to call [`Self::poll`]; none while there is nothing to tell.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Appends the feedback that is due, at most 1,200 bytes; false if there is none. Call it until there is none.
    pub(crate) fn poll(&mut self, _out: &mut Vec<u8>, _sender_ssrc: u32, _now: Instant) -> bool {
        let _ = self.count;
        false
    }
}
