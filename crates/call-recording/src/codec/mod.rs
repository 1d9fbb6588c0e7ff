//! What the writer of a file must know of the frames in it.

mod av1;
mod bits;
mod h264;
pub(crate) mod opus;
mod vp8;
mod vp9;

use std::time::Duration;

use bytes::Bytes;

use crate::Codec;

/// How a file keeps a frame; empty for what is none.
pub(crate) fn stored(codec: Codec, frame: Bytes) -> Bytes {
    match codec {
        Codec::Opus | Codec::Vp8 | Codec::Vp9 => frame,
        Codec::H264 => h264::with_lengths(&frame),
        Codec::Av1 => av1::without_delimiters(frame),
    }
}

/// What a decoder must know before the first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// The codec's private data in Matroska.
    pub(crate) private: Option<Vec<u8>>,
    /// Width and height of pictures.
    pub(crate) size: Option<(u16, u16)>,
}

/// What a decoder must know, from the frame that a file is to begin with, as [`stored`] gives it; `None`: it cannot begin with it.
pub(crate) fn beginning(codec: Codec, frame: &[u8]) -> Option<Beginning> {
    let private = match codec {
        Codec::Opus => Some(opus::head()),
        Codec::Vp8 | Codec::Vp9 => None,
        Codec::H264 => Some(h264::configuration(frame)?),
        Codec::Av1 => Some(av1::configuration(frame)?),
    };
    let size = if codec.is_audio() {
        None
    } else {
        Some(size(codec, frame)?)
    };
    Some(Beginning { private, size })
}

/// Width and height of the picture of a key frame as [`stored`] gives it, where it tells.
pub(crate) fn size(codec: Codec, frame: &[u8]) -> Option<(u16, u16)> {
    match codec {
        Codec::Opus => None,
        Codec::Vp8 => vp8::size(frame),
        Codec::Vp9 => vp9::size(frame),
        Codec::H264 => h264::size(frame),
        Codec::Av1 => av1::size(frame),
    }
}

/// How long a frame plays, where it tells.
pub(crate) fn duration(codec: Codec, frame: &[u8]) -> Option<Duration> {
    match codec {
        Codec::Opus => opus::duration(frame),
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => None,
    }
}
