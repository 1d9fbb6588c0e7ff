use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};

use super::TapEvent;
use super::assembler::Assembler;
use super::batch::Batch;

/// The end of a tap that is read, on a thread of its own. Dropped, the tap ends.
pub struct TapReader {
    batches: Receiver<Batch>,
    /// Batches that were read, for the room to fill again.
    spare: Sender<Batch>,
    /// Streams of which a key frame is needed, for the room.
    asks: Sender<u32>,
    assembler: Assembler,
    has_ended: bool,
}

impl TapReader {
    pub(super) fn new(batches: Receiver<Batch>, spare: Sender<Batch>, asks: Sender<u32>) -> Self {
        Self {
            batches,
            spare,
            asks,
            assembler: Assembler::new(Instant::now(), SystemTime::now()),
            has_ended: false,
        }
    }

    /// Waits for what comes next, for so long. [`TapEvent::Ended`] is the last thing that comes, and comes again whenever it is asked for.
    ///
    /// It has to be called all the time: what is not read in time is lost.
    pub fn recv(&mut self, timeout: Duration) -> Option<TapEvent> {
        // Most events are there already: no clock is read for them.
        let mut until = None;
        loop {
            if let Some(event) = self.assembler.pop() {
                return Some(event);
            }
            if self.has_ended {
                return Some(TapEvent::Ended);
            }
            // What came counts before what is overdue: packets that repair a loss may be in it.
            match self.batches.try_recv() {
                Ok(batch) => self.take(batch),
                Err(TryRecvError::Disconnected) => self.end(),
                Err(TryRecvError::Empty) => {
                    let now = Instant::now();
                    self.assembler.poll(now);
                    if self.assembler.has_events() {
                        continue;
                    }
                    let end = *until.get_or_insert(now + timeout);
                    if now >= end {
                        return None;
                    }
                    self.wait(end);
                }
            }
        }
    }

    fn wait(&mut self, end: Instant) {
        let until = self.assembler.deadline().map_or(end, |due| due.min(end));
        match self.batches.recv_deadline(until) {
            Ok(batch) => self.take(batch),
            Err(RecvTimeoutError::Disconnected) => self.end(),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }

    fn take(&mut self, mut batch: Batch) {
        self.assembler.batch(&batch);
        batch.clear();
        // Enough are kept, or the room is gone.
        let _ = self.spare.try_send(batch);
        for stream in self.assembler.asks() {
            // Asked for again, if it does not come.
            let _ = self.asks.try_send(stream);
        }
    }

    fn end(&mut self) {
        self.assembler.finish();
        self.has_ended = true;
    }
}

impl std::fmt::Debug for TapReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TapReader")
            .field("has_ended", &self.has_ended)
            .finish_non_exhaustive()
    }
}
