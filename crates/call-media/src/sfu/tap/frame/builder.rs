use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::Depacketiser;
use crate::sfu::VideoCodec;
use crate::sfu::rtp::PayloadInfo;
use crate::sfu::tap::window::Piece;

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sfu::tap) struct Frame {
    pub(in crate::sfu::tap) timestamp: u32,
    /// When its first packet came.
    pub(in crate::sfu::tap) arrived: Instant,
    pub(in crate::sfu::tap) key: bool,
    pub(in crate::sfu::tap) after_gap: bool,
    pub(in crate::sfu::tap) size: Option<(u16, u16)>,
    pub(in crate::sfu::tap) data: Bytes,
}

/// Makes frames of packets that are in order. What cannot be decoded, because something before it is missing, is left out until a key
/// frame.
#[derive(Debug)]
pub(in crate::sfu::tap) struct Builder {
    /// None for sound, where each packet is a frame.
    video: Option<Video>,
    /// Something is missing before the next frame.
    after_gap: bool,
}

#[derive(Debug)]
struct Video {
    codec: VideoCodec,
    depacketiser: Depacketiser,
    /// The frame, in what is left of a chunk.
    data: BytesMut,
    /// Bytes of the largest frame of late.
    largest: usize,
    /// Timestamp and arrival of the frame that is being put together.
    open: Option<(u32, Instant)>,
    /// Only a key frame can be decoded.
    needs_key: bool,
}

/// Bytes of a frame at most.
const FRAME_MAX: usize = 4 << 20;
/// Frames are written into chunks of this size, one behind the other. A chunk is used again once its frames are gone.
const CHUNK: usize = 64 << 10;

impl Builder {
    /// No codec: sound.
    pub(in crate::sfu::tap) fn new(codec: Option<VideoCodec>) -> Self {
        let video = |codec| Video {
            codec,
            depacketiser: Depacketiser::new(codec),
            data: BytesMut::new(),
            largest: 0,
            open: None,
            needs_key: true,
        };
        Self {
            video: codec.map(video),
            after_gap: false,
        }
    }

    /// The next packet; frames that are whole with it go to `out`.
    pub(in crate::sfu::tap) fn packet(&mut self, piece: &Piece<'_>, out: &mut impl FnMut(Frame)) {
        let Self { video, after_gap } = self;
        let Some(video) = video else {
            if !piece.payload.is_empty() {
                out(Frame {
                    timestamp: piece.timestamp,
                    arrived: piece.arrived,
                    key: true,
                    after_gap: std::mem::take(after_gap),
                    size: None,
                    data: Bytes::copy_from_slice(piece.payload),
                });
            }
            return;
        };
        if video
            .open
            .is_some_and(|(timestamp, _)| timestamp != piece.timestamp)
        {
            // Nothing is missing in between: the frame before ended without saying so.
            video.finish(after_gap, out);
        }
        video.append(piece, after_gap);
        if piece.marker {
            video.finish(after_gap, out);
        }
    }

    /// Packets before the next one are missing.
    pub(in crate::sfu::tap) fn gap(&mut self) {
        self.after_gap = true;
        if let Some(video) = &mut self.video {
            video.give_up();
        }
    }

    /// A key frame of another layer comes next. The rest of what was begun does not.
    pub(in crate::sfu::tap) fn switched(&mut self) {
        if let Some(video) = &mut self.video {
            video.give_up();
        }
    }

    /// Whether nothing can be decoded before a key frame, and none has begun.
    pub(in crate::sfu::tap) fn needs_key(&self) -> bool {
        let needs = |video: &Video| video.needs_key && video.open.is_none();
        self.video.as_ref().is_some_and(needs)
    }
}

impl Video {
    fn append(&mut self, piece: &Piece<'_>, after_gap: &mut bool) {
        if self.open.is_none() {
            if self.needs_key {
                let info = PayloadInfo::read(Some(self.codec), piece.payload);
                if !info.starts_key_frame {
                    return;
                }
            }
            self.depacketiser.begin();
            self.make_room();
            self.open = Some((piece.timestamp, piece.arrived));
        }
        let appended = self.depacketiser.append(piece.payload, &mut self.data);
        if appended.is_err() || self.data.len() > FRAME_MAX {
            *after_gap = true;
            self.give_up();
        }
    }

    /// Room for a whole frame, so that none is moved while it grows.
    fn make_room(&mut self) {
        self.data.clear();
        if self.data.capacity() == 0 {
            self.data = BytesMut::with_capacity(CHUNK);
        }
        self.data.reserve(self.largest.min(CHUNK));
    }

    fn finish(&mut self, after_gap: &mut bool, out: &mut impl FnMut(Frame)) {
        let Some((timestamp, arrived)) = self.open.take() else {
            return;
        };
        match self.depacketiser.finish(&mut self.data) {
            Ok(kind) if kind.key || !self.needs_key => {
                self.needs_key = false;
                // Forgotten after some frames: key frames are large, and rare.
                self.largest = self.data.len().max(self.largest - self.largest / 8);
                out(Frame {
                    timestamp,
                    arrived,
                    key: kind.key,
                    after_gap: std::mem::take(after_gap),
                    size: kind.size,
                    data: self.data.split().freeze(),
                });
            }
            Ok(_) => self.data.clear(),
            Err(_) => {
                *after_gap = true;
                self.give_up();
            }
        }
    }

    fn give_up(&mut self) {
        self.open = None;
        self.data.clear();
        self.needs_key = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 11] = [
        0x10, 0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01,
    ];

    fn put(builder: &mut Builder, timestamp: u32, marker: bool, payload: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        let piece = Piece {
            timestamp,
            marker,
            arrived: Instant::now(),
            payload,
        };
        builder.packet(&piece, &mut |frame| frames.push(frame));
        frames
    }

    #[test]
    fn pictures_begin_with_a_key_frame_and_after_a_gap_again() {
        let mut builder = Builder::new(Some(VideoCodec::Vp8));
        assert_eq!(put(&mut builder, 1, true, &[0x10, 0x31]), []);
        assert!(builder.needs_key());
        assert_eq!(put(&mut builder, 2, false, &KEY), []);
        let key = put(&mut builder, 2, true, &[0x00, 9]);
        assert_eq!(
            (key.len(), key[0].key, key[0].size),
            (1, true, Some((640, 360)))
        );
        assert_eq!(put(&mut builder, 3, true, &[0x10, 0x31]).len(), 1);
        builder.gap();
        assert!(builder.needs_key());
        assert_eq!(put(&mut builder, 4, true, &[0x10, 0x31]), []);
        let again = put(&mut builder, 5, true, &KEY);
        assert!(again[0].key && again[0].after_gap);
        assert!(!put(&mut builder, 6, true, &[0x10, 0x31])[0].after_gap);
    }

    #[test]
    fn a_frame_without_a_marker_ends_with_the_next_one() {
        let mut builder = Builder::new(Some(VideoCodec::Vp8));
        assert_eq!(put(&mut builder, 1, false, &KEY), []);
        assert_eq!(put(&mut builder, 2, false, &[0x10, 0x31]).len(), 1);
        assert_eq!(put(&mut builder, 3, true, &[0x10, 0x31]).len(), 2);
    }

    #[test]
    fn what_another_layer_interrupts_is_no_frame() {
        let mut builder = Builder::new(Some(VideoCodec::Vp8));
        put(&mut builder, 1, true, &KEY);
        put(&mut builder, 2, false, &[0x10, 0x31]);
        builder.switched();
        let frames = put(&mut builder, 3, true, &KEY);
        assert!(frames.len() == 1 && frames[0].key && !frames[0].after_gap);
    }

    #[test]
    fn sound_goes_on_after_a_gap() {
        let mut builder = Builder::new(None);
        assert!(!put(&mut builder, 1, false, &[1])[0].after_gap);
        builder.gap();
        assert!(!builder.needs_key());
        let after = put(&mut builder, 3, false, &[3]);
        assert!(after[0].after_gap && after[0].key);
        assert_eq!(put(&mut builder, 4, false, &[]), []);
    }

    #[test]
    fn no_frame_is_endless() {
        let mut builder = Builder::new(Some(VideoCodec::Vp8));
        put(&mut builder, 1, false, &KEY);
        let part = vec![0; 60_000];
        for _ in 0..=FRAME_MAX / 59_999 {
            assert_eq!(put(&mut builder, 1, false, &part), []);
        }
        assert!(builder.needs_key());
        assert_eq!(put(&mut builder, 2, true, &[0x10, 0x31]), []);
    }
}
