//! The way to the devices.

mod local;

use std::fmt::Debug;

use bytestring::ByteString;
use call_domain::{Address, Call, DeviceId, Recipients, UserId};

pub use local::LocalBus;

use crate::Present;

/// Carries frames to devices, and knows which of them are connected.
///
/// Nothing here waits, and nothing is durable: a frame for a device that is not connected is gone,
/// and presence is what was last heard. What must not be lost is in the store.
pub trait Bus: Debug + Send + Sync + 'static {
    /// Other nodes work on the same calls.
    fn is_shared(&self) -> bool;

    /// A device has its socket open, here or at another node.
    fn is_online(&self, who: &Address) -> bool;

    /// The devices of a user that have their sockets open.
    fn devices(&self, user: &UserId) -> Vec<DeviceId>;

    /// The name of a user who is online, if the credential said it.
    fn name(&self, user: &UserId) -> Option<String>;

    /// Everybody who is online, by user id.
    fn present(&self) -> Vec<Present>;

    /// A device has opened its socket here. Returns its user, if nobody was told yet
    /// that the user is online.
    fn opened(&self, who: &Address, name: Option<&str>) -> Option<Present>;

    /// A device has lost its socket here. Returns its user, if that was the last.
    fn closed(&self, who: &Address) -> Option<Present>;

    /// Sends a frame about a call to whoever of the recipients is connected.
    fn send(&self, about: &Call, to: &Recipients, frame: &ByteString);

    /// Sends a frame to one device; `false` if it is not connected.
    fn send_to(&self, to: &Address, frame: &ByteString) -> bool;

    /// Sends a frame to every device.
    fn send_to_all(&self, frame: &ByteString);
}
