//! RTP and RTCP, byte by byte.

pub(crate) const VP8: u8 = 96;
pub(crate) const RTX: u8 = 97;
pub(crate) const VP9: u8 = 98;
/// A key frame of VP8 (RFC 7741) that begins: the descriptor, the frame tag, the start code, a size.
const KEY_FRAME: [u8; 11] = [0x10, 0x10, 0x08, 0x00, 0x9d, 0x01, 0x2a, 64, 0, 48, 0];
/// Who reports.
const REPORTER: u32 = 1;

/// A packet (RFC 3550 section 5.1).
#[derive(Debug, Clone)]
pub(crate) struct Rtp {
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Elements in the one-byte form (RFC 8285).
    pub(crate) extensions: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl Rtp {
    /// A picture of the camera.
    pub(crate) fn picture() -> Self {
        Self {
            payload_type: VP8,
            sequence: 1,
            timestamp: 0,
            ssrc: 0xcafe,
            extensions: extension(4, b"v"),
            payload: [&KEY_FRAME[..], &[0; 200]].concat(),
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut packet = vec![0x90, 0x80 | self.payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        let words = self.extensions.len().div_ceil(4);
        packet.extend([0xbe, 0xde, 0, u8::try_from(words).unwrap()]);
        packet.extend(&self.extensions);
        packet.resize(16 + 4 * words, 0);
        packet.extend(&self.payload);
        packet
    }
}

/// An element of a header extension.
pub(crate) fn extension(id: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len() - 1).unwrap();
    [&[id << 4 | length], value].concat()
}

/// PLI (RFC 4585 section 6.3.1).
pub(crate) fn picture_loss(ssrc: u32) -> Vec<u8> {
    feedback(1, 206, ssrc, &[])
}

/// FIR (RFC 5104 section 4.3.1).
pub(crate) fn full_intra_request(ssrc: u32) -> Vec<u8> {
    let entry = [&ssrc.to_be_bytes()[..], &[1, 0, 0, 0]].concat();
    feedback(4, 206, 0, &entry)
}

/// NACK (RFC 4585 section 6.2.1) of 17 packets for each entry, from a sequence number on.
pub(crate) fn nack(ssrc: u32, from: u16, entries: u16) -> Vec<u8> {
    let entry = |number: u16| {
        let first = from.wrapping_add(number.wrapping_mul(17)).to_be_bytes();
        [first[0], first[1], 0xff, 0xff]
    };
    let entries: Vec<u8> = (0..entries).flat_map(entry).collect();
    feedback(1, 205, ssrc, &entries)
}

fn feedback(format: u8, kind: u8, ssrc: u32, entries: &[u8]) -> Vec<u8> {
    let words = u16::try_from(2 + entries.len() / 4).unwrap();
    let mut packet = vec![0x80 | format, kind];
    packet.extend(words.to_be_bytes());
    packet.extend(REPORTER.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(entries);
    packet
}
