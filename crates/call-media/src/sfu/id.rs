use std::fmt;
use std::sync::Arc;

/// Names a room. The embedder chooses it; it is never sent to peers by the SFU.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(Arc<str>);

impl RoomId {
    /// A room of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one peer connection of a peer; another value means that the peer has to make another
/// `RTCPeerConnection`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Arc<str>);

impl SessionId {
    /// Wraps what a client sent back; one that was never given out names no session.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The id as it is on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a participant may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The microphone.
    Audio,
    /// The camera.
    Video,
    /// A shared screen.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
}

impl Source {
    /// Every source, in the order of the offer's lines.
    pub const ALL: [Self; 4] = [Self::Audio, Self::Video, Self::Screen, Self::ScreenAudio];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Screen => "screen",
            Self::ScreenAudio => "screenAudio",
        }
    }

    /// The line of the offer on which a peer sends it (`a=mid`).
    pub const fn mid(self) -> &'static str {
        match self {
            Self::Audio => "a",
            Self::Video => "v",
            Self::Screen => "s",
            Self::ScreenAudio => "sa",
        }
    }

    /// Whether it is seen.
    pub const fn is_video(self) -> bool {
        match self {
            Self::Video | Self::Screen => true,
            Self::Audio | Self::ScreenAudio => false,
        }
    }
}

/// A simulcast layer, the smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// rid `q`: a quarter of the width and height.
    Low,
    /// rid `h`: half of the width and height.
    Medium,
    /// rid `f`, and everything that is not simulcast.
    High,
}

impl Layer {
    /// Every layer, the smallest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The restriction identifier (RFC 8851).
    pub const fn rid(self) -> &'static str {
        match self {
            Self::Low => "q",
            Self::Medium => "h",
            Self::High => "f",
        }
    }

    /// The layer of a restriction identifier.
    pub fn from_rid(rid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.rid() == rid)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Its place among the layers: 0, 1 or 2.
    pub const fn index(self) -> usize {
        match self {
            Self::Low => 0,
            Self::Medium => 1,
            Self::High => 2,
        }
    }
}
