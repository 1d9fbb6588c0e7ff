use serde::{Deserialize, Serialize};

/// Gives a closed set of words its wire type.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $case:literal { $($(#[$about:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = $case)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$about])* $variant),+
        }
    };
}

words!(
    /// What a participant can send.
    MediaSource, "camelCase" {
        /// The microphone.
        Audio,
        /// The camera.
        Video,
        /// A shared screen.
        Screen,
        /// The sound of what is shared.
        ScreenAudio,
    }
);
words!(
    /// What of it is seen.
    VideoSource, "camelCase" {
        /// The camera.
        Video,
        /// A shared screen.
        Screen,
    }
);
words!(
    /// In which size a picture is sent (simulcast).
    StreamLayer, "snake_case" {
        /// A quarter of the width and height.
        Low,
        /// Half of the width and height.
        Medium,
        /// As it was captured, or the only size there is.
        High,
    }
);
words!(
    /// Whether a picture that was asked for is sent.
    StreamStatus, "snake_case" {
        /// It is.
        Active,
        /// It is not; the reason tells why.
        Paused,
    }
);
words!(
    /// Why a picture is not sent.
    PausedReason, "snake_case" {
        /// The way to this device is too narrow just now.
        Bandwidth,
        /// Its owner sends none.
        Muted,
        /// More cameras are on than a device gets, and its owner has not spoken lately.
        LastN,
        /// This device does not take the codec.
        Codec,
        /// It was asked for in no size.
        Hidden,
    }
);
words!(
    /// How a device reaches the server's forwarding unit.
    MediaProtocol, "snake_case" {
        /// UDP.
        Udp,
        /// ICE-TCP (RFC 6544).
        Tcp,
    }
);

/// One picture that a device wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WantedStream {
    /// Whose.
    pub user_id: String,
    /// Camera or screen.
    pub source: VideoSource,
    /// Its width on the screen: CSS pixels times the device's pixel ratio; 0 while it cannot be seen.
    pub width: u32,
    /// Its height, in the same way.
    pub height: u32,
    /// It comes first where not everything fits.
    pub pinned: bool,
}

/// The media sections (`a=mid`) of an offer on which the client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PublishMids {
    /// The microphone.
    pub audio: String,
    /// The camera.
    pub video: String,
    /// A shared screen.
    pub screen: String,
    /// The sound of what is shared.
    pub screen_audio: String,
}

/// What a media section of an offer carries to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OfferedTrack {
    /// The media section (`a=mid`).
    pub mid: String,
    /// Whose.
    pub user_id: String,
    /// What.
    pub source: MediaSource,
}

/// How much of a picture that a device sends is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PublishedStream {
    /// Camera or screen.
    pub source: VideoSource,
    /// The largest size that anybody looks at; larger ones need not be encoded.
    pub layer: StreamLayer,
}

/// How a picture that was asked for comes to the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SubscribedStream {
    /// Whose.
    pub user_id: String,
    /// Camera or screen.
    pub source: VideoSource,
    /// Whether it comes.
    pub state: StreamStatus,
    /// Why it does not; null while it does.
    pub reason: Option<PausedReason>,
    /// In which size it comes; null while it does not.
    pub layer: Option<StreamLayer>,
}
