use call_domain::Address;
use call_signal::wire::Signal;

use crate::Engine;
use crate::kept::TooMany;
use crate::message;

/// Why a signal was not relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// The sender is not in such a call with this device. Whoever has no part in a call learns no
    /// more than whoever names a call that never was.
    #[error("this device is not in such a call")]
    NotInCall,
    /// The recipient is not in the call.
    #[error("the recipient is not in the call")]
    PeerNotInCall,
    /// The recipient's connection is lost, and as many signals are kept as can be.
    #[error("the recipient is reconnecting and too many signals wait")]
    PeerReconnecting,
}

impl Engine {
    /// Passes a signal (SDP or ICE candidate) to the device with which another participant is in
    /// the call.
    ///
    /// Nothing is stored and nothing waits. Signals to somebody whose connection is lost are kept
    /// for a while, in order.
    pub fn relay(&self, from: &Address, signal: Signal) -> Result<(), RelayError> {
        let live = self.roster.get(signal.call).ok_or(RelayError::NotInCall)?;
        let sender = live
            .call
            .participant(&from.user)
            .ok_or(RelayError::NotInCall)?;
        if !sender.is_present() || sender.selected_device() != Some(&from.device) {
            return Err(RelayError::NotInCall);
        }
        let peer = live
            .call
            .participant(&signal.to)
            .filter(|peer| peer.is_present() && peer.user_id != from.user)
            .ok_or(RelayError::PeerNotInCall)?;
        let device = peer.selected_device().ok_or(RelayError::PeerNotInCall)?;
        let device = Address {
            user: signal.to.clone(),
            device: device.clone(),
        };
        let frame = message::signal(from, signal);
        let sent = live.line.kept.send_or_keep(&device.user, frame, |frame| {
            self.bus.send_to(&device, frame)
        });
        sent.map_err(|TooMany| RelayError::PeerReconnecting)
    }
}
