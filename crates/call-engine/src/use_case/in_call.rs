use std::sync::Arc;

use bytestring::ByteString;
use call_domain::{Address, Call, CallId, Recipients};

use crate::Engine;
use crate::roster::LiveCall;

/// The device is not in such a call. Whoever has no part in a call learns no more than whoever names a call that never
/// was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this device is not in such a call")]
pub struct NotInCall;

impl Engine {
    /// The live call that a device has taken and is not out of.
    pub(crate) fn call_of(&self, call: CallId, who: &Address) -> Result<Arc<LiveCall>, NotInCall> {
        let live = self.roster.get(call);
        live.filter(|live| is_in(&live.call, who)).ok_or(NotInCall)
    }

    /// Sends a frame to the other devices in a call.
    pub(crate) fn send_to_others(&self, live: &LiveCall, from: &Address, frame: &ByteString) {
        let mut devices = live.call.devices();
        devices.retain(|device| device != from);
        self.bus
            .send(&live.call, &Recipients::Devices(devices), frame);
    }
}

/// The user is in the call, with this device.
pub(crate) fn is_in(call: &Call, who: &Address) -> bool {
    call.participant(&who.user)
        .is_some_and(|user| user.is_present() && user.selected_device() == Some(&who.device))
}
