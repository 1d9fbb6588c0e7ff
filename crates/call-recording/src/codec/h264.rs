//! H.264: ITU-T H.264 for the streams, ISO/IEC 14496-15 for how files keep them.
//!
//! Files have lengths where the byte stream has start codes, and the first parameter sets in the codec's private data. Those
//! in the stream stay in the stream, so a change of resolution is decoded where it happens and needs no new file.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::bits::Bits;

const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
const ACCESS_UNIT_DELIMITER: u8 = 9;
const FILLER: u8 = 12;

/// No parameter set that anybody sends is longer.
const MAX_PARAMETERS: usize = 4096;

/// The NAL units of a byte stream (annex B), without start codes and trailing zeros.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(stream);
    std::iter::from_fn(move || {
        while let Some(from) = rest {
            let end = start_code(from).unwrap_or(from.len());
            rest = after_start_code(&from[end..]);
            let trailing = from[..end]
                .iter()
                .rev()
                .take_while(|byte| **byte == 0)
                .count();
            let unit = &from[..end - trailing];
            if !unit.is_empty() {
                return Some(unit);
            }
        }
        None
    })
}

fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| three == [0, 0, 1])
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    start_code(bytes).map(|at| &bytes[at + 3..])
}

/// An access unit as a file keeps it: each NAL unit after its length in 4 bytes; what only the byte stream needs is left out.
pub(crate) fn with_lengths(stream: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(stream.len() + 16);
    for unit in units(stream) {
        let kind = unit[0] & 0x1F;
        if let Ok(length) = u32::try_from(unit.len())
            && kind != ACCESS_UNIT_DELIMITER
            && kind != FILLER
        {
            out.put_u32(length);
            out.put_slice(unit);
        }
    }
    out.freeze()
}

/// The NAL units of an access unit with lengths, as far as it is whole.
fn units_with_lengths(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (unit, after) = after.split_at_checked(length)?;
        rest = after;
        Some(unit)
    })
}

/// The picture's width and height, from the first sequence parameter set of an access unit with lengths.
pub(crate) fn size(access_unit: &[u8]) -> Option<(u16, u16)> {
    Some(
        parameters(access_unit, SEQUENCE_PARAMETERS)
            .find_map(Sequence::read)?
            .size,
    )
}

/// The decoder configuration record (ISO/IEC 14496-15, 5.3.3.1) of an access unit with lengths that has parameter sets.
pub(crate) fn configuration(access_unit: &[u8]) -> Option<Vec<u8>> {
    let sequences: Vec<&[u8]> = parameters(access_unit, SEQUENCE_PARAMETERS)
        .take(31)
        .collect();
    let pictures: Vec<&[u8]> = parameters(access_unit, PICTURE_PARAMETERS)
        .take(255)
        .collect();
    let first = *sequences.first()?;
    pictures.first()?;
    let sequence = Sequence::read(first)?;
    // Version 1; profile, constraints and level; lengths of 4 bytes.
    let mut out = vec![1, first[1], first[2], first[3], 0xFC | 3];
    out.push(0xE0 | u8::try_from(sequences.len()).ok()?);
    put_all(&mut out, &sequences);
    out.push(u8::try_from(pictures.len()).ok()?);
    put_all(&mut out, &pictures);
    if matches!(first[1], 100 | 110 | 122 | 144) {
        let Sequence {
            chroma,
            luma_depth,
            chroma_depth,
            ..
        } = sequence;
        out.extend_from_slice(&[0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0]);
    }
    Some(out)
}

fn parameters(access_unit: &[u8], kind: u8) -> impl Iterator<Item = &[u8]> {
    units_with_lengths(access_unit)
        .filter(move |unit| (4..=MAX_PARAMETERS).contains(&unit.len()) && unit[0] & 0x1F == kind)
}

fn put_all(out: &mut Vec<u8>, sets: &[&[u8]]) {
    for set in sets {
        // At most `MAX_PARAMETERS`.
        let length = u16::try_from(set.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(set);
    }
}

/// What a sequence parameter set (7.3.2.1.1) says, as far as files need it.
struct Sequence {
    size: (u16, u16),
    chroma: u8,
    luma_depth: u8,
    chroma_depth: u8,
}

impl Sequence {
    fn read(unit: &[u8]) -> Option<Self> {
        let payload = unescaped(unit.get(1..)?);
        let mut bits = Bits::new(&payload);
        let profile = bits.number(8)?;
        bits.skip(16)?;
        bits.golomb()?;
        let (mut chroma, mut luma_depth, mut chroma_depth, mut planes) = (1, 0, 0, false);
        if matches!(
            profile,
            44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244
        ) {
            chroma = bits.golomb()?;
            planes = chroma == 3 && bits.flag()?;
            luma_depth = bits.golomb()?;
            chroma_depth = bits.golomb()?;
            bits.skip(1)?;
            if bits.flag()? {
                scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
            }
        }
        bits.golomb()?;
        picture_order(&mut bits)?;
        bits.golomb()?;
        bits.skip(1)?;
        let width = bits.golomb()?.checked_add(1)?.checked_mul(16)?;
        let map_height = bits.golomb()?.checked_add(1)?;
        let fields = !bits.flag()?;
        let height = map_height.checked_mul(if fields { 32 } else { 16 })?;
        if fields {
            bits.skip(1)?;
        }
        bits.skip(1)?;
        let (mut across, mut down) = (0, 0);
        if bits.flag()? {
            across = bits.golomb()?.checked_add(bits.golomb()?)?;
            down = bits.golomb()?.checked_add(bits.golomb()?)?;
        }
        // In units of chroma samples, and of lines of both fields (7.4.2.1.1).
        let (unit_x, unit_y) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            3 if !planes => (1, 1),
            _ => (1, 1),
        };
        let unit_y = if fields { unit_y * 2 } else { unit_y };
        let width = width.checked_sub(across.checked_mul(unit_x)?)?;
        let height = height.checked_sub(down.checked_mul(unit_y)?)?;
        let size = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
        (size.0 > 0 && size.1 > 0 && chroma <= 3 && luma_depth <= 6 && chroma_depth <= 6).then_some(
            Self {
                size,
                chroma: u8::try_from(chroma).ok()?,
                luma_depth: u8::try_from(luma_depth).ok()?,
                chroma_depth: u8::try_from(chroma_depth).ok()?,
            },
        )
    }
}

/// Without the bytes that keep start codes out (7.4.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// 7.3.2.1.1.1
fn scaling_lists(bits: &mut Bits<'_>, count: usize) -> Option<()> {
    for list in 0..count {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed_golomb()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

fn picture_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.skip(1)?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            let count = bits.golomb()?;
            if count > 255 {
                return None;
            }
            for _ in 0..count {
                bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constrained baseline, 1280 × 720, as a browser sends it.
    const SPS: [u8; 13] = [
        0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xE8, 0x06, 0xD0, 0xA1, 0x35,
    ];
    const PPS: [u8; 4] = [0x68, 0xCE, 0x0F, 0xC8];

    fn stream(units: &[&[u8]]) -> Vec<u8> {
        units
            .iter()
            .flat_map(|unit| [&[0, 0, 0, 1], *unit].concat())
            .collect()
    }

    #[test]
    fn start_codes_become_lengths() {
        let mut data = stream(&[&[9, 0xF0], &SPS, &PPS]);
        // A start code of three bytes, and zeros behind the last unit.
        data.extend_from_slice(&[0, 0, 1, 0x65, 1, 2, 3, 0, 0]);
        let kept = with_lengths(&data);
        let units: Vec<&[u8]> = units_with_lengths(&kept).collect();
        assert_eq!(units, [&SPS[..], &PPS[..], &[0x65, 1, 2, 3]]);
        assert!(with_lengths(&[1, 2, 3]).is_empty());
    }

    #[test]
    fn a_sequence_tells_the_size() {
        assert_eq!(
            size(&with_lengths(&stream(&[&SPS, &PPS]))),
            Some((1280, 720))
        );
        assert_eq!(size(&with_lengths(&stream(&[&PPS]))), None);
    }

    #[test]
    fn the_configuration_is_that_of_the_first_parameter_sets() {
        let record = configuration(&with_lengths(&stream(&[&SPS, &PPS, &[0x65, 1]]))).unwrap();
        let mut expected = vec![1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 13];
        expected.extend_from_slice(&SPS);
        expected.extend_from_slice(&[1, 0, 4]);
        expected.extend_from_slice(&PPS);
        assert_eq!(record, expected);
        assert_eq!(configuration(&with_lengths(&stream(&[&SPS]))), None);
    }

    #[test]
    fn a_high_profile_tells_its_colours_too() {
        // As libx264 writes it for 320 × 180, with bytes that keep start codes out.
        let sps = [
            0x67, 0x64, 0x00, 0x0D, 0xAC, 0xD9, 0x41, 0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00, 0x00,
            0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xC0, 0xF1, 0x42, 0x99, 0x60,
        ];
        let kept = with_lengths(&stream(&[&sps, &PPS]));
        assert_eq!(size(&kept), Some((320, 180)));
        let record = configuration(&kept).unwrap();
        assert_eq!(record[..6], [1, 0x64, 0x00, 0x0D, 0xFF, 0xE1]);
        assert_eq!(record[record.len() - 4..], [0xFD, 0xF8, 0xF8, 0]);
    }

    proptest! {
        #[test]
        fn any_units_survive(units in proptest::collection::vec(proptest::collection::vec(1_u8..=255, 1..40), 0..6)) {
            let kinds = |unit: &&Vec<u8>| ![ACCESS_UNIT_DELIMITER, FILLER].contains(&(unit[0] & 0x1F));
            let expected: Vec<&[u8]> = units.iter().filter(kinds).map(Vec::as_slice).collect();
            let slices: Vec<&[u8]> = units.iter().map(Vec::as_slice).collect();
            let kept = with_lengths(&stream(&slices));
            prop_assert_eq!(units_with_lengths(&kept).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn noise_is_read_without_harm(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut set = SPS[..4].to_vec();
            set.extend_from_slice(&noise);
            let _ = Sequence::read(&set);
            let mut high = set;
            high[1] = 100;
            let _ = Sequence::read(&high);
            let _ = (size(&noise), configuration(&noise), with_lengths(&noise));
        }
    }
}
