//! AV1: the bitstream specification, section 5, and "Carriage of AV1 in Matroska" for the private data.

use bytes::Bytes;

use super::bits::Bits;

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;

/// An open bitstream unit: its type, all its bytes, and those of its payload.
struct Unit<'a> {
    kind: u8,
    whole: &'a [u8],
    payload: &'a [u8],
}

/// The units of a temporal unit in the low-overhead format (5.2), as far as it is whole.
fn units(mut rest: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    std::iter::from_fn(move || {
        let header = *rest.first()?;
        let before_size = if header & 4 == 0 { 1 } else { 2 };
        let after = rest.get(before_size..)?;
        let has_size = header & 2 != 0;
        let (size, of_size) = if has_size {
            leb128(after)?
        } else {
            (after.len(), 0)
        };
        let payload = after.get(of_size..)?.get(..size)?;
        let (whole, next) = rest.split_at_checked(before_size + of_size + size)?;
        rest = next;
        Some(Unit {
            kind: header >> 3 & 15,
            whole,
            payload,
        })
    })
}

/// A number (4.10.5) and its own length; at most 32 bits.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(8) {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).ok()?;
            return Some((usize::try_from(value).ok()?, index + 1));
        }
    }
    None
}

/// A temporal unit as a file keeps it: without temporal delimiters.
pub(crate) fn without_delimiters(unit: Bytes) -> Bytes {
    if !units(&unit).any(|unit| unit.kind == TEMPORAL_DELIMITER) {
        return unit;
    }
    let kept = units(&unit).filter(|unit| unit.kind != TEMPORAL_DELIMITER);
    kept.flat_map(|unit| unit.whole).copied().collect()
}

/// The largest width and height that the sequence of a temporal unit has.
pub(crate) fn size(unit: &[u8]) -> Option<(u16, u16)> {
    let header = units(unit).find(|unit| unit.kind == SEQUENCE_HEADER)?;
    Some(Sequence::read(header.payload)?.size)
}

/// The configuration record of a temporal unit with a sequence header.
pub(crate) fn configuration(unit: &[u8]) -> Option<Vec<u8>> {
    let header = units(unit).find(|unit| unit.kind == SEQUENCE_HEADER)?;
    let sequence = Sequence::read(header.payload)?;
    // Marker and version 1, the sequence's summary, no initial presentation delay, the header itself.
    let mut out = vec![0x81];
    out.extend_from_slice(&sequence.summary);
    out.push(0);
    out.extend_from_slice(header.whole);
    Some(out)
}

/// What a sequence header (5.5) says, as far as files need it.
struct Sequence {
    size: (u16, u16),
    /// The second and third byte of the configuration record.
    summary: [u8; 2],
}

impl Sequence {
    fn read(payload: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(payload);
        let profile = bits.number(3)?;
        bits.skip(1)?;
        let reduced = bits.flag()?;
        let (level, tier) = if reduced {
            (bits.number(5)?, false)
        } else {
            operating_points(&mut bits)?
        };
        let width_bits = bits.number(4)? + 1;
        let height_bits = bits.number(4)? + 1;
        let width = bits.number(width_bits)?.checked_add(1)?;
        let height = bits.number(height_bits)?.checked_add(1)?;
        let size = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
        tools(&mut bits, reduced)?;
        let color = color_config(&mut bits, profile)?;
        let first = u8::try_from(profile << 5 | level).ok()?;
        Some(Self {
            size,
            summary: [first, u8::from(tier) << 7 | color],
        })
    }
}

/// Timing and operating points (5.5.1); the level and tier of the first one.
fn operating_points(bits: &mut Bits<'_>) -> Option<(u32, bool)> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.number(5)? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let display_delays = bits.flag()?;
    let count = bits.number(5)? + 1;
    let mut first = None;
    for _ in 0..count {
        bits.skip(12)?;
        let level = bits.number(5)?;
        let tier = level > 7 && bits.flag()?;
        if let Some(width) = delay_bits
            && bits.flag()?
        {
            bits.number(width)?;
            bits.number(width)?;
            bits.skip(1)?;
        }
        if display_delays && bits.flag()? {
            bits.skip(4)?;
        }
        first.get_or_insert((level, tier));
    }
    first
}

/// What lies between the size and the colours.
fn tools(bits: &mut Bits<'_>, reduced: bool) -> Option<()> {
    if !reduced && bits.flag()? {
        bits.skip(4 + 3)?;
    }
    // Superblocks of 128, filtered intra, intra edges.
    bits.skip(3)?;
    if !reduced {
        // Compounds between and masked, warped motion, dual filter.
        bits.skip(4)?;
        let order_hint = bits.flag()?;
        if order_hint {
            bits.skip(2)?;
        }
        let choose_screen_content = bits.flag()?;
        let screen_content = choose_screen_content || bits.flag()?;
        if screen_content {
            let choose_integer = bits.flag()?;
            if !choose_integer {
                bits.skip(1)?;
            }
        }
        if order_hint {
            bits.skip(3)?;
        }
    }
    // Super resolution, directional enhancement, restoration.
    bits.skip(3)
}

/// The colours (5.5.2), as the configuration record has them: depth, monochrome, subsampling, sample position.
fn color_config(bits: &mut Bits<'_>, profile: u32) -> Option<u8> {
    let high = bits.flag()?;
    let twelve = profile == 2 && high && bits.flag()?;
    let mono = profile != 1 && bits.flag()?;
    let described = bits.flag()?;
    let description = if described {
        (bits.number(8)?, bits.number(8)?, bits.number(8)?)
    } else {
        (2, 2, 2)
    };
    let (across, down) = if mono {
        bits.skip(1)?;
        (true, true)
    } else if description == (1, 13, 0) {
        (false, false)
    } else {
        bits.skip(1)?;
        match profile {
            0 => (true, true),
            1 => (false, false),
            _ if twelve => {
                let across = bits.flag()?;
                (across, across && bits.flag()?)
            }
            _ => (true, false),
        }
    };
    let position = if across && down && !mono {
        bits.number(2)?
    } else {
        0
    };
    let flags = [high, twelve, mono, across, down];
    let flags = flags.iter().fold(0, |sum, flag| sum << 1 | u8::from(*flag));
    Some(flags << 2 | u8::try_from(position).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A sequence header as libaom writes it for 320 × 240 in real time, with its header and size.
    const SEQUENCE: [u8; 13] = [
        0x0A, 0x0B, 0x00, 0x00, 0x00, 0x04, 0x3C, 0xFF, 0xBC, 0xDA, 0xF9, 0x00, 0x40,
    ];

    #[test]
    fn a_sequence_header_tells_the_size() {
        assert_eq!(size(&SEQUENCE), Some((320, 240)));
        assert_eq!(size(&SEQUENCE[..12]), None);
        assert_eq!(size(&[0x12, 0x00]), None);
    }

    #[test]
    fn delimiters_are_left_out() {
        let mut unit = vec![0x12, 0x00];
        unit.extend_from_slice(&SEQUENCE);
        // A frame without a size of its own, which only the last unit may be.
        unit.extend_from_slice(&[0x30, 1, 2, 3]);
        let kept = without_delimiters(Bytes::from(unit.clone()));
        assert_eq!(kept, unit[2..]);
        assert_eq!(without_delimiters(kept.clone()), kept);
    }

    #[test]
    fn the_configuration_holds_the_sequence_header() {
        let record = configuration(&SEQUENCE).unwrap();
        assert_eq!(record[0], 0x81);
        // Profile 0, level 2.0; 8 bits, 4:2:0.
        assert_eq!(record[1..4], [0x00, 0x0C, 0x00]);
        assert_eq!(record[4..], SEQUENCE);
    }

    proptest! {
        #[test]
        fn noise_is_read_without_harm(noise in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = (size(&noise), configuration(&noise), Sequence::read(&noise));
            let kept = without_delimiters(Bytes::from(noise.clone()));
            prop_assert!(kept.len() <= noise.len());
        }
    }
}
