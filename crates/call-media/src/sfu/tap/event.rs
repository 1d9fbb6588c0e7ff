use std::time::SystemTime;

use bytes::Bytes;
use call_domain::UserId;

use crate::sfu::{Source, VideoCodec};

/// What a tap tells its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapEvent {
    /// A whole frame of somebody. The frames of one person and source come in order, and every one can be decoded with those before it
    /// (from a key frame on, for pictures).
    Frame(EncodedFrame),
    /// The reader was too slow: packets were dropped, of whomever. The frames behind it say whose are missing
    /// ([`EncodedFrame::after_gap`]).
    Lost {
        /// How many.
        packets: u64,
    },
    /// Nothing comes any more: the tap was taken out, its room or the SFU ended, or it found no place.
    Ended,
}

/// A frame as its sender encoded it (W3C webrtc-encoded-transform: `RTCEncodedVideoFrame`, `RTCEncodedAudioFrame`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedFrame {
    /// Whose.
    pub user: UserId,
    /// Of what.
    pub source: Source,
    /// How it is encoded. It may change from one key frame to the next.
    pub codec: FrameCodec,
    /// When it was captured, on the server's wall clock as it was when the tap was made, going on evenly: never set back or forth. Later for each
    /// frame of a person's source; sound and picture of one person are told by the same clock.
    pub captured: SystemTime,
    /// Decodable without what came before. Always, for sound.
    pub key: bool,
    /// Frames before it are missing.
    pub after_gap: bool,
    /// Width and height in pixels, where a key frame tells.
    pub size: Option<(u16, u16)>,
    /// The frame. Opus: a packet (RFC 6716 section 3). VP8: a frame (RFC 6386). VP9: a frame, or a superframe where there are several spatial
    /// layers. H.264: an access unit in the byte stream format (ITU-T H.264 annex B). AV1: a temporal unit in the low-overhead format, every
    /// OBU with its size, without temporal delimiters.
    pub data: Bytes,
}

/// How frames are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameCodec {
    /// RFC 6716, with a clock of 48 kHz.
    Opus,
    /// A picture.
    Video(VideoCodec),
}

impl FrameCodec {
    /// The name in logs, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Video(codec) => codec.as_str(),
        }
    }

    /// Ticks of the RTP clock per second.
    pub(super) const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Video(_) => 90_000,
        }
    }
}
