use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Batch, TapEvent};

/// The end of a tap that is read, on a thread of its own.
#[derive(Debug)]
pub struct TapReader {
    batches: Receiver<Batch>,
}

impl TapReader {
    pub(super) fn new(batches: Receiver<Batch>) -> Self {
        Self { batches }
    }

    /// Waits for what comes next, for so long. [`TapEvent::Ended`] is the last thing that comes, and comes again whenever it is asked for.
    pub fn recv(&mut self, timeout: Duration) -> Option<TapEvent> {
        match self.batches.recv_timeout(timeout) {
            Ok(_) | Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(TapEvent::Ended),
        }
    }
}
