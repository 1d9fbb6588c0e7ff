//! VP8 (RFC 7741): a frame is what follows the descriptors.

use bytes::BytesMut;

use super::{Broken, Kind};
use crate::sfu::rtp::vp8_frame;

#[derive(Debug)]
pub(super) struct Vp8;

/// Of a key frame (RFC 6386 section 9.1).
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

impl Vp8 {
    #[expect(clippy::unused_self, reason = "as the other codecs")]
    pub(super) fn append(&self, payload: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let (begins, part) = vp8_frame(payload).ok_or(Broken)?;
        if frame.is_empty() && !begins {
            return Err(Broken);
        }
        frame.extend_from_slice(part);
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "as the other codecs")]
    pub(super) fn finish(&self, frame: &BytesMut) -> Result<Kind, Broken> {
        let first = *frame.first().ok_or(Broken)?;
        if first & 1 == 1 {
            return Ok(Kind::default());
        }
        let Some([_, _, _, start @ .., w, wide, h, high]) = frame.first_chunk::<10>() else {
            return Err(Broken);
        };
        if *start != START_CODE {
            return Err(Broken);
        }
        // Two bits of each are for scaling.
        let size = |low: u8, high: u8| u16::from_le_bytes([low, high & 0x3f]);
        Ok(Kind {
            key: true,
            size: Some((size(*w, *wide), size(*h, *high))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payloads: &[&[u8]]) -> Result<(Vec<u8>, Kind), Broken> {
        let mut frame = BytesMut::new();
        for payload in payloads {
            Vp8.append(payload, &mut frame)?;
        }
        let kind = Vp8.finish(&frame)?;
        Ok((frame.to_vec(), kind))
    }

    #[test]
    fn a_key_frame_in_two_packets() {
        let first = [
            0x90, 0x80, 0x81, 0x02, 0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41,
        ];
        let (data, kind) = frame(&[&first, &[0x80, 0x80, 0x81, 0x02, 7, 8]]).unwrap();
        assert_eq!(
            data,
            [
                0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41, 7, 8
            ]
        );
        assert_eq!(
            kind,
            Kind {
                key: true,
                size: Some((640, 360))
            }
        );
    }

    #[test]
    fn another_frame_and_none() {
        assert_eq!(
            frame(&[&[0x10, 0x31, 5]]),
            Ok((vec![0x31, 5], Kind::default()))
        );
        // Without its beginning, with nothing in it, a key frame without a start code, one that is cut short.
        assert_eq!(frame(&[&[0x00, 0x31, 5]]), Err(Broken));
        assert_eq!(frame(&[&[0x10]]), Err(Broken));
        assert_eq!(
            frame(&[&[0x10, 0x50, 0, 0, 1, 2, 3, 4, 5, 6, 7]]),
            Err(Broken)
        );
        assert_eq!(
            frame(&[&[0x10, 0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a]]),
            Err(Broken)
        );
        assert_eq!(frame(&[&[0x90]]), Err(Broken));
    }
}
