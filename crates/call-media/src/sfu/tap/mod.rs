//! The door of a recorder to the packets of a room: what its peers send, copied on its way and put together to frames again.
//!
//! [`tap`] makes both ends. The [`TapInlet`] goes to a room by [`super::Command::Tap`], with the people whose media may be copied; the
//! [`TapReader`] goes to a thread of the recorder, which gets [`TapEvent`]s of it. Between them is a bounded queue: the SFU never waits for a
//! reader. What does not fit is dropped and counted, the reader is told ([`TapEvent::Lost`]), and goes on with the next key frames.

mod assembler;
mod batch;
mod clock;
mod event;
mod frame;
mod outlet;
mod publisher;
mod reader;
mod red;
mod timing;
mod track;
mod window;

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::bounded;

#[cfg(feature = "fuzzing")]
pub(crate) use self::assembler::Assembler;
pub(crate) use self::batch::PacketRecord;
#[cfg(feature = "fuzzing")]
pub(crate) use self::batch::{Batch, Record};
pub use self::event::{EncodedFrame, FrameCodec, TapEvent};
pub(crate) use self::outlet::{Ends, Outlet};
pub use self::reader::TapReader;

/// Batches that are kept to be filled again.
const SPARE: usize = 8;
/// Requests for key frames that may wait for the room.
const ASKS: usize = 256;

/// Makes a tap. `capacity` is how many batches may wait for the reader, each of about 256 KiB or 250 ms: 128 (32 MiB at most) are a second
/// of a room that sends 250 Mbit/s, and half a minute of one that sends little.
pub fn tap(capacity: usize) -> (TapInlet, TapReader) {
    let (batches, filled) = bounded(capacity.max(1));
    let (emptied, spare) = bounded(SPARE);
    let (ask, asks) = bounded(ASKS);
    let ends = Ends {
        batches,
        spare,
        asks,
    };
    let inlet = TapInlet(Arc::new(Mutex::new(Some(ends))));
    (inlet, TapReader::new(filled, emptied, ask))
}

/// The end of a tap that is put into a room: by [`super::Command::Tap`], once. Clones are the same tap.
///
/// The first room that it comes to has it; given to another one, or again after it ended, nothing happens. The tap ends
/// ([`TapEvent::Ended`]) with [`super::Command::Untap`], with its room, with the SFU, or when all clones are dropped before a room has it.
#[derive(Clone)]
pub struct TapInlet(Arc<Mutex<Option<Ends>>>);

impl TapInlet {
    /// Ends a tap that has not come to a room: its command was not taken, or is not needed any more. One that is in a room is ended by
    /// [`super::Command::Untap`].
    pub fn close(&self) {
        self.take();
    }

    /// The way to the reader, once.
    pub(crate) fn take(&self) -> Option<Ends> {
        // Nothing panics with the lock held.
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.take()
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
