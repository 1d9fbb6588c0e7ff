use call_domain::UserId;

use super::{Layer, RoomId, SessionId, Source};

/// What an SFU tells its embedder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Give this offer to the peer.
    Offer {
        /// In which room.
        room: RoomId,
        /// To whom.
        peer: UserId,
        /// The offer.
        offer: Offer,
    },
    /// Media can flow between the peer and the SFU: ICE and DTLS are done.
    Connected {
        /// In which room.
        room: RoomId,
        /// Who.
        peer: UserId,
        /// Which session.
        session: SessionId,
    },
    /// Nothing was heard from the peer for a while. Its session stays, for a restart.
    Disconnected {
        /// In which room.
        room: RoomId,
        /// Who.
        peer: UserId,
        /// Which session.
        session: SessionId,
    },
    /// What the peer gets of what it asked for: the whole state.
    Streams {
        /// In which room.
        room: RoomId,
        /// Who.
        peer: UserId,
        /// One entry for each picture that it asked for.
        streams: Vec<StreamState>,
    },
    /// Who speaks, the loudest first; empty when nobody does.
    Speakers {
        /// In which room.
        room: RoomId,
        /// To whom this is news: everybody in the room.
        users: Vec<UserId>,
    },
    /// What of a peer's pictures is looked at: larger layers need not be sent. The whole state, on change.
    Wanted {
        /// In which room.
        room: RoomId,
        /// To whom.
        peer: UserId,
        /// Its camera and its screen, as far as it sends them.
        streams: Vec<WantedLayer>,
    },
    /// A command could not be carried out.
    Refused {
        /// In which room.
        room: RoomId,
        /// Whose command.
        peer: UserId,
        /// Why.
        refusal: Refusal,
    },
}

/// An offer of the SFU to one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which peer connection; an unknown one means a new `RTCPeerConnection`.
    pub session: SessionId,
    /// Counts the offers of the session, from 1.
    pub revision: u32,
    /// The SDP.
    pub sdp: String,
    /// The lines on which the peer sends.
    pub publish: PublishMids,
    /// The lines on which the peer gets something, as they are once this offer is applied.
    pub tracks: Vec<Track>,
}

/// The lines (`a=mid`) on which a peer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishMids {
    /// The microphone.
    pub audio: String,
    /// The camera.
    pub video: String,
    /// The screen.
    pub screen: String,
    /// The screen's sound.
    pub screen_audio: String,
}

/// What a line of an offer carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The line.
    pub mid: String,
    /// Whose.
    pub user: UserId,
    /// What.
    pub source: Source,
}

/// How a picture that a peer asked for comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamState {
    /// Whose.
    pub user: UserId,
    /// Camera or screen.
    pub source: Source,
    /// The layer that is sent.
    pub layer: Option<Layer>,
    /// Why nothing is sent.
    pub paused: Option<PausedReason>,
}

/// The largest layer of a picture that anybody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedLayer {
    /// Camera or screen.
    pub source: Source,
    /// At least the smallest, so that whoever begins to look sees something.
    pub layer: Layer,
}

/// Why a picture is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PausedReason {
    /// The way to the peer is too narrow.
    Bandwidth,
    /// Nothing is sent by its owner.
    Muted,
    /// More cameras than a peer gets are on, and this one's owner has not spoken lately.
    LastN,
    /// The peer does not take the codec.
    Codec,
}

impl PausedReason {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bandwidth => "bandwidth",
            Self::Muted => "muted",
            Self::LastN => "last_n",
            Self::Codec => "codec",
        }
    }
}

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such peer.
    #[error("this peer is not in the room")]
    NotInRoom,
    /// There is no such session (any more).
    #[error("this session is not known; ask for a new one")]
    UnknownSession,
    /// The answer is for another offer than the one that is open.
    #[error("this answer is for another offer")]
    StaleAnswer,
    /// The SDP cannot be read, is too large or does not fit the offer.
    #[error("the SDP answer is not valid")]
    BadSdp,
    /// The candidate cannot be read.
    #[error("the candidate is not valid")]
    BadCandidate,
    /// The room, or the SFU, is full.
    #[error("there is no room for more")]
    Full,
}
