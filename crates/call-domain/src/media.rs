use serde::{Deserialize, Serialize};

use crate::CallType;
use crate::name::names;

/// What a participant sends at the moment, as that participant's client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaState {
    /// The microphone is on.
    pub audio: bool,
    /// The camera is on.
    pub video: bool,
    /// The screen is shared.
    pub screen: bool,
}

/// A change of some parts of a [`MediaState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaChange {
    /// New state of the microphone, if it changes.
    pub audio: Option<bool>,
    /// New state of the camera, if it changes.
    pub video: Option<bool>,
    /// New state of screen sharing, if it changes.
    pub screen: Option<bool>,
}

/// What of a [`MediaState`] somebody else turns off; nobody else can turn it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaOff {
    /// The microphone.
    pub audio: bool,
    /// The camera.
    pub video: bool,
    /// Screen sharing.
    pub screen: bool,
}

impl MediaState {
    /// What a participant who takes a call of this type is taken to send until its client says
    /// otherwise.
    pub const fn at_start_of(call_type: CallType) -> Self {
        Self {
            audio: true,
            video: matches!(call_type, CallType::Video),
            screen: false,
        }
    }

    /// This state with the change applied.
    #[must_use]
    pub fn with(self, change: MediaChange) -> Self {
        Self {
            audio: change.audio.unwrap_or(self.audio),
            video: change.video.unwrap_or(self.video),
            screen: change.screen.unwrap_or(self.screen),
        }
    }

    /// This state without what is turned off.
    #[must_use]
    pub const fn without(self, off: MediaOff) -> Self {
        Self {
            audio: self.audio && !off.audio,
            video: self.video && !off.video,
            screen: self.screen && !off.screen,
        }
    }
}

/// How good a participant's connection is, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Nobody notices the network.
    Excellent,
    /// Small blemishes.
    Good,
    /// Noticeable: artefacts, short gaps.
    Fair,
    /// Hard to talk.
    Poor,
    /// No media arrives.
    Lost,
}

names!("quality", Quality {
    Excellent => "excellent",
    Good => "good",
    Fair => "fair",
    Poor => "poor",
    Lost => "lost",
});
