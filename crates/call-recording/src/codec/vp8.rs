//! VP8: RFC 6386.

/// The picture's width and height, which a key frame begins with (section 9.1).
pub(crate) fn size(frame: &[u8]) -> Option<(u16, u16)> {
    let &[tag, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = frame else {
        return None;
    };
    let is_key = tag & 1 == 0;
    // The two bits above are for scaling on the screen.
    let width = u16::from_le_bytes([w0, w1]) & 0x3FFF;
    let height = u16::from_le_bytes([h0, h1]) & 0x3FFF;
    (is_key && width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_tells_its_size() {
        let frame = [0x50, 0x42, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x42, 0xE0, 0x01];
        assert_eq!(size(&frame), Some((640, 480)));
        let mut inter = frame;
        inter[0] |= 1;
        assert_eq!(size(&inter), None);
        assert_eq!(size(&frame[..9]), None);
    }
}
