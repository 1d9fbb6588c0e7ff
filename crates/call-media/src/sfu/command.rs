use std::collections::BTreeSet;

use call_domain::UserId;

use super::{SessionId, Source, TapInlet};

/// What the embedder asks of a room. Every command names one peer of it, but for those about taps and [`Command::CloseRoom`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A peer comes in: an [`super::Event::Offer`] of a new session follows. A peer who is in already gets a new session and
    /// keeps the old one until the new one has media.
    Join {
        /// Who.
        peer: UserId,
        /// What it may send; the rest is dropped.
        publication: Publication,
    },
    /// A peer answers an offer (RFC 8829).
    Answer {
        /// Who.
        peer: UserId,
        /// Which session.
        session: SessionId,
        /// Which offer.
        revision: u32,
        /// The SDP.
        sdp: String,
    },
    /// A candidate of a peer. It is checked and counted; the way to a peer is learnt from its own checks (ICE-lite).
    Candidate {
        /// Who.
        peer: UserId,
        /// Which session.
        session: SessionId,
        /// `candidate:…`, RFC 8839; empty for the end of candidates.
        candidate: String,
    },
    /// A peer asks for an ICE restart of that session, or for a new session.
    Restart {
        /// Who.
        peer: UserId,
        /// The session whose path broke; none: a new session.
        session: Option<SessionId>,
    },
    /// What a peer wants to see: the whole wish.
    Subscribe {
        /// Who.
        peer: UserId,
        /// What.
        subscription: Subscription,
    },
    /// What a peer may send from now on.
    Publish {
        /// Who.
        peer: UserId,
        /// The rest is dropped.
        publication: Publication,
    },
    /// A peer goes out: its connection ends, what it sent ends.
    Leave {
        /// Who.
        peer: UserId,
    },
    /// Copies what these people send to a tap, in the room or yet to come: the whole wish. What is not named is not copied from this command on.
    /// The first one puts the tap into the room, which need not have a peer yet; a room has two at most, a third one ends at once.
    Tap {
        /// Which.
        tap: TapInlet,
        /// Whose media.
        people: BTreeSet<UserId>,
    },
    /// A tap ends. Its reader gets what was copied until now.
    Untap {
        /// Which.
        tap: TapInlet,
    },
    /// The room ends, with everybody in it and its taps.
    CloseRoom,
}

impl Command {
    /// Whose command it is.
    pub const fn peer(&self) -> Option<&UserId> {
        match self {
            Self::Join { peer, .. }
            | Self::Answer { peer, .. }
            | Self::Candidate { peer, .. }
            | Self::Restart { peer, .. }
            | Self::Subscribe { peer, .. }
            | Self::Publish { peer, .. }
            | Self::Leave { peer } => Some(peer),
            Self::Tap { .. } | Self::Untap { .. } | Self::CloseRoom => None,
        }
    }
}

/// What a peer may send: the packets of other sources are dropped, and the others are told that the source is muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// The microphone.
    pub audio: bool,
    /// The camera.
    pub video: bool,
    /// The screen and its sound.
    pub screen: bool,
}

impl Publication {
    /// Everything.
    pub const ALL: Self = Self {
        audio: true,
        video: true,
        screen: true,
    };

    /// Whether a source may be sent.
    pub const fn allows(self, source: Source) -> bool {
        match source {
            Source::Audio => self.audio,
            Source::Video => self.video,
            Source::Screen | Source::ScreenAudio => self.screen,
        }
    }
}

/// What a peer wants to see. Sound is not asked for: it always comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscription {
    /// One entry for each picture on the screen; what is not named is not sent.
    pub views: Vec<View>,
}

/// One picture on a peer's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Whose.
    pub user: UserId,
    /// Camera or screen.
    pub source: Source,
    /// Its width in device pixels.
    pub width: u32,
    /// Its height in device pixels.
    pub height: u32,
    /// It comes first where not everything fits.
    pub pinned: bool,
}
