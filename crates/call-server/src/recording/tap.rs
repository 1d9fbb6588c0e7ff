use std::fmt::Debug;
use std::time::Duration;

use call_media::sfu::{self, Command, RoomId, TapEvent, TapInlet, TapReader};

use crate::sfu::EmbeddedSfu;

/// Batches that may wait for a recorder's thread: half a second of the liveliest room, seconds of any other.
const CAPACITY: usize = 128;

/// Where frames come from.
pub(super) trait Frames: Send {
    /// Waits for what comes next, for so long.
    fn recv(&mut self, timeout: Duration) -> Option<TapEvent>;
}

impl Frames for TapReader {
    fn recv(&mut self, timeout: Duration) -> Option<TapEvent> {
        Self::recv(self, timeout)
    }
}

/// The rooms in which people are heard and seen.
pub(super) trait Rooms: Debug + Send + Sync + 'static {
    /// A tap, and the end of it that is read.
    fn tap(&self) -> (TapInlet, Box<dyn Frames>);

    /// Tells a room something; in order with everything else that it is told. `false`: it will not be.
    fn command(&self, room: &RoomId, command: Command) -> bool;
}

impl Rooms for EmbeddedSfu {
    fn tap(&self) -> (TapInlet, Box<dyn Frames>) {
        let (inlet, reader) = sfu::tap(CAPACITY);
        (inlet, Box::new(reader))
    }

    fn command(&self, room: &RoomId, command: Command) -> bool {
        self.pass(room, command)
    }
}
