use std::time::Instant;

use call_domain::UserId;

use super::FrameCodec;
use crate::sfu::Source;
use crate::sfu::rtp::SenderClock;

/// What was copied in a moment, on its way to the reader: records, and the payloads of those that are packets.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Packets that were dropped before it, because the reader did not keep up.
    pub(super) lost: u64,
    pub(super) records: Vec<Record>,
    /// The payloads, one after the other in the order of their records.
    pub(super) bytes: Vec<u8>,
    pub(super) packets: u64,
}

/// What a tap is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A stream begins: a source of somebody, with one codec, one clock and one row of numbers.
    Began {
        /// Its number in what follows; none comes twice.
        stream: u32,
        user: UserId,
        source: Source,
        codec: FrameCodec,
    },
    /// A packet of it.
    Packet(PacketRecord),
    /// How its clock relates to its sender's wall clock.
    Clock {
        stream: u32,
        clock: SenderClock,
        /// When it was so, as far as the SFU can tell.
        at: Instant,
    },
    /// Nothing comes of it any more.
    Over { stream: u32 },
}

/// A packet, without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PacketRecord {
    pub(crate) stream: u32,
    /// Goes on evenly, whatever layer the packet is of.
    pub(crate) number: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// Another layer begins with it, by a key frame: what is missing of the one before will not come.
    pub(crate) switched: bool,
    /// The payload is redundant sound (RFC 2198).
    pub(crate) red: bool,
    pub(crate) arrived: Instant,
    /// Bytes of its payload.
    pub(crate) length: usize,
}

impl Batch {
    /// Payloads of a batch; the one that reaches it goes in.
    pub(super) const BYTES: usize = 256 << 10;
    /// Room for that one.
    const LAST: usize = 2 << 10;

    pub(crate) fn push(&mut self, packet: PacketRecord, payload: &[u8]) {
        debug_assert_eq!(packet.length, payload.len());
        if self.bytes.capacity() == 0 {
            // Once, and never moved as it grows; the system gives what is written to.
            self.bytes.reserve_exact(Self::BYTES + Self::LAST);
        }
        self.bytes.extend_from_slice(payload);
        self.records.push(Record::Packet(packet));
        self.packets += 1;
    }

    /// Something other than a packet.
    pub(crate) fn tell(&mut self, record: Record) {
        self.records.push(record);
    }

    /// So many packets were dropped before it.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn lose(&mut self, packets: u64) {
        self.lost = packets;
    }

    pub(super) fn is_full(&self) -> bool {
        // Small packets are many.
        self.bytes.len() >= Self::BYTES || self.records.len() >= Self::BYTES / 64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.lost == 0
    }

    /// Makes it as good as new.
    pub(super) fn clear(&mut self) {
        self.lost = 0;
        self.records.clear();
        self.bytes.clear();
        self.packets = 0;
    }

    /// Gives its packets up, how many. What begins and ends is kept: the reader has to know.
    pub(super) fn drop_packets(&mut self) -> u64 {
        let dropped = std::mem::take(&mut self.packets);
        self.lost += dropped;
        self.bytes.clear();
        self.records
            .retain(|record| matches!(record, Record::Began { .. } | Record::Over { .. }));
        dropped
    }

    /// A stream ends. If its beginning is in here, with nothing of it told to anybody, both are forgotten.
    pub(super) fn end(&mut self, stream: u32) {
        let began_here = self.records.iter().position(
            |record| matches!(record, Record::Began { stream: began, .. } if *began == stream),
        );
        match began_here {
            Some(at) if self.packets == 0 => {
                self.records.remove(at);
            }
            Some(_) | None => self.records.push(Record::Over { stream }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn began(stream: u32) -> Record {
        Record::Began {
            stream,
            user: "alice".parse().unwrap(),
            source: Source::Audio,
            codec: FrameCodec::Opus,
        }
    }

    fn packet(stream: u32, length: usize) -> PacketRecord {
        PacketRecord {
            stream,
            number: 1,
            timestamp: 2,
            marker: false,
            switched: false,
            red: false,
            arrived: Instant::now(),
            length,
        }
    }

    #[test]
    fn what_begins_and_ends_outlives_dropped_packets() {
        let mut batch = Batch::default();
        batch.records.push(began(1));
        batch.push(packet(1, 3), &[1, 2, 3]);
        batch.end(1);
        assert_eq!(batch.drop_packets(), 1);
        assert_eq!(batch.records, [began(1), Record::Over { stream: 1 }]);
        assert_eq!((batch.lost, batch.bytes.len()), (1, 0));
        assert_eq!(batch.drop_packets(), 0);
        assert_eq!(batch.lost, 1);
    }

    #[test]
    fn people_who_come_and_go_unread_leave_nothing() {
        let mut batch = Batch::default();
        for stream in 0..1_000 {
            batch.records.push(began(stream));
            batch.end(stream);
        }
        assert!(batch.is_empty());
    }

    #[test]
    fn many_small_packets_fill_a_batch_as_well() {
        let mut batch = Batch::default();
        let mut packets = 0;
        while !batch.is_full() {
            batch.push(packet(1, 1), &[0]);
            packets += 1;
        }
        assert_eq!(packets, 4_096);
    }
}
