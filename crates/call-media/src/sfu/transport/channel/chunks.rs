//! What of a peer's SCTP (RFC 9260) reaches the association: well-formed chunks of a browser's data channels, in bounds.
//!
//! The association behind believes lengths inside of chunks, and keeps what it is sent until a message is whole. So lengths
//! are checked here, and it is counted what is kept.

use std::collections::HashSet;

use bytes::Bytes;
use foldhash::fast::RandomState;

use super::super::crc;

/// Streams of an association at most, each way. Browsers number channels 0, 2, … and 1, 3, ….
pub(super) const STREAMS_MAX: u16 = 16;

const HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA_HEADER: usize = 16;
/// A packet at most: browsers stay below 1200 bytes.
const PACKET_MAX: usize = 2048;
const CHUNKS_MAX: usize = 32;
/// How far a DATA chunk may be ahead of what is acknowledged.
const WINDOW: u32 = 1024;
/// What may be kept for messages that are not whole. Each chunk may be a gap that is told with every acknowledgement.
const HELD_BYTES_MAX: usize = 192 * 1024;
const HELD_CHUNKS_MAX: usize = 512;
/// Attempts to begin an association, and requests to reset streams.
const INITS_MAX: u32 = 16;
const RESETS_MAX: u32 = 64;
const RESET_BYTES_MAX: usize = 64;

/// A cookie of ours at most.
const COOKIE_MAX: usize = 512;

const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const HEARTBEAT: u8 = 4;
const ABORT: u8 = 6;
const SHUTDOWN: u8 = 7;
const SHUTDOWN_ACK: u8 = 8;
const COOKIE_ECHO: u8 = 10;
const SHUTDOWN_COMPLETE: u8 = 14;
const RE_CONFIG: u8 = 130;

/// Parameters (RFC 9260 section 3.3.5, RFC 6525 section 4).
const HEARTBEAT_INFO: u16 = 1;
const OUTGOING_RESET: u16 = 13;
const RECONFIG_RESPONSE: u16 = 16;
/// INIT without parameters, and with the only one that says something to the association: supported extensions (RFC 5061),
/// FORWARD-TSN and RE-CONFIG.
const BARE_INIT: usize = 20;
const SUPPORTED_EXTENSIONS: [u8; 8] = [0x80, 0x08, 0, 6, 192, 130, 0, 0];

/// What a packet is worth.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The association may have it.
    Take(Bytes),
    /// The peer ends the association.
    Abort,
    Refuse,
}

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
    /// Judges a packet of the peer.
    pub(super) fn judge(&mut self, packet: Bytes) -> Verdict {
        let Some(chunks) = split(&packet) else {
            return Verdict::Refuse;
        };
        if chunks.iter().any(|(kind, _)| *kind == ABORT) {
            return Verdict::Abort;
        }
        let alone = chunks.len() == 1;
        if !chunks
            .iter()
            .all(|chunk| is_well_formed(*chunk) && self.is_allowed(*chunk, chunks.len()))
        {
            return Verdict::Refuse;
        }
        for (kind, chunk) in &chunks {
            match *kind {
                INIT => self.begin(read_u32(chunk, 16)),
                DATA => self.hold(chunk),
                RE_CONFIG => self.resets += 1,
                _ => {}
            }
        }
        match chunks[..] {
            [(INIT, init)] if alone => Verdict::Take(with_bare_init(&packet, init)),
            _ => Verdict::Take(packet),
        }
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
            INIT => !self.is_established && self.inits < INITS_MAX && chunks == 1,
            DATA => {
                let held = self.held.iter().fold(Held::default(), |all, stream| Held {
                    bytes: all.bytes + stream.bytes,
                    chunks: all.chunks + stream.chunks,
                });
                u16::from_be_bytes([chunk[8], chunk[9]]) < STREAMS_MAX
                    && held.bytes + chunk.len() <= HELD_BYTES_MAX
                    && held.chunks + chunks <= HELD_CHUNKS_MAX
                    && self.acknowledged.is_some_and(|acknowledged| {
                        let tsn = read_u32(chunk, 4);
                        !is_after(tsn, acknowledged) || tsn.wrapping_sub(acknowledged) <= WINDOW
                    })
            }
            RE_CONFIG => self.resets < RESETS_MAX,
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

/// Whether a chunk is one that browsers send to a server, and its lengths agree with each other. Not among them are ERROR,
/// as there is nothing to complain of, and FORWARD-TSN, as there are no channels that lose messages (RFC 3758).
fn is_well_formed((kind, chunk): Chunk<'_>) -> bool {
    let value = &chunk[CHUNK_HEADER..];
    match kind {
        DATA => chunk.len() > DATA_HEADER,
        INIT => chunk.len() >= BARE_INIT && chunk[1] == 0,
        SACK => {
            let count = |at: usize| usize::from(u16::from_be_bytes([chunk[at], chunk[at + 1]]));
            chunk.len() >= 16 && chunk.len() == 16 + 4 * (count(12) + count(14))
        }
        HEARTBEAT => matches!(split_parameter(value), Some((HEARTBEAT_INFO, _, []))),
        SHUTDOWN => value.len() == 4,
        SHUTDOWN_ACK | SHUTDOWN_COMPLETE => value.is_empty(),
        COOKIE_ECHO => value.len() <= COOKIE_MAX,
        RE_CONFIG => chunk.len() <= RESET_BYTES_MAX && are_reset_parameters(value),
        _ => false,
    }
}

/// One or two of the parameters that reset streams.
fn are_reset_parameters(value: &[u8]) -> bool {
    let behind_first = behind_reset_parameter(value);
    behind_first.is_some_and(|rest| {
        rest.is_empty() || behind_reset_parameter(rest).is_some_and(<[u8]>::is_empty)
    })
}

/// What follows a parameter that resets streams.
fn behind_reset_parameter(value: &[u8]) -> Option<&[u8]> {
    let (kind, body, rest) = split_parameter(value)?;
    let fits = match kind {
        OUTGOING_RESET => body.len() >= 12 && body.len().is_multiple_of(2),
        RECONFIG_RESPONSE => body.len() == 8,
        _ => false,
    };
    fits.then_some(rest)
}

/// Type and value of a parameter, and what follows its padding.
fn split_parameter(value: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (head, _) = value.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let body = value.get(4..length)?;
    let rest = value.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((u16::from_be_bytes([head[0], head[1]]), body, rest))
}

/// A packet of an INIT whose parameters are known.
fn with_bare_init(packet: &[u8], init: &[u8]) -> Bytes {
    let mut bare = Vec::with_capacity(HEADER + BARE_INIT + SUPPORTED_EXTENSIONS.len());
    bare.extend_from_slice(&packet[..8]);
    bare.extend_from_slice(&[0; 4]);
    bare.extend_from_slice(&[INIT, 0, 0, 26]);
    bare.extend_from_slice(&init[CHUNK_HEADER..BARE_INIT]);
    bare.extend_from_slice(&SUPPORTED_EXTENSIONS);
    let checksum = crc::CASTAGNOLI.of(&[&bare]);
    bare[8..HEADER].copy_from_slice(&checksum.to_le_bytes());
    bare.into()
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
    #![expect(clippy::cast_possible_truncation, reason = "numbers of a test")]

    use proptest::prelude::*;

    use super::*;

    fn admits(guard: &mut ChunkGuard, packet: Vec<u8>) -> bool {
        matches!(guard.judge(packet.into()), Verdict::Take(_))
    }

    fn packet(chunks: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut packet = vec![0; HEADER];
        for (kind, value) in chunks {
            packet.extend_from_slice(&[*kind, 0]);
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

    fn reset(parameters: &[(u16, usize)]) -> (u8, Vec<u8>) {
        let mut value = Vec::new();
        for (kind, length) in parameters {
            value.resize(value.len().next_multiple_of(4), 0);
            value.extend_from_slice(&kind.to_be_bytes());
            value.extend_from_slice(&(*length as u16 + 4).to_be_bytes());
            value.resize(value.len() + length, 9);
        }
        (RE_CONFIG, value)
    }

    fn begun(first_tsn: u32) -> ChunkGuard {
        let mut guard = ChunkGuard::default();
        assert!(admits(&mut guard, packet(&[init(first_tsn)])));
        guard.established();
        guard
    }

    #[test]
    fn messages_come_through_also_where_numbers_wrap() {
        let mut guard = begun(u32::MAX - 1);
        assert!(admits(
            &mut guard,
            packet(&[data(u32::MAX - 1, 0, 10), data(u32::MAX, 1, 10)])
        ));
        assert!(admits(&mut guard, packet(&[data(3, 0, 10)])));
        guard.left(&sack(3));
        assert!(guard.ahead.is_empty());
        assert!(admits(&mut guard, packet(&[data(0, 0, 10)])), "a duplicate");
        assert_eq!(guard.held[0].chunks, 2);
    }

    #[test]
    fn what_would_be_kept_for_ever_is_not_taken() {
        let mut guard = begun(1);
        let mut tsn = 1;
        while admits(&mut guard, packet(&[data(tsn, 0, 1)])) {
            guard.left(&sack(tsn));
            tsn += 1;
        }
        assert_eq!(tsn as usize, HELD_CHUNKS_MAX + 1);
        guard.delivered(0, 100, 100);
        assert!(admits(&mut guard, packet(&[data(tsn, 0, 1)])));

        let mut guard = begun(1);
        let mut tsn = 1;
        while admits(&mut guard, packet(&[data(tsn, 3, 1000)])) {
            guard.left(&sack(tsn));
            tsn += 1;
        }
        assert!(tsn < 200);
        guard.reset(3);
        assert!(admits(&mut guard, packet(&[data(tsn, 0, 1000)])));
    }

    #[test]
    fn a_chunk_counts_once_however_often_it_comes() {
        let mut guard = begun(1);
        for _ in 0..5000 {
            assert!(admits(&mut guard, packet(&[data(2, 0, 100)])));
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
            packet(&[(192, vec![0; 4])]),
            packet(&[init(1)]),
            packet(&[(9, vec![0; 4])]),
            packet(&[reset(&[(13, 62)])]),
            packet(&[reset(&[(13, 13)])]),
            packet(&[reset(&[(16, 16)])]),
            packet(&[reset(&[(13, 14), (16, 8), (16, 8)])]),
            packet(&[reset(&[])]),
            packet(&[(RE_CONFIG, vec![0, 13, 0, 60, 1, 1, 1, 1])]),
            packet(&[(HEARTBEAT, vec![0, 1, 0, 200, 1, 1])]),
            packet(&[(HEARTBEAT, vec![0, 1, 0, 4, 1, 1, 1, 1])]),
            packet(&[(HEARTBEAT, vec![])]),
            packet(&[(SACK, vec![0; 13])]),
            packet(&[(SACK, [vec![0; 8], vec![0, 9, 0, 0]].concat())]),
            packet(&[(SHUTDOWN, vec![0; 5])]),
            packet(&[(SHUTDOWN_ACK, vec![0; 4])]),
            packet(&[(COOKIE_ECHO, vec![0; 600])]),
            packet(&[(2, vec![0; 20])]),
            packet(&[(11, vec![])]),
            packet(&vec![data(1, 0, 1); CHUNKS_MAX + 1]),
            packet(&[data(1, 0, PACKET_MAX)]),
            packet(&[]),
            vec![0; 5],
        ] {
            assert!(!admits(&mut guard, bad.clone()), "{bad:?}");
        }
        assert!(!admits(
            &mut ChunkGuard::default(),
            packet(&[data(1, 0, 10)])
        ));
    }

    #[test]
    fn what_browsers_send_is_taken() {
        let mut guard = begun(1);
        for good in [
            packet(&[reset(&[(13, 12)])]),
            packet(&[reset(&[(13, 14), (16, 8)])]),
            packet(&[reset(&[(16, 8), (13, 16)])]),
            packet(&[(HEARTBEAT, vec![0, 1, 0, 7, 1, 1, 1])]),
            packet(&[
                (SACK, [vec![0; 8], vec![0, 1, 0, 1], vec![0; 8]].concat()),
                data(1, 0, 5),
            ]),
            packet(&[(COOKIE_ECHO, vec![7; 32]), data(2, 0, 5)]),
            packet(&[(SHUTDOWN, vec![0; 4])]),
            packet(&[(SHUTDOWN_ACK, vec![])]),
            packet(&[(SHUTDOWN_COMPLETE, vec![])]),
        ] {
            assert!(admits(&mut guard, good.clone()), "{good:?}");
        }
        let abort = packet(&[(ABORT, vec![1, 2, 3])]);
        assert_eq!(guard.judge(abort.into()), Verdict::Abort);
    }

    #[test]
    fn a_beginning_loses_its_parameters() {
        let mut guard = ChunkGuard::default();
        let (kind, mut value) = init(77);
        value.extend_from_slice(&[0xc0, 0, 0, 9, 1, 2, 3, 4, 5]);
        let Verdict::Take(taken) = guard.judge(packet(&[(kind, value)]).into()) else {
            panic!("it is a beginning");
        };
        assert_eq!(taken.len(), 40);
        assert_eq!(split(&taken).unwrap()[0].1.len(), 26);
        assert_eq!(read_u32(&taken, 28), 77);
    }

    #[test]
    fn beginnings_and_resets_are_counted() {
        let mut guard = ChunkGuard::default();
        let inits = (0..100)
            .filter(|_| admits(&mut guard, packet(&[init(1)])))
            .count();
        let resets = (0..100)
            .filter(|_| admits(&mut guard, packet(&[reset(&[(13, 14)])])))
            .count();
        assert_eq!((inits, resets), (INITS_MAX as usize, RESETS_MAX as usize));
        assert!(!admits(&mut guard, packet(&[init(1), data(1, 0, 3)])));
    }

    proptest! {
        #[test]
        fn garbage_breaks_nothing(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20)) {
            let mut guard = begun(1);
            for packet in packets {
                guard.judge(packet.clone().into());
                guard.left(&packet);
            }
        }
    }
}
