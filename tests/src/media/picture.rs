use std::time::{Duration, Instant};

/// Made-up VP8 (RFC 7741): grey frames that are split into packets of one size, with the moment of sending in each.
///
/// A decoder takes them: it reads zeros, and everything behind what it needs is ballast.
#[derive(Debug)]
pub(super) struct Picture {
    began: Instant,
    packet_bytes: usize,
    number: u16,
    key_frame: bool,
}

/// The payload descriptor: X and S, then I, then a picture id of 15 bits.
const DESCRIPTOR: usize = 4;
/// The frame tag of a key frame that is shown, with the size of the first partition (RFC 6386 section 9.1).
const TAG: [u8; 3] = [0x10, 0x08, 0x00];
/// The start code, and 64 by 48 pixels.
const SIZE: [u8; 7] = [0x9d, 0x01, 0x2a, 64, 0, 48, 0];
/// Bytes of the first partition, as the tag says: the header and the modes of 12 macroblocks, with a margin.
const MODES: usize = 64;
/// Bytes of the second partition at least: macroblocks without coefficients.
const COEFFICIENTS: usize = 32;
const FRAME_MIN: usize = TAG.len() + SIZE.len() + MODES + COEFFICIENTS;
/// The moment of sending, in nanoseconds since `began`, at the end of a packet.
pub(super) const STAMP: usize = 8;

impl Picture {
    /// Pictures whose packets have that many bytes of payload; `began` is the epoch of their time stamps.
    pub(super) fn new(began: Instant, packet_bytes: usize) -> Self {
        Self {
            began,
            packet_bytes: packet_bytes.max(DESCRIPTOR + FRAME_MIN + STAMP),
            number: 0,
            key_frame: true,
        }
    }

    /// The next frame begins with nothing known.
    pub(super) fn want_key_frame(&mut self) {
        self.key_frame = true;
    }

    /// The payloads of the next frame.
    pub(super) fn frame(&mut self, now: Instant, packets: usize) -> Vec<Vec<u8>> {
        let key_frame = std::mem::take(&mut self.key_frame);
        self.number = (self.number + 1) & 0x7fff;
        (0..packets.max(1))
            .map(|number| self.packet(now, number == 0, key_frame))
            .collect()
    }

    fn packet(&self, now: Instant, first: bool, key_frame: bool) -> Vec<u8> {
        let mut packet = vec![0; self.packet_bytes];
        let [high, low] = (self.number | 0x8000).to_be_bytes();
        packet[0] = if first { 0x90 } else { 0x80 };
        packet[1] = 0x80;
        packet[2] = high;
        packet[3] = low;
        if first {
            let (tag, rest) = packet[DESCRIPTOR..].split_at_mut(TAG.len());
            tag.copy_from_slice(&TAG);
            if key_frame {
                rest[..SIZE.len()].copy_from_slice(&SIZE);
            } else {
                // The lowest bit tells an interframe.
                tag[0] |= 0x01;
            }
        }
        let sent = now.saturating_duration_since(self.began).as_nanos();
        let stamp = u64::try_from(sent).unwrap_or(u64::MAX).to_be_bytes();
        let at = packet.len() - STAMP;
        packet[at..].copy_from_slice(&stamp);
        packet
    }
}

/// How long a packet was on its way.
pub(super) fn age(began: Instant, now: Instant, payload: &[u8]) -> Option<Duration> {
    let stamp = payload.last_chunk::<STAMP>()?;
    let sent = Duration::from_nanos(u64::from_be_bytes(*stamp));
    now.saturating_duration_since(began).checked_sub(sent)
}
