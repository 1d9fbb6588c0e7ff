//! Messages in a stream (RFC 8656 section 12.5): STUN messages and `ChannelData`, told apart by
//! their first two bits, each of which tells its length.

/// Bytes of a stream, cut into frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// Where the first frame that was not taken begins.
    at: usize,
}

/// Neither STUN nor `ChannelData`, or longer than is allowed: nothing that follows can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoFrame;

const STUN_HEADER: usize = 20;
const CHANNEL_HEADER: usize = 4;

impl Frames {
    /// Where to append what arrives. Room is made for as much as `room`, not for what a frame
    /// claims to be long.
    pub(super) fn tail(&mut self, room: usize) -> &mut Vec<u8> {
        self.bytes.drain(..self.at);
        self.at = 0;
        // What a long frame needed is given back.
        if self.bytes.is_empty() && self.bytes.capacity() > 4 * room {
            self.bytes = Vec::new();
        }
        self.bytes.reserve(room);
        &mut self.bytes
    }

    /// Whether a frame has begun and not ended.
    pub(super) fn has_partial(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// The next whole frame, of at most `longest` bytes.
    pub(super) fn next(&mut self, longest: usize) -> Result<Option<&[u8]>, NoFrame> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let Some(head) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = length(*head)?;
        if length > longest {
            return Err(NoFrame);
        }
        if rest.len() < length {
            return Ok(None);
        }
        let start = self.at;
        self.at += length;
        Ok(self.bytes.get(start..start + length))
    }
}

/// Takes apart what was written as whole frames.
pub(super) fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = length(*bytes.first_chunk::<4>()?).unwrap_or(bytes.len());
        let (frame, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
        bytes = rest;
        Some(frame)
    })
}

/// The length of a frame with its header and padding.
fn length([a, _, c, d]: [u8; 4]) -> Result<usize, NoFrame> {
    let body = usize::from(u16::from_be_bytes([c, d]));
    match a >> 6 {
        0b00 if body % 4 == 0 => Ok(STUN_HEADER + body),
        0b01 => Ok((CHANNEL_HEADER + body).next_multiple_of(4)),
        _ => Err(NoFrame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8], step: usize) -> Result<Vec<Vec<u8>>, NoFrame> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for part in bytes.chunks(step) {
            frames.tail(16).extend_from_slice(part);
            while let Some(frame) = frames.next(1000)? {
                found.push(frame.to_vec());
            }
        }
        Ok(found)
    }

    #[test]
    fn frames_are_found_however_the_stream_is_cut() {
        let mut stun = vec![0; 28];
        stun[3] = 8;
        let padded = [0x40, 0x00, 0x00, 0x05, 1, 2, 3, 4, 5, 0, 0, 0];
        let stream = [&stun[..], &padded[..], &stun[..]].concat();
        for step in 1..=stream.len() {
            let expected = vec![stun.clone(), padded.to_vec(), stun.clone()];
            assert_eq!(frames(&stream, step), Ok(expected), "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_frame_ends_the_stream() {
        for head in [
            [0x80, 0, 0, 0],
            [0xff, 0xff, 0, 0],
            [0x00, 0x01, 0, 3],
            [0x00, 0x01, 0x04, 0x00],
            [0x40, 0x00, 0x04, 0x00],
        ] {
            assert_eq!(frames(&head, 4), Err(NoFrame), "{head:?}");
        }
    }

    #[test]
    fn memory_follows_what_arrived_not_what_was_claimed() {
        let mut frames = Frames::default();
        frames.tail(16).extend_from_slice(&[0x40, 0, 0xff, 0xff]);
        assert_eq!(frames.next(1 << 20), Ok(None));
        assert!(frames.has_partial());
        assert!(frames.tail(16).capacity() < 100);
    }
}
