use super::super::Layer;
use super::sequence::nearest;

/// Where the latest packets of an outgoing stream came from: a ring by outgoing sequence number.
#[derive(Debug)]
pub(super) struct SentPackets {
    ring: Vec<SentPacket>,
    size: usize,
    highest: Option<u64>,
}

/// Where an outgoing packet came from, and what it was sent with. Sixteen bytes: there is a thousand for each picture on
/// each screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentPacket {
    /// Extended sequence number in the incoming stream.
    pub(super) sequence: u64,
    /// Added to the timestamp.
    pub(super) timestamp_offset: u32,
    pub(super) picture_id: u16,
    pub(super) tl0_picture_index: u8,
    origin: Origin,
}

/// A layer, whether the packet was sent, and how often again; or nothing. In one byte, which an enum would not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin(u8);

/// A packet is sent again that often: a receiver that asks for more is out to flood, or beyond help.
const AGAIN_MAX: u8 = 10;

impl Origin {
    const NOTHING: Self = Self(0);
    const SENT: u8 = 0x80;
    const LAYER: u8 = 0x03;
    /// The lowest bit of the count.
    const AGAIN: u8 = 0x04;

    const fn missing(layer: Layer) -> Self {
        Self(match layer {
            Layer::Low => 1,
            Layer::Medium => 2,
            Layer::High => 3,
        })
    }

    const fn sent(layer: Layer) -> Self {
        Self(Self::missing(layer).0 | Self::SENT)
    }

    /// Whether the packet may be sent again; counts that it is.
    const fn take_again(&mut self) -> bool {
        let again = (self.0 & !Self::SENT) / Self::AGAIN;
        if again >= AGAIN_MAX {
            return false;
        }
        self.0 += Self::AGAIN;
        true
    }

    const fn layer(self) -> Option<Layer> {
        match self.0 & Self::LAYER {
            1 => Some(Layer::Low),
            2 => Some(Layer::Medium),
            3 => Some(Layer::High),
            _ => None,
        }
    }
}

impl SentPacket {
    const NOTHING: Self = Self {
        sequence: 0,
        timestamp_offset: 0,
        picture_id: 0,
        tl0_picture_index: 0,
        origin: Origin::NOTHING,
    };

    /// One that was sent.
    pub(super) const fn sent(
        layer: Layer,
        sequence: u64,
        timestamp_offset: u32,
        picture_id: u16,
        tl0_picture_index: u8,
    ) -> Self {
        Self {
            sequence,
            timestamp_offset,
            picture_id,
            tl0_picture_index,
            origin: Origin::sent(layer),
        }
    }

    /// The layer it came from, or would have come from.
    pub(super) const fn layer(&self) -> Option<Layer> {
        self.origin.layer()
    }

    /// It did not only keep its place.
    pub(super) const fn was_sent(&self) -> bool {
        self.origin.0 & Origin::SENT != 0
    }
}

impl SentPackets {
    /// Remembers that many packets; takes memory with the first one.
    pub(super) fn new(size: usize) -> Self {
        Self {
            ring: Vec::new(),
            size,
            highest: None,
        }
    }

    /// The highest outgoing number so far, extended.
    pub(super) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Takes note of a packet.
    pub(super) fn record(&mut self, number: u64, packet: SentPacket) {
        self.advance(number);
        self.put(number, packet);
    }

    /// The incoming packets of a layer from `sequence` on, `count` of them, are missing; they would have been sent with the
    /// numbers from `number` on.
    pub(super) fn keep_places(&mut self, layer: Layer, sequence: u64, number: u64, count: u64) {
        if count == 0 {
            return;
        }
        self.advance(number + count - 1);
        for back in count.saturating_sub(self.size as u64)..count {
            let missing = SentPacket {
                sequence: sequence + back,
                origin: Origin::missing(layer),
                ..SentPacket::NOTHING
            };
            self.put(number + back, missing);
        }
    }

    /// The packet that was sent with a number, or has its place.
    pub(super) fn get(&self, number: u64) -> Option<&SentPacket> {
        let is_kept = self
            .highest
            .is_some_and(|highest| number <= highest && highest - number < self.size as u64);
        if !is_kept {
            return None;
        }
        self.ring
            .get(self.index(number))
            .filter(|packet| packet.layer().is_some())
    }

    /// Whether a packet that was sent may be sent once more; counts that it is.
    pub(super) fn take_again(&mut self, number: u64) -> bool {
        let is_kept = self.get(number).is_some_and(SentPacket::was_sent);
        let index = self.index(number);
        is_kept
            && self
                .ring
                .get_mut(index)
                .is_some_and(|packet| packet.origin.take_again())
    }

    /// The extended number that a receiver means by 16 bits of it.
    pub(super) fn extend(&self, sequence_number: u16) -> Option<u64> {
        Some(nearest(self.highest?, sequence_number, 16))
    }

    /// Forgets what came from a layer: its numbers will mean other packets.
    pub(super) fn forget(&mut self, layer: Layer) {
        for packet in &mut self.ring {
            if packet.layer() == Some(layer) {
                *packet = SentPacket::NOTHING;
            }
        }
    }

    /// Makes a number the highest. Those between have never been anything.
    fn advance(&mut self, number: u64) {
        if self.ring.is_empty() {
            self.ring.resize(self.size, SentPacket::NOTHING);
        }
        let Some(highest) = self.highest else {
            self.highest = Some(number);
            return;
        };
        let from = highest
            .saturating_add(1)
            .max(number.saturating_sub(self.size as u64));
        for skipped in from..=number {
            self.put(skipped, SentPacket::NOTHING);
        }
        self.highest = Some(highest.max(number));
    }

    fn put(&mut self, number: u64, packet: SentPacket) {
        let index = self.index(number);
        if let Some(place) = self.ring.get_mut(index) {
            *place = packet;
        }
    }

    fn index(&self, number: u64) -> usize {
        // Smaller than the size.
        #[expect(clippy::cast_possible_truncation)]
        let index = (number % self.size as u64) as usize;
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u64) -> SentPacket {
        SentPacket::sent(Layer::Medium, sequence, 5, 6, 7)
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<SentPacket>(), 16);
    }

    #[test]
    fn what_was_sent_is_found_and_so_is_the_place_of_what_is_missing() {
        let mut sent = SentPackets::new(8);
        assert!(sent.get(0).is_none());
        sent.record(100, packet(1_000));
        sent.keep_places(Layer::Medium, 1_001, 101, 2);
        sent.record(103, packet(1_003));
        assert!(sent.get(100).unwrap().was_sent());
        let missing = sent.get(102).unwrap();
        assert_eq!((missing.sequence, missing.was_sent()), (1_002, false));
        assert_eq!(missing.layer(), Some(Layer::Medium));
        sent.record(102, packet(1_002));
        assert!(sent.get(102).unwrap().was_sent());
        assert_eq!(sent.highest(), Some(103));
        assert!(sent.get(104).is_none());
        sent.record(108, packet(1_008));
        assert!(sent.get(100).is_none());
    }

    #[test]
    fn a_long_gap_is_no_long_work_and_leaves_nothing_old() {
        let mut sent = SentPackets::new(4);
        sent.record(1, packet(1));
        sent.keep_places(Layer::Medium, 2, 2, 1 << 40);
        assert_eq!(sent.highest(), Some(1 + (1 << 40)));
        assert_eq!(sent.get(1 + (1 << 40)).unwrap().sequence, 1 + (1 << 40));
        sent.record(5 << 40, packet(9));
        assert!(sent.get(5 << 40).unwrap().was_sent());
        assert!(sent.get((5 << 40) - 1).is_none());
    }

    #[test]
    fn a_packet_is_sent_again_ten_times() {
        let mut sent = SentPackets::new(8);
        sent.record(1, packet(1));
        sent.record(2, packet(2));
        sent.keep_places(Layer::Medium, 3, 3, 1);
        for _ in 0..AGAIN_MAX {
            assert!(sent.take_again(1));
        }
        assert!(!sent.take_again(1));
        let packet = sent.get(1).unwrap();
        assert_eq!(packet.layer(), Some(Layer::Medium));
        assert!(packet.was_sent());
        assert!(sent.take_again(2));
        // What was never sent is not sent again.
        assert!(!sent.take_again(3));
        assert!(!sent.take_again(4));
    }

    #[test]
    fn a_layer_that_begins_anew_is_forgotten() {
        let mut sent = SentPackets::new(8);
        sent.record(1, packet(1));
        sent.record(2, SentPacket::sent(Layer::Low, 7, 0, 0, 0));
        sent.forget(Layer::Medium);
        assert!(sent.get(1).is_none());
        assert!(sent.get(2).is_some());
    }
}
