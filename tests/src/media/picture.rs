use std::time::{Duration, Instant};

/// Made-up VP8 (RFC 7741): frames that are split into packets of one size, with the moment of sending in each.
#[derive(Debug)]
pub(super) struct Picture {
    began: Instant,
    packet_bytes: usize,
    picture_id: u16,
    key_frame: bool,
}

/// The payload descriptor: X and S, then I, then a picture id of 15 bits.
const DESCRIPTOR: usize = 4;
/// The frame header of a key frame with its start code and size.
const KEY_FRAME_HEADER: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
/// The moment of sending, in nanoseconds since `began`, at the end of a packet.
pub(super) const STAMP: usize = 8;

impl Picture {
    /// Pictures whose packets have that many bytes of payload; `began` is the epoch of their time stamps.
    pub(super) fn new(began: Instant, packet_bytes: usize) -> Self {
        Self {
            began,
            packet_bytes: packet_bytes.max(DESCRIPTOR + KEY_FRAME_HEADER.len() + STAMP),
            picture_id: 0,
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
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        (0..packets.max(1))
            .map(|number| self.packet(now, number == 0, key_frame))
            .collect()
    }

    fn packet(&self, now: Instant, first: bool, key_frame: bool) -> Vec<u8> {
        let mut packet = vec![0; self.packet_bytes];
        let [high, low] = (self.picture_id | 0x8000).to_be_bytes();
        packet[0] = if first { 0x90 } else { 0x80 };
        packet[1] = 0x80;
        packet[2] = high;
        packet[3] = low;
        if first {
            let header = &mut packet[DESCRIPTOR..DESCRIPTOR + KEY_FRAME_HEADER.len()];
            header.copy_from_slice(&KEY_FRAME_HEADER);
            if !key_frame {
                // The lowest bit tells an interframe.
                header[0] |= 0x01;
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
