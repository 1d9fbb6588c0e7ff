//! What devices in a call say about the media that goes through the media plane.
//!
//! Only the device with which a user is in the call is heard, and only while the call has a room.

mod answer;
mod candidate;
mod restart;
mod subscribe;
mod switched;

use call_domain::{Address, CallId};
use call_signal::wire::{MediaCommand, MediaSession};

use super::NotInCall;
use crate::Engine;
use crate::room::NoSession;

/// Why something about the media of a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The device is not in such a call.
    #[error(transparent)]
    NotInCall(#[from] NotInCall),
    /// The call has no room for this device: its media goes from peer to peer.
    #[error("the media of this call does not go over the server")]
    NotOnSfu,
    /// The device was never offered such a session, or long ago.
    #[error("no such media session")]
    UnknownSession,
}

impl From<NoSession> for MediaError {
    fn from(none: NoSession) -> Self {
        match none {
            NoSession::NoRoom => Self::NotOnSfu,
            NoSession::Unknown => Self::UnknownSession,
        }
    }
}

impl Engine {
    /// Passes on what a device in a call says about its media (`media:*`). Nothing waits; what the media plane makes of
    /// it comes back as [`Engine::media_event`].
    pub fn media_command(
        &self,
        call: CallId,
        who: &Address,
        command: MediaCommand,
    ) -> Result<(), MediaError> {
        let live = self.call_of(call, who)?;
        match command {
            MediaCommand::Answer {
                session,
                revision,
                sdp,
            } => self.media_answer(&live, who, session.as_str(), revision, sdp),
            MediaCommand::Candidate { session, candidate } => {
                self.media_candidate(&live, who, session.as_str(), candidate)
            }
            MediaCommand::Subscribe(views) => self.subscribe(&live, who, &views),
            MediaCommand::Restart(session) => {
                self.restart_media(&live, who, session.as_ref().map(MediaSession::as_str))
            }
            MediaCommand::Switched(to) => {
                self.switched(&live, who, to.into());
                Ok(())
            }
        }
    }
}
