use std::time::Duration;

use bytes::Bytes;
use call_domain::RecordingFileId;
use serde::{Deserialize, Serialize};

/// What a track shows or plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// How the frames of a track are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 6716, 48 kHz.
    Opus,
    /// RFC 6386.
    Vp8,
    /// VP9; a frame is a superframe where there are several spatial layers.
    Vp9,
    /// ITU-T H.264; a frame is an access unit in the byte stream format of its Annex B.
    H264,
    /// AV1; a frame is a temporal unit in the low-overhead format, without temporal delimiters.
    Av1,
}

/// A frame as its sender encoded it (W3C webrtc-encoded-transform: `RTCEncodedVideoFrame`, `RTCEncodedAudioFrame`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedFrame {
    /// When it was captured, counted from the recording's beginning, on the server's clock.
    pub at: Duration,
    /// Decodable without what came before. Always, for sound.
    pub key: bool,
    /// Frames before it are missing: what follows it cannot be decoded until the next key frame.
    pub after_gap: bool,
    /// Width and height in pixels, where a key frame tells.
    pub size: Option<(u16, u16)>,
    /// The frame.
    pub data: Bytes,
}

impl Codec {
    /// The media type of a file of it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/webm",
            Self::Vp8 | Self::Vp9 | Self::Av1 => "video/webm",
            // WebM has no H.264; its superset Matroska does (RFC 9559).
            Self::H264 => "video/x-matroska",
        }
    }

    /// Whether it is sound.
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Opus)
    }

    /// The name of a file of it.
    pub fn file_name(self, id: RecordingFileId) -> String {
        match self {
            Self::Opus | Self::Vp8 | Self::Vp9 | Self::Av1 => format!("{id}.webm"),
            Self::H264 => format!("{id}.mkv"),
        }
    }
}
