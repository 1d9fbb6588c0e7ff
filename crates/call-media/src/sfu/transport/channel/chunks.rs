//! What of a peer's SCTP (RFC 9260) reaches the association: chunks of a browser's data channels, in bounds.
//!
//! The association behind keeps what it is sent until a message is whole. Here is counted what it keeps.

use std::collections::HashSet;

use foldhash::fast::RandomState;

/// Streams of an association at most, each way. Browsers number channels 0, 2, … and 1, 3, ….
pub(super) const STREAMS_MAX: u16 = 16;

const HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA_HEADER: usize = 16;
/// A packet at most: browsers stay below 1200 bytes.
const PACKET_MAX: usize = 2048;
const CHUNKS_MAX: usize = 32;
/// How far a DATA chunk may be ahead of what is acknowledged.
const WINDOW: u32 = 4096;
/// What may be kept for messages that are not whole.
const HELD_BYTES_MAX: usize = 192 * 1024;
const HELD_CHUNKS_MAX: usize = 2048;
/// Attempts to begin an association, and requests to reset streams.
const INITS_MAX: u32 = 16;
const RESETS_MAX: u32 = 64;
const RESET_BYTES_MAX: usize = 64;

const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const ERROR: u8 = 9;
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;

/// One chunk: its type and the whole of it.
type Chunk<'a> = (u8, &'a [u8]);

/// Watches what goes to and comes from one association.
#[derive(Debug, Default)]
pub(super) struct ChunkGuard {
    is_established: bool,
    /// What the association has acknowledged; `None` before it began.
    acknowledged: Option<u32>,
    /// DATA chunks beyond that were let through.
    ahead: HashSet<u32, RandomState>,
    held: [Held; STREAMS_MAX as usize],
    inits: u32,
    resets: u32,
}

/// What is kept of one stream.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    bytes: usize,
    chunks: usize,
}

impl ChunkGuard {
    /// Whether a packet may go to the association.
    pub(super) fn admits(&mut self, packet: &[u8]) -> bool {
        let Some(chunks) = split(packet) else {
            return false;
        };
        if !chunks
            .iter()
            .all(|chunk| self.is_allowed(*chunk, chunks.len()))
        {
            return false;
        }
        for (kind, chunk) in chunks {
            match kind {
                INIT => self.begin(read_u32(chunk, 16)),
                DATA => self.hold(chunk),
                RE_CONFIG => self.resets += 1,
                _ => {}
            }
        }
        true
    }

    /// A packet of the association leaves: it may acknowledge something.
    pub(super) fn left(&mut self, packet: &[u8]) {
        for (kind, chunk) in split(packet).unwrap_or_default() {
            if kind == SACK && chunk.len() >= 8 {
                let acknowledged = read_u32(chunk, 4);
                self.acknowledged = Some(acknowledged);
                self.ahead.retain(|tsn| is_after(*tsn, acknowledged));
            }
        }
    }

    /// The association is established: there is no other.
    pub(super) fn established(&mut self) {
        self.is_established = true;
    }

    /// A message was taken out of the association.
    pub(super) fn delivered(&mut self, stream: u16, bytes: usize, chunks: usize) {
        if let Some(held) = self.held.get_mut(usize::from(stream)) {
            held.bytes = held.bytes.saturating_sub(bytes);
            held.chunks = held.chunks.saturating_sub(chunks);
        }
    }

    /// A stream was reset: what was kept of it is gone.
    pub(super) fn reset(&mut self, stream: u16) {
        if let Some(held) = self.held.get_mut(usize::from(stream)) {
            *held = Held::default();
        }
    }

    fn is_allowed(&self, (kind, chunk): Chunk<'_>, chunks: usize) -> bool {
        match kind {
            INIT => {
                !self.is_established && self.inits < INITS_MAX && chunks == 1 && chunk.len() >= 20
            }
            DATA => {
                let held = self.held.iter().fold(Held::default(), |all, stream| Held {
                    bytes: all.bytes + stream.bytes,
                    chunks: all.chunks + stream.chunks,
                });
                chunk.len() > DATA_HEADER
                    && u16::from_be_bytes([chunk[8], chunk[9]]) < STREAMS_MAX
                    && held.bytes + chunk.len() <= HELD_BYTES_MAX
                    && held.chunks + chunks <= HELD_CHUNKS_MAX
                    && self.acknowledged.is_some_and(|acknowledged| {
                        let tsn = read_u32(chunk, 4);
                        !is_after(tsn, acknowledged) || tsn.wrapping_sub(acknowledged) <= WINDOW
                    })
            }
            RE_CONFIG => self.resets < RESETS_MAX && chunk.len() <= RESET_BYTES_MAX,
            // Only channels that lose messages need it, and there are none (RFC 3758).
            FORWARD_TSN => false,
            // There is nothing that a peer could complain of later on.
            ERROR => !self.is_established,
            _ => true,
        }
    }

    fn begin(&mut self, first_tsn: u32) {
        self.inits += 1;
        self.acknowledged = Some(first_tsn.wrapping_sub(1));
        self.ahead.clear();
        self.held = Default::default();
    }

    fn hold(&mut self, chunk: &[u8]) {
        let tsn = read_u32(chunk, 4);
        let is_new = self
            .acknowledged
            .is_some_and(|acknowledged| is_after(tsn, acknowledged))
            && self.ahead.insert(tsn);
        let stream = usize::from(u16::from_be_bytes([chunk[8], chunk[9]]));
        if let (true, Some(held)) = (is_new, self.held.get_mut(stream)) {
            held.bytes += chunk.len() - DATA_HEADER;
            held.chunks += 1;
        }
    }
}

/// The chunks of a packet. `None` where it is malformed, too large or has too many.
fn split(packet: &[u8]) -> Option<Vec<Chunk<'_>>> {
    if packet.len() > PACKET_MAX {
        return None;
    }
    let mut rest = packet.get(HEADER..)?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (head, _) = rest.split_first_chunk::<CHUNK_HEADER>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let chunk = rest.get(..length).filter(|_| length >= CHUNK_HEADER)?;
        chunks.push((head[0], chunk));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        if chunks.len() > CHUNKS_MAX {
            return None;
        }
    }
    (!chunks.is_empty()).then_some(chunks)
}

/// Serial number arithmetic (RFC 1982).
fn is_after(tsn: u32, other: u32) -> bool {
    tsn != other && tsn.wrapping_sub(other) < 1 << 31
}

/// The caller has checked the length.
fn read_u32(chunk: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(chunks: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut packet = vec![0; HEADER];
        for (kind, value) in chunks {
            packet.extend_from_slice(&[*kind, 3]);
            packet.extend_from_slice(&((value.len() + CHUNK_HEADER) as u16).to_be_bytes());
            packet.extend_from_slice(value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    fn data(tsn: u32, stream: u16, bytes: usize) -> (u8, Vec<u8>) {
        let mut value = tsn.to_be_bytes().to_vec();
        value.extend_from_slice(&stream.to_be_bytes());
        value.extend_from_slice(&[0; 6]);
        value.resize(value.len() + bytes, 7);
        (DATA, value)
    }

    fn init(first_tsn: u32) -> (u8, Vec<u8>) {
        let mut value = vec![1; 12];
        value.extend_from_slice(&first_tsn.to_be_bytes());
        (INIT, value)
    }

    fn sack(tsn: u32) -> Vec<u8> {
        let mut value = tsn.to_be_bytes().to_vec();
        value.extend_from_slice(&[0; 8]);
        packet(&[(SACK, value)])
    }

    fn begun(first_tsn: u32) -> ChunkGuard {
        let mut guard = ChunkGuard::default();
        assert!(guard.admits(&packet(&[init(first_tsn)])));
        guard.established();
        guard
    }

    #[test]
    fn messages_come_through_also_where_numbers_wrap() {
        let mut guard = begun(u32::MAX - 1);
        assert!(guard.admits(&packet(&[data(u32::MAX - 1, 0, 10), data(u32::MAX, 1, 10)])));
        assert!(guard.admits(&packet(&[data(3, 0, 10)])));
        guard.left(&sack(3));
        assert!(guard.ahead.is_empty());
        assert!(guard.admits(&packet(&[data(0, 0, 10)])), "a duplicate");
        assert_eq!(guard.held[0].chunks, 2);
    }

    #[test]
    fn what_would_be_kept_for_ever_is_not_taken() {
        let mut guard = begun(1);
        let mut tsn = 1;
        while guard.admits(&packet(&[data(tsn, 0, 1)])) {
            guard.left(&sack(tsn));
            tsn += 1;
        }
        assert_eq!(tsn as usize, HELD_CHUNKS_MAX + 1);
        guard.delivered(0, 100, 100);
        assert!(guard.admits(&packet(&[data(tsn, 0, 1)])));

        let mut guard = begun(1);
        let mut tsn = 1;
        while guard.admits(&packet(&[data(tsn, 3, 1000)])) {
            guard.left(&sack(tsn));
            tsn += 1;
        }
        assert!(tsn < 200);
        guard.reset(3);
        assert!(guard.admits(&packet(&[data(tsn, 0, 1000)])));
    }

    #[test]
    fn a_chunk_counts_once_however_often_it_comes() {
        let mut guard = begun(1);
        for _ in 0..5000 {
            assert!(guard.admits(&packet(&[data(2, 0, 100)])));
        }
        assert_eq!((guard.held[0].bytes, guard.held[0].chunks), (100, 1));
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        let mut guard = begun(1);
        for bad in [
            packet(&[data(1, STREAMS_MAX, 10)]),
            packet(&[data(1, 0, 0)]),
            packet(&[data(WINDOW + 1, 0, 10)]),
            packet(&[(FORWARD_TSN, vec![0; 4])]),
            packet(&[init(1)]),
            packet(&[(ERROR, vec![0; 4])]),
            packet(&[(RE_CONFIG, vec![0; 100])]),
            packet(&vec![data(1, 0, 1); CHUNKS_MAX + 1]),
            packet(&[data(1, 0, PACKET_MAX)]),
            packet(&[]),
            vec![0; 5],
        ] {
            assert!(!guard.admits(&bad), "{bad:?}");
        }
        assert!(!ChunkGuard::default().admits(&packet(&[data(1, 0, 10)])));
    }

    #[test]
    fn beginnings_and_resets_are_counted() {
        let mut guard = ChunkGuard::default();
        let inits = (0..100)
            .filter(|_| guard.admits(&packet(&[init(1)])))
            .count();
        let resets = (0..100)
            .filter(|_| guard.admits(&packet(&[(RE_CONFIG, vec![0; 20])])))
            .count();
        assert_eq!((inits, resets), (INITS_MAX as usize, RESETS_MAX as usize));
        assert!(!guard.admits(&packet(&[init(1), data(1, 0, 3)])));
    }

    proptest! {
        #[test]
        fn garbage_breaks_nothing(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20)) {
            let mut guard = begun(1);
            for packet in packets {
                guard.admits(&packet);
                guard.left(&packet);
            }
        }
    }
}
