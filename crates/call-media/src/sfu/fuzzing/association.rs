use super::Script;

/// The other end of an SCTP association (RFC 9260), as far as it takes to write chunks that are looked at.
#[derive(Default)]
pub(super) struct Association {
    /// What the server wants to see in every packet.
    tag: u32,
    /// The number of the next DATA chunk.
    sequence: u32,
    cookie: Vec<u8>,
}

const HEADER: usize = 12;
const INIT_ACK: u8 = 2;
const COOKIE_ECHO: u8 = 10;
const STATE_COOKIE: [u8; 2] = [0, 7];
/// Payload protocol identifiers (RFC 8831 section 8).
const CONTROL: u32 = 50;
const IDENTIFIERS: [u32; 6] = [CONTROL, 51, 53, 56, 57, 0];
/// Chunks that browsers send, and some more.
const KINDS: [u8; 12] = [1, 3, 4, 5, 6, 7, 8, 9, 11, 14, 130, 192];
/// `DATA_CHANNEL_OPEN` of `messages` (RFC 8832 section 5.1).
const OPEN: &[u8] = b"\x03\0\0\0\0\0\0\0\0\x08\0\0messages";

impl Association {
    /// The first packet.
    pub(super) fn init(&mut self) -> Vec<u8> {
        *self = Self {
            sequence: 10,
            ..Self::default()
        };
        let mut init = vec![1, 0, 0, 20, 0, 0, 0, 1, 0, 2, 0, 0, 0, 16, 0, 16];
        init.extend(self.sequence.to_be_bytes());
        packet(0, &init)
    }

    /// Takes what the server sends; an answer to the first packet has all that is needed.
    pub(super) fn handle(&mut self, packet: &[u8]) {
        let Some([INIT_ACK, _, _, _, a, b, c, d, ..]) = packet.get(HEADER..) else {
            return;
        };
        self.tag = u32::from_be_bytes([*a, *b, *c, *d]);
        let mut parameters = packet.get(HEADER + 20..).unwrap_or_default();
        while let [k0, k1, l0, l1, ..] = *parameters {
            let length = usize::from(u16::from_be_bytes([l0, l1])).max(4);
            let value = parameters.get(4..length).unwrap_or_default();
            if [k0, k1] == STATE_COOKIE {
                self.cookie = value.to_vec();
            }
            let next = length.next_multiple_of(4);
            parameters = parameters.get(next..).unwrap_or_default();
        }
    }

    /// What makes the association one.
    pub(super) fn cookie_echo(&self) -> Vec<u8> {
        packet(self.tag, &chunk(COOKIE_ECHO, 0, &self.cookie))
    }

    /// Some chunks: of a data channel, or any.
    pub(super) fn chunks(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let mut chunks = Vec::new();
        for _ in 0..=script.below(4) {
            let flags = script.byte();
            if flags & 0x80 == 0 {
                chunks.extend(self.data(script, flags));
            } else {
                let kind = script.one_of(&KINDS).unwrap_or(0);
                chunks.extend(chunk(kind, flags & 0x03, script.bytes()));
            }
        }
        packet(self.tag, &chunks)
    }

    fn data(&mut self, script: &mut Script<'_>, flags: u8) -> Vec<u8> {
        let ahead = if flags & 0x40 == 0 { 0 } else { script.byte() };
        let mut data = (self.sequence + u32::from(ahead)).to_be_bytes().to_vec();
        self.sequence += u32::from(ahead == 0);
        data.extend([0, script.byte() % 20, 0, script.byte()]);
        let identifier = script.one_of(&IDENTIFIERS).unwrap_or(0);
        data.extend(identifier.to_be_bytes());
        if identifier == CONTROL && flags & 0x20 == 0 {
            data.extend(OPEN);
        } else {
            data.extend(script.bytes());
        }
        // Beginning, end, unordered.
        chunk(0, flags & 0x07, &data)
    }
}

fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut chunk = vec![kind, flags];
    let length = u16::try_from(value.len() + 4).unwrap_or(0);
    chunk.extend(length.to_be_bytes());
    chunk.extend(value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

fn packet(tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(chunks);
    let checksum = super::intruder::crc(0x82f6_3b78, &packet).to_le_bytes();
    packet[8..12].copy_from_slice(&checksum);
    packet
}
