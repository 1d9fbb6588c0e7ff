//! How large the pictures of an H.264 stream are: its sequence parameter set (ITU-T H.264 section 7.3.2.1).

use super::bits::Bits;

/// Profiles whose parameters say more of colours.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// Bytes of a parameter set that are read at most: what says the size is near its beginning.
const READ_MAX: usize = 512;

/// Width and height in pixels; the unit is a whole NAL unit of type 7.
pub(super) fn size_of(unit: &[u8]) -> Option<(u16, u16)> {
    let payload = without_emulation_prevention(unit.get(1..)?);
    let mut bits = Bits::new(&payload);
    let profile = bits.number(8)?;
    // Constraints and level.
    bits.skip(16)?;
    bits.exponential()?;
    let chroma_format = if HIGH_PROFILES.contains(&profile) {
        colours(&mut bits)?
    } else {
        1
    };
    // log2_max_frame_num_minus4
    bits.exponential()?;
    match bits.exponential()? {
        0 => {
            bits.exponential()?;
        }
        1 => {
            bits.skip(1)?;
            bits.signed_exponential()?;
            bits.signed_exponential()?;
            let cycle = bits.exponential()?;
            for _ in 0..cycle.min(256) {
                bits.signed_exponential()?;
            }
        }
        _ => {}
    }
    // max_num_ref_frames, gaps_in_frame_num_value_allowed_flag
    bits.exponential()?;
    bits.skip(1)?;
    let width_in_macroblocks = bits.exponential()?.checked_add(1)?;
    let height_in_map_units = bits.exponential()?.checked_add(1)?;
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    let fields = if frames_only { 1 } else { 2 };
    let (mut width, mut height) = (
        width_in_macroblocks.checked_mul(16)?,
        height_in_map_units.checked_mul(16 * fields)?,
    );
    let is_cropped = bits.flag()?;
    if is_cropped {
        let (unit_x, unit_y) = match chroma_format {
            1 => (2, 2 * fields),
            2 => (2, fields),
            _ => (1, fields),
        };
        let mut cropped = |unit: u32| {
            let both = bits.exponential()?.checked_add(bits.exponential()?)?;
            both.checked_mul(unit)
        };
        width = width.checked_sub(cropped(unit_x)?)?;
        height = height.checked_sub(cropped(unit_y)?)?;
    }
    let size = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// What high profiles say of colours: how these are sampled.
fn colours(bits: &mut Bits<'_>) -> Option<u32> {
    let chroma_format = bits.exponential()?;
    if chroma_format == 3 {
        bits.skip(1)?;
    }
    bits.exponential()?;
    bits.exponential()?;
    bits.skip(1)?;
    let has_scaling = bits.flag()?;
    if has_scaling {
        let lists = if chroma_format == 3 { 12 } else { 8 };
        for list in 0..lists {
            let is_present = bits.flag()?;
            if is_present {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(chroma_format)
}

fn skip_scaling_list(bits: &mut Bits<'_>, entries: u32) -> Option<()> {
    let mut last = 8_i32;
    for _ in 0..entries {
        let next = last
            .checked_add(bits.signed_exponential()?)?
            .rem_euclid(256);
        if next == 0 {
            return Some(());
        }
        last = next;
    }
    Some(())
}

/// Without the bytes that keep start codes out (ITU-T H.264 section 7.4.1).
fn without_emulation_prevention(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len().min(READ_MAX));
    let mut zeros = 0;
    for byte in bytes.iter().take(READ_MAX) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_of_real_streams() {
        // libx264, 640 × 360, constrained baseline; 1920 × 1080 (cropped), high.
        let baseline = [0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x50];
        assert_eq!(size_of(&baseline), Some((640, 360)));
        let high = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00,
            0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
        ];
        assert_eq!(size_of(&high), Some((1920, 1080)));
    }

    #[test]
    fn what_is_cut_short_has_no_size() {
        let baseline = [0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9];
        for length in 0..8 {
            assert_eq!(size_of(&baseline[..length]), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_parameters_are_read_or_not(unit in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some((width, height)) = size_of(&unit) {
                prop_assert!(width > 0 && height > 0);
            }
        }
    }
}
