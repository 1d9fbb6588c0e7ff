//! VP9: the bitstream specification, version 0.6, section 6.2 and annex B.

use super::bits::Bits;

/// The width and height of the largest picture in a frame or superframe that begins with a key frame.
pub(crate) fn size(data: &[u8]) -> Option<(u16, u16)> {
    let frames = frames(data);
    if !frame_size(frames.first()?)?.is_key {
        return None;
    }
    let sizes = frames.iter().filter_map(|frame| frame_size(frame)?.size);
    sizes.max_by_key(|(width, height)| u32::from(*width) * u32::from(*height))
}

struct FrameSize {
    is_key: bool,
    /// `None`: that of a frame before it.
    size: Option<(u16, u16)>,
}

/// The frames of a superframe (annex B), or the one frame that these bytes are.
fn frames(data: &[u8]) -> Vec<&[u8]> {
    superframe(data).unwrap_or_else(|| vec![data])
}

fn superframe(data: &[u8]) -> Option<Vec<&[u8]>> {
    let marker = *data.last()?;
    if marker & 0xE0 != 0xC0 {
        return None;
    }
    let count = usize::from(marker & 7) + 1;
    let width = usize::from(marker >> 3 & 3) + 1;
    let (mut rest, index) = data.split_at_checked(data.len().checked_sub(2 + count * width)?)?;
    if index[0] != marker {
        return None;
    }
    let mut frames = Vec::with_capacity(count);
    for size in index[1..=count * width].chunks(width) {
        let size = size
            .iter()
            .rev()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let (frame, after) = rest.split_at_checked(size)?;
        frames.push(frame);
        rest = after;
    }
    Some(frames)
}

/// The uncompressed header (6.2), as far as the size.
fn frame_size(frame: &[u8]) -> Option<FrameSize> {
    let mut bits = Bits::new(frame);
    if bits.number(2)? != 2 {
        return None;
    }
    let profile = bits.number(1)? | bits.number(1)? << 1;
    if profile == 3 {
        bits.skip(1)?;
    }
    let show_existing = bits.flag()?;
    if show_existing {
        return None;
    }
    let is_key = !bits.flag()?;
    let show = bits.flag()?;
    let error_resilient = bits.flag()?;
    if is_key {
        sync_code(&mut bits)?;
        color_config(&mut bits, profile)?;
        return Some(FrameSize {
            is_key,
            size: Some(explicit(&mut bits)?),
        });
    }
    let intra_only = !show && bits.flag()?;
    if !error_resilient {
        bits.skip(2)?;
    }
    if intra_only {
        sync_code(&mut bits)?;
        if profile > 0 {
            color_config(&mut bits, profile)?;
        }
        bits.skip(8)?;
        return Some(FrameSize {
            is_key,
            size: Some(explicit(&mut bits)?),
        });
    }
    // Which frames it replaces, and the three that it refers to.
    bits.skip(8 + 3 * 4)?;
    for _ in 0..3 {
        let as_reference = bits.flag()?;
        if as_reference {
            return Some(FrameSize { is_key, size: None });
        }
    }
    Some(FrameSize {
        is_key,
        size: Some(explicit(&mut bits)?),
    })
}

fn sync_code(bits: &mut Bits<'_>) -> Option<()> {
    (bits.number(24)? == 0x49_83_42).then_some(())
}

fn color_config(bits: &mut Bits<'_>, profile: u32) -> Option<()> {
    const RGB: u32 = 7;
    if profile >= 2 {
        bits.skip(1)?;
    }
    let subsampled = profile == 1 || profile == 3;
    if bits.number(3)? == RGB {
        bits.skip(usize::from(subsampled))
    } else {
        bits.skip(if subsampled { 4 } else { 1 })
    }
}

fn explicit(bits: &mut Bits<'_>) -> Option<(u16, u16)> {
    let width = bits.number(16)?.checked_add(1)?;
    let height = bits.number(16)?.checked_add(1)?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key frame's header: profile 0, shown, the sync code, a colour space, a size.
    fn key(width: u16, height: u16) -> Vec<u8> {
        let size = format!("{:016b}{:016b}", width - 1, height - 1);
        packed(&format!("10 0 0 0 0 1 0 {:024b} 001 0 {size}", 0x49_83_42))
    }

    /// A header that refers to others: with its own size, or with that of its second reference.
    fn inter(size: Option<(u16, u16)>) -> Vec<u8> {
        let size = match size {
            Some((width, height)) => format!("000{:016b}{:016b}", width - 1, height - 1),
            None => "01".to_owned(),
        };
        packed(&format!("10 0 0 0 1 1 1 00000001 000 0 001 0 010 0 {size}"))
    }

    fn packed(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|b| b - b'0')
            .collect();
        bits.chunks(8)
            .map(|byte| (0..8).fold(0, |sum, i| sum << 1 | byte.get(i).copied().unwrap_or(0)))
            .collect()
    }

    fn superframe_of(frames: &[Vec<u8>]) -> Vec<u8> {
        let marker = 0xC0 | u8::try_from(frames.len() - 1).unwrap();
        let mut out = frames.concat();
        out.push(marker);
        out.extend(
            frames
                .iter()
                .map(|frame| u8::try_from(frame.len()).unwrap()),
        );
        out.push(marker);
        out
    }

    #[test]
    fn a_key_frame_tells_its_size() {
        assert_eq!(size(&key(1280, 720)), Some((1280, 720)));
        assert_eq!(size(&key(1280, 720)[..5]), None);
        assert_eq!(size(&inter(Some((640, 360)))), None);
        assert_eq!(size(&[]), None);
    }

    #[test]
    fn spatial_layers_tell_the_largest() {
        let layers = [
            key(320, 180),
            inter(Some((640, 360))),
            inter(Some((1280, 720))),
        ];
        assert_eq!(size(&superframe_of(&layers)), Some((1280, 720)));
        let same = [key(320, 180), inter(None)];
        assert_eq!(size(&superframe_of(&same)), Some((320, 180)));
    }
}
