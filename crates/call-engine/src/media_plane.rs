use std::fmt::Debug;

use async_trait::async_trait;
use call_media::sfu::{Command, RoomId, RoomStats};

/// Forwards the media of calls that are not peer-to-peer: the seam to a selective forwarding unit.
///
/// The engine tells it what is to happen by [`MediaPlane::command`]; what came of it is told by
/// [`Engine::media_event`](crate::Engine::media_event). An engine without a media plane keeps every call peer-to-peer.
#[async_trait]
pub trait MediaPlane: Debug + Send + Sync + 'static {
    /// Asks something of a room. Never blocks, and never calls the engine back from within.
    ///
    /// The commands of a room are carried out in the order in which they come, and none is lost: a plane that does not
    /// keep up keeps them for later. What is refused is told as [`Event::Refused`](call_media::sfu::Event::Refused).
    fn command(&self, room: &RoomId, command: Command);

    /// A room as it is now; without peers if there is no such room, or nobody answered.
    async fn room_stats(&self, room: &RoomId) -> RoomStats;
}
