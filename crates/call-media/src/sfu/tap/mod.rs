//! The door of a recorder to the packets of a room: what its peers send, copied on its way and put together to frames again.
//!
//! [`tap`] makes both ends. The [`TapInlet`] goes to a room by [`super::Command::Tap`], with the people whose media may be copied; the
//! [`TapReader`] goes to a thread of the recorder, which gets [`TapEvent`]s of it. Between them is a bounded queue: the SFU never waits for a
//! reader. What does not fit is dropped and counted, the reader is told ([`TapEvent::Lost`]), and goes on with the next key frames.

mod batch;
mod event;
mod reader;

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Sender, bounded};

pub(crate) use self::batch::Batch;
pub use self::event::{EncodedFrame, FrameCodec, TapEvent};
pub use self::reader::TapReader;

/// Makes a tap. `capacity` is how many batches may wait for the reader, each of about 64 KiB or 20 ms: 256 (16 MiB at most) are half a
/// second of a room that sends 250 Mbit/s, and five seconds of one that sends little.
pub fn tap(capacity: usize) -> (TapInlet, TapReader) {
    let (sender, receiver) = bounded(capacity.max(1));
    let inlet = TapInlet(Arc::new(Mutex::new(Some(sender))));
    (inlet, TapReader::new(receiver))
}

/// The end of a tap that is put into a room: by [`super::Command::Tap`], once. Clones are the same tap.
///
/// The first room that it comes to has it; given to another one, or again after it ended, nothing happens. The tap ends
/// ([`TapEvent::Ended`]) with [`super::Command::Untap`], with its room, with the SFU, or when all clones are dropped before a room has it.
#[derive(Clone)]
pub struct TapInlet(Arc<Mutex<Option<Sender<Batch>>>>);

impl TapInlet {
    /// Ends a tap that has not come to a room: its command was not taken, or is not needed any more.
    pub fn close(&self) {
        self.take();
    }

    /// The way to the reader, once.
    pub(crate) fn take(&self) -> Option<Sender<Batch>> {
        // Nothing panics with the lock held.
        let mut sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sender.take()
    }
}

impl PartialEq for TapInlet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for TapInlet {}

impl std::fmt::Debug for TapInlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TapInlet").finish_non_exhaustive()
    }
}
