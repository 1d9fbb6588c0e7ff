use call_domain::{CallId, DeviceId, UserId};

use super::{IceCandidate, MediaCommand, Reaction, SignalError, StatsSample};

/// A frame of a client, read and within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientFrame {
    /// `session:hello`.
    Hello {
        /// A JWT, not checked yet.
        token: String,
        /// Which device.
        device: DeviceId,
    },
    /// `session:refresh`.
    Refresh {
        /// A JWT, not checked yet.
        token: String,
    },
    /// `session:ping`.
    Ping,
    /// For another participant.
    Signal(Signal),
    /// For the server.
    Command(ClientCommand),
}

/// Something that is passed on to another participant.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Which call.
    pub call: CallId,
    /// To whom.
    pub to: UserId,
    /// What.
    pub body: SignalBody,
}

/// What is passed on.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalBody {
    /// An SDP offer.
    Offer(String),
    /// An SDP answer.
    Answer(String),
    /// An ICE candidate; `None` is the end of candidates.
    IceCandidate(Option<IceCandidate>),
}

/// Something that a device asks of, or tells, the server about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientCommand {
    /// The device rings now.
    Alerting(CallId),
    /// Media flows on the device.
    Connected(CallId),
    /// The device wants the call as it is now.
    Sync(CallId),
    /// What the device measured.
    Stats {
        /// In which call.
        call: CallId,
        /// One sample for each peer.
        samples: Vec<StatsSample>,
    },
    /// The user shows an emoji.
    Reaction {
        /// In which call.
        call: CallId,
        /// Which.
        reaction: Reaction,
    },
    /// About the media that goes over the server.
    Media {
        /// Of which call.
        call: CallId,
        /// What.
        command: MediaCommand,
    },
}

impl ClientCommand {
    /// Which call it is about.
    pub const fn call(&self) -> CallId {
        match self {
            Self::Alerting(call)
            | Self::Connected(call)
            | Self::Sync(call)
            | Self::Stats { call, .. }
            | Self::Reaction { call, .. }
            | Self::Media { call, .. } => *call,
        }
    }
}

/// A frame that was read, or why it was not, with what an answer to it must name.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The message's `id`.
    pub id: Option<String>,
    /// The call that it names.
    pub call_id: Option<String>,
    /// The message.
    pub frame: Result<ClientFrame, SignalError>,
}
