//! RTP payloads become frames: one depacketiser for each codec, written into one buffer.
//!
//! They are the SFU's own: what can be had elsewhere either reads beyond the end of a payload that is cut short, or copies each one several
//! times.

mod av1;
mod bits;
mod builder;
mod h264;
mod h264_parameters;
mod vp8;
mod vp9;

use bytes::BytesMut;

pub(super) use self::builder::{Builder, Frame};
use crate::sfu::VideoCodec;

/// Why a frame cannot be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Broken;

/// What a whole frame turned out to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kind {
    /// Decodable without others.
    key: bool,
    /// In pixels, of a key frame.
    size: Option<(u16, u16)>,
}

/// Puts the payloads of one frame together.
#[derive(Debug)]
enum Depacketiser {
    Vp8(vp8::Vp8),
    Vp9(vp9::Vp9),
    H264(h264::H264),
    Av1(av1::Av1),
}

impl Depacketiser {
    fn new(codec: VideoCodec) -> Self {
        match codec {
            VideoCodec::Vp8 => Self::Vp8(vp8::Vp8),
            VideoCodec::Vp9 => Self::Vp9(vp9::Vp9::default()),
            VideoCodec::H264 => Self::H264(h264::H264::default()),
            VideoCodec::Av1 => Self::Av1(av1::Av1::default()),
        }
    }

    /// Another frame begins; whatever there is of the one before is forgotten.
    fn begin(&mut self) {
        match self {
            Self::Vp8(_) => {}
            Self::Vp9(vp9) => vp9.begin(),
            Self::H264(h264) => h264.begin(),
            Self::Av1(av1) => av1.begin(),
        }
    }

    /// The next payload of the frame.
    fn append(&mut self, payload: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        match self {
            Self::Vp8(vp8) => vp8.append(payload, frame),
            Self::Vp9(vp9) => vp9.append(payload, frame),
            Self::H264(h264) => h264.append(payload, frame),
            Self::Av1(av1) => av1.append(payload, frame),
        }
    }

    /// That was the last one.
    fn finish(&mut self, frame: &mut BytesMut) -> Result<Kind, Broken> {
        match self {
            Self::Vp8(vp8) => vp8.finish(frame),
            Self::Vp9(vp9) => vp9.finish(frame),
            Self::H264(h264) => h264.finish(frame),
            Self::Av1(av1) => av1.finish(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_payloads_are_put_together_or_refused(
            codec in proptest::sample::select(VideoCodec::ALL.as_slice()),
            payloads in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..60), 0..8,
            ),
        ) {
            let mut depacketiser = Depacketiser::new(codec);
            for _ in 0..2 {
                let mut frame = BytesMut::new();
                depacketiser.begin();
                let whole = payloads.iter().all(|payload| depacketiser.append(payload, &mut frame).is_ok());
                if whole && depacketiser.finish(&mut frame).is_ok() {
                    prop_assert!(!frame.is_empty());
                }
            }
        }
    }
}
