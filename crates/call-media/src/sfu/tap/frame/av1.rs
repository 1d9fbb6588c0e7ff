//! AV1 (RTP payload format of the Alliance for Open Media): a temporal unit in the low-overhead format (AV1 section 5.2).

use bytes::{BufMut, BytesMut};

use super::bits::Bits;
use super::{Broken, Kind};

#[derive(Debug, Default)]
pub(super) struct Av1 {
    /// The beginning of an OBU whose rest is in the next packet.
    fragment: BytesMut,
    /// The sequence header of this temporal unit.
    sequence: Option<Sequence>,
    /// Whether the first frame of this temporal unit is a key frame.
    first_is_key: Option<bool>,
    /// Sequence headers say it, frames follow it.
    is_reduced: bool,
}

#[derive(Debug, Clone, Copy)]
struct Sequence {
    size: Option<(u16, u16)>,
}

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;
const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;
/// Bytes of an OBU at most.
const OBU_MAX: usize = 4 << 20;

impl Av1 {
    pub(super) fn begin(&mut self) {
        self.fragment.clear();
        self.sequence = None;
        self.first_is_key = None;
    }

    pub(super) fn append(&mut self, payload: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let (aggregation, mut rest) = payload.split_first().ok_or(Broken)?;
        let (continues, goes_on) = (aggregation & 0x80 != 0, aggregation & 0x40 != 0);
        if continues == self.fragment.is_empty() {
            return Err(Broken);
        }
        let count = usize::from(aggregation >> 4 & 0x03);
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            // The last one of a known count has no length in front of it.
            let element = if number == count {
                std::mem::take(&mut rest)
            } else {
                let (length, after) = leb128(rest).ok_or(Broken)?;
                let (element, after) = after.split_at_checked(length).ok_or(Broken)?;
                rest = after;
                element
            };
            let is_last = rest.is_empty();
            let is_continued = number == 1 && continues;
            if is_last && goes_on {
                if self.fragment.len() + element.len() > OBU_MAX || element.is_empty() {
                    return Err(Broken);
                }
                self.fragment.extend_from_slice(element);
            } else if is_continued {
                let mut whole = self.fragment.split();
                whole.extend_from_slice(element);
                self.unit(&whole, frame)?;
            } else {
                self.unit(element, frame)?;
            }
        }
        if number == 0 || count != 0 && number != count {
            return Err(Broken);
        }
        Ok(())
    }

    /// A whole OBU, with its size or without.
    fn unit(&mut self, unit: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let Some((header, mut rest)) = unit.split_first() else {
            return Ok(());
        };
        if header & 0x80 != 0 {
            return Err(Broken);
        }
        let kind = header >> 3 & 0x0f;
        let mut extension = None;
        if header & HAS_EXTENSION != 0 {
            let (byte, after) = rest.split_first().ok_or(Broken)?;
            extension = Some(*byte);
            rest = after;
        }
        if header & HAS_SIZE != 0 {
            let (size, after) = leb128(rest).ok_or(Broken)?;
            rest = after.get(..size).ok_or(Broken)?;
        }
        match kind {
            TEMPORAL_DELIMITER | TILE_LIST | PADDING => return Ok(()),
            SEQUENCE_HEADER => {
                let (is_reduced, size) = sequence_header(rest).ok_or(Broken)?;
                self.is_reduced = is_reduced;
                self.sequence = Some(Sequence { size });
            }
            FRAME_HEADER | FRAME if self.first_is_key.is_none() => {
                self.first_is_key = Some(is_key(self.is_reduced, rest).ok_or(Broken)?);
            }
            _ => {}
        }
        frame.put_u8(header | HAS_SIZE);
        if let Some(extension) = extension {
            frame.put_u8(extension);
        }
        put_leb128(frame, rest.len());
        frame.extend_from_slice(rest);
        Ok(())
    }

    pub(super) fn finish(&mut self, frame: &BytesMut) -> Result<Kind, Broken> {
        if !self.fragment.is_empty() || frame.is_empty() {
            return Err(Broken);
        }
        let first_is_key = self.first_is_key.ok_or(Broken)?;
        Ok(match self.sequence {
            Some(sequence) if first_is_key => Kind {
                key: true,
                size: sequence.size,
            },
            Some(_) | None => Kind::default(),
        })
    }
}

/// Whether a frame header (AV1 section 5.9.2) is the one of a key frame.
fn is_key(is_reduced: bool, header: &[u8]) -> Option<bool> {
    if is_reduced {
        return Some(true);
    }
    let mut bits = Bits::new(header);
    let shows_existing = bits.flag()?;
    Some(!shows_existing && bits.number(2)? == 0)
}

/// Whether frame headers are reduced, and the largest size (AV1 section 5.5).
fn sequence_header(header: &[u8]) -> Option<(bool, Option<(u16, u16)>)> {
    let mut bits = Bits::new(header);
    // seq_profile, still_picture
    bits.skip(4)?;
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.skip(5)?;
    } else {
        operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.number(4)? + 1, bits.number(4)? + 1);
    let mut dimension = |length: u32| u16::try_from(bits.number(length)? + 1).ok();
    let width = dimension(width_bits);
    Some((is_reduced, width.zip(dimension(height_bits))))
}

fn operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    let has_timing = bits.flag()?;
    if has_timing {
        bits.skip(64)?;
        let has_equal_intervals = bits.flag()?;
        if has_equal_intervals {
            bits.exponential()?;
        }
        let has_decoder_model = bits.flag()?;
        if has_decoder_model {
            delay_bits = Some(bits.number(5)? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let has_initial_delay = bits.flag()?;
    let points = bits.number(5)? + 1;
    for _ in 0..points {
        bits.skip(12)?;
        let level = bits.number(5)?;
        if level > 7 {
            bits.skip(1)?;
        }
        if let Some(delay_bits) = delay_bits {
            let has_model = bits.flag()?;
            if has_model {
                bits.skip(2 * delay_bits + 1)?;
            }
        }
        if has_initial_delay {
            let is_present = bits.flag()?;
            if is_present {
                bits.skip(4)?;
            }
        }
    }
    Some(())
}

/// A number in LEB128 of at most eight bytes (AV1 section 4.10.5), and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().take(8).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(number).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

fn put_leb128(out: &mut BytesMut, mut number: usize) {
    loop {
        // Seven bits of it.
        #[expect(clippy::cast_possible_truncation)]
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            out.put_u8(byte);
            return;
        }
        out.put_u8(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SVT-AV1 writes it for 640 × 360.
    const SEQUENCE: [u8; 13] = [
        0x0a, 0x0b, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0x3e, 0xfe, 0x40, 0x10,
    ];

    fn frame(payloads: &[&[u8]]) -> Result<(Vec<u8>, Kind), Broken> {
        let mut av1 = Av1::default();
        let mut frame = BytesMut::new();
        av1.begin();
        for payload in payloads {
            av1.append(payload, &mut frame)?;
        }
        let kind = av1.finish(&frame)?;
        Ok((frame.to_vec(), kind))
    }

    fn key_frame_packets() -> Vec<Vec<u8>> {
        // A sequence header without its size and the beginning of a frame, then its end.
        let sequence = [&[0x08][..], &SEQUENCE[2..]].concat();
        let first = [&[0x68, 12][..], &sequence, &[0x30, 0x10, 1]].concat();
        vec![first, vec![0x90, 2, 3]]
    }

    #[test]
    fn a_key_frame_in_two_packets() {
        let packets = key_frame_packets();
        let (data, kind) = frame(&[&packets[0], &packets[1]]).unwrap();
        assert_eq!(data, [&SEQUENCE[..], &[0x32, 4, 0x10, 1, 2, 3]].concat());
        assert_eq!(
            kind,
            Kind {
                key: true,
                size: Some((640, 360))
            }
        );
    }

    #[test]
    fn delimiters_go_and_sizes_stay() {
        // A temporal delimiter, a frame with extension and size, every element with its length.
        let payload = [0x00, 2, 0x12, 0, 5, 0x36, 0x08, 2, 0x20, 7];
        let (data, kind) = frame(&[&payload]).unwrap();
        assert_eq!(data, [0x36, 0x08, 2, 0x20, 7]);
        assert_eq!(kind, Kind::default());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let packets = key_frame_packets();
        let cases: [&[&[u8]]; 9] = [
            &[],
            &[&[]],
            &[&[0x10]],
            &[&packets[0]],
            &[&packets[1]],
            &[&packets[0], &[0x10, 0x30, 1]],
            &[&[0x20, 1, 0x30]],
            &[&[0x00, 9, 0x30, 1]],
            &[&[0x10, 0xb0, 1]],
        ];
        for payloads in cases {
            assert_eq!(frame(payloads), Err(Broken), "{payloads:?}");
        }
    }

    #[test]
    fn numbers() {
        for number in [0, 1, 127, 128, 300, 1 << 20] {
            let mut out = BytesMut::new();
            put_leb128(&mut out, number);
            assert_eq!(leb128(&out), Some((number, &[][..])));
        }
        assert_eq!(leb128(&[0x80; 9]), None);
        assert_eq!(leb128(&[]), None);
    }
}
