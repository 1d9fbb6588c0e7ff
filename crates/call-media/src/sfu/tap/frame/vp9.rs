//! VP9 (RFC 9628): a frame is what follows the descriptors; several spatial layers of a moment make a superframe (VP9 bitstream
//! specification, annex B).

use bytes::{BufMut, BytesMut};

use super::bits::Bits;
use super::{Broken, Kind};

#[derive(Debug, Default)]
pub(super) struct Vp9 {
    /// Where each layer's frame begins.
    layers: Vec<usize>,
    /// The largest size that the descriptors told of.
    size: Option<(u16, u16)>,
}

/// Frames of a superframe at most.
const LAYERS_MAX: usize = 8;

impl Vp9 {
    pub(super) fn begin(&mut self) {
        self.layers.clear();
        self.size = None;
    }

    pub(super) fn append(&mut self, payload: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let descriptor = Descriptor::read(payload).ok_or(Broken)?;
        if descriptor.begins_frame {
            if self.layers.len() == LAYERS_MAX {
                return Err(Broken);
            }
            self.layers.push(frame.len());
        } else if frame.is_empty() {
            return Err(Broken);
        }
        self.size = descriptor.size.max(self.size);
        frame.extend_from_slice(descriptor.rest);
        Ok(())
    }

    pub(super) fn finish(&mut self, frame: &mut BytesMut) -> Result<Kind, Broken> {
        let header = Header::read(frame).ok_or(Broken)?;
        if self.layers.len() > 1 {
            self.write_index(frame)?;
        }
        let size = match self.layers.len() {
            0 | 1 => header.size,
            _ => self.size.or(header.size),
        };
        Ok(Kind {
            key: header.key,
            size: size.filter(|_| header.key),
        })
    }

    /// The superframe index: a byte that says what it is, the sizes, and the byte again.
    fn write_index(&self, frame: &mut BytesMut) -> Result<(), Broken> {
        let ends = self.layers.iter().skip(1).copied().chain([frame.len()]);
        let sizes: Vec<usize> = self
            .layers
            .iter()
            .zip(ends)
            .map(|(start, end)| end - start)
            .collect();
        if sizes.contains(&0) {
            return Err(Broken);
        }
        let count = u8::try_from(sizes.len() - 1).map_err(|_| Broken)?;
        // Four bytes for each size: what a frame has at most fits.
        let what = 0b1100_0000 | 3 << 3 | count;
        frame.put_u8(what);
        for size in sizes {
            frame.put_u32_le(u32::try_from(size).map_err(|_| Broken)?);
        }
        frame.put_u8(what);
        Ok(())
    }
}

/// What a payload descriptor says (RFC 9628 section 4.2), as far as frames are concerned.
struct Descriptor<'a> {
    begins_frame: bool,
    /// The largest of the scalability structure.
    size: Option<(u16, u16)>,
    rest: &'a [u8],
}

impl<'a> Descriptor<'a> {
    fn read(payload: &'a [u8]) -> Option<Self> {
        let (fields, mut rest) = payload.split_first()?;
        let has = |bit: u8| fields & bit != 0;
        let mut next = |count: usize| {
            let (taken, after) = rest.split_at_checked(count)?;
            rest = after;
            Some(taken)
        };
        let (has_id, is_predicted, has_layers, is_flexible) =
            (has(0x80), has(0x40), has(0x20), has(0x10));
        if has_id && next(1)?.first()? & 0x80 != 0 {
            next(1)?;
        }
        if has_layers {
            next(if is_flexible { 1 } else { 2 })?;
        }
        if is_flexible && is_predicted {
            // Three references at most, each says whether another one follows.
            for _ in 0..3 {
                if next(1)?.first()? & 1 == 0 {
                    break;
                }
            }
        }
        let mut size = None;
        if has(0x02) {
            let structure = *next(1)?.first()?;
            let layers = usize::from(structure >> 5) + 1;
            if structure & 0x10 != 0 {
                let sizes = next(layers * 4)?.chunks_exact(4);
                size = sizes
                    .map(|size| match size {
                        [w, wide, h, high] => (
                            u16::from_be_bytes([*w, *wide]),
                            u16::from_be_bytes([*h, *high]),
                        ),
                        _ => (0, 0),
                    })
                    .max();
            }
            if structure & 0x08 != 0 {
                let pictures = *next(1)?.first()?;
                for _ in 0..pictures {
                    let references = *next(1)?.first()? >> 2 & 0x03;
                    next(usize::from(references))?;
                }
            }
        }
        Some(Self {
            begins_frame: has(0x08),
            size,
            rest,
        })
    }
}

/// The beginning of the uncompressed header (VP9 bitstream specification, section 6.2).
struct Header {
    key: bool,
    size: Option<(u16, u16)>,
}

impl Header {
    fn read(frame: &[u8]) -> Option<Self> {
        const FRAME_MARKER: u32 = 2;
        const SYNC_CODE: u32 = 0x49_83_42;
        const RGB: u32 = 7;
        let mut bits = Bits::new(frame);
        if bits.number(2)? != FRAME_MARKER {
            return None;
        }
        let profile = u32::from(bits.flag()?) | u32::from(bits.flag()?) << 1;
        if profile == 3 {
            bits.skip(1)?;
        }
        let other = Self {
            key: false,
            size: None,
        };
        let shows_existing = bits.flag()?;
        if shows_existing {
            return Some(other);
        }
        let is_key = !bits.flag()?;
        // show_frame, error_resilient_mode.
        bits.skip(2)?;
        if !is_key {
            return Some(other);
        }
        if bits.number(24)? != SYNC_CODE {
            return None;
        }
        if profile >= 2 {
            bits.skip(1)?;
        }
        let has_subsampling = profile & 1 == 1;
        if bits.number(3)? == RGB {
            bits.skip(u32::from(has_subsampling))?;
        } else {
            bits.skip(if has_subsampling { 4 } else { 1 })?;
        }
        let mut dimension = || u16::try_from(bits.number(16)? + 1).ok();
        let size = dimension().zip(dimension());
        Some(Self { key: true, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Profile 0, a key frame of 640 × 360.
    const KEY: [u8; 9] = [0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70];

    fn frame(payloads: &[&[u8]]) -> Result<(Vec<u8>, Kind), Broken> {
        let mut vp9 = Vp9::default();
        let mut frame = BytesMut::new();
        for payload in payloads {
            vp9.append(payload, &mut frame)?;
        }
        let kind = vp9.finish(&mut frame)?;
        Ok((frame.to_vec(), kind))
    }

    #[test]
    fn a_key_frame_in_two_packets() {
        // Picture id of 15 bits, layers, TL0PICIDX, and in the first a structure of one layer with a size and one picture.
        let first = [
            &[
                0xaa, 0x81, 0x02, 0x00, 7, 0x18, 0x02, 0x80, 0x01, 0x68, 1, 0x04, 1,
            ][..],
            &KEY,
        ]
        .concat();
        let (data, kind) = frame(&[&first, &[0xa4, 0x81, 0x02, 0x00, 7, 5, 6]]).unwrap();
        assert_eq!(data, [&KEY[..], &[5, 6]].concat());
        assert_eq!(
            kind,
            Kind {
                key: true,
                size: Some((640, 360))
            }
        );
    }

    #[test]
    fn flexible_mode_and_a_frame_that_needs_others() {
        let payload = [0xfc, 0x12, 0x20, 0x03, 0x04, 0x86, 1];
        assert_eq!(frame(&[&payload]), Ok((vec![0x86, 1], Kind::default())));
    }

    #[test]
    fn spatial_layers_make_a_superframe() {
        let first = [&[0x28, 0x00, 7][..], &KEY].concat();
        let (data, kind) = frame(&[&first, &[0x2c, 0x03, 7, 0x86, 1]]).unwrap();
        let index = [0xd9, 9, 0, 0, 0, 2, 0, 0, 0, 0xd9];
        assert_eq!(data, [&KEY[..], &[0x86, 1], &index].concat());
        assert_eq!(kind.size, Some((640, 360)));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        assert_eq!(frame(&[]), Err(Broken));
        assert_eq!(frame(&[&[0x04, 0x86, 1]]), Err(Broken));
        assert_eq!(frame(&[&[0x08, 0x00, 1]]), Err(Broken));
        assert_eq!(frame(&[&[0x8c, 0x81]]), Err(Broken));
        assert_eq!(frame(&[&[0x0c, 0x82, 0x49, 0x83]]), Err(Broken));
        assert_eq!(
            frame(&[&[0x28, 0x00, 7, 0x86], &[0x2c, 0x03, 7]]),
            Err(Broken)
        );
    }
}
