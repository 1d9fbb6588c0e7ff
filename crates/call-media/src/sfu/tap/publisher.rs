use super::clock::{Micros, RemoteClock};
use crate::sfu::Source;

/// Somebody who is recorded, over everything that it sends.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    /// The wall clock of its Sender Reports, which sound and picture share.
    pub(super) clock: RemoteClock,
    /// Streams that there are of it.
    streams: usize,
    /// When the latest frame of each source was captured.
    latest: [Option<Micros>; Source::ALL.len()],
}

impl Publisher {
    pub(super) fn began(&mut self) {
        self.streams += 1;
    }

    /// A stream ended. Who comes back may do so with another clock.
    pub(super) fn ended(&mut self) {
        self.streams = self.streams.saturating_sub(1);
        if self.streams == 0 {
            self.clock = RemoteClock::default();
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.streams == 0
    }

    /// The time of the next frame of a source: never the one of a frame before, or an earlier one.
    pub(super) fn next(&mut self, source: Source, captured: Micros) -> Micros {
        let latest = &mut self.latest[source.index()];
        let captured = latest.map_or(captured, |latest| captured.max(latest.saturating_add(1)));
        *latest = Some(captured);
        captured
    }
}
