use std::time::{Duration, Instant};

/// Older packets are of no use to anybody: a receiver has given them up.
const AGE_MAX: Duration = Duration::from_secs(1);
/// Longer packets are not kept: none of them fits the path to another peer.
const PACKET_MAX: usize = 1_500;
/// Slots to begin with.
const SLOTS_MIN: usize = 32;

/// The latest packets of one incoming stream, decrypted, to answer those who ask again (RFC 4585 generic NACK).
///
/// The slots are a ring by sequence number and keep their memory, so that a stream that flows takes none for a packet. The
/// ring grows while it is too small for a second of the stream.
#[derive(Debug)]
pub(crate) struct PacketCache {
    slots: Vec<Slot>,
    slots_max: usize,
    highest: u64,
}

#[derive(Debug, Default)]
struct Slot {
    sequence: u64,
    /// None: never used.
    arrived: Option<Instant>,
    packet: Vec<u8>,
}

impl PacketCache {
    /// A cache of that many packets at most (rounded up to a power of two), none older than a second. It grows with what is
    /// put in.
    pub(crate) fn new(packets_max: usize) -> Self {
        Self {
            slots: Vec::new(),
            slots_max: packets_max.clamp(1, 1 << 16).next_power_of_two(),
            highest: 0,
        }
    }

    /// Keeps a copy of a packet (RTP header and payload). One that is older than the whole ring is not kept.
    pub(crate) fn insert(&mut self, sequence: u64, packet: &[u8], now: Instant) {
        if packet.len() > PACKET_MAX {
            return;
        }
        if self.slots.is_empty() {
            self.highest = sequence;
            self.resize(SLOTS_MIN.min(self.slots_max));
        }
        if sequence.saturating_add(self.slots.len() as u64) <= self.highest {
            return;
        }
        self.highest = self.highest.max(sequence);
        while self.slots.len() < self.slots_max && self.would_forget(sequence, now) {
            self.resize(2 * self.slots.len());
        }
        let index = self.index(sequence);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.sequence = sequence;
            slot.arrived = Some(now);
            slot.packet.clear();
            slot.packet.extend_from_slice(packet);
        }
    }

    /// The packet with that extended sequence number.
    pub(crate) fn get(&self, sequence: u64, now: Instant) -> Option<&[u8]> {
        let slot = self.slots.get(self.index(sequence))?;
        let is_kept = slot.sequence == sequence && slot.is_fresh(now);
        is_kept.then_some(slot.packet.as_slice())
    }

    /// Whether a packet that may still be asked for is in the place of this one.
    fn would_forget(&self, sequence: u64, now: Instant) -> bool {
        self.slots
            .get(self.index(sequence))
            .is_some_and(|slot| slot.sequence != sequence && slot.is_fresh(now))
    }

    fn index(&self, sequence: u64) -> usize {
        let mask = self.slots.len().saturating_sub(1);
        // The mask is below 2^16.
        #[expect(clippy::cast_possible_truncation)]
        let index = sequence as usize & mask;
        index
    }

    fn resize(&mut self, length: usize) {
        let old = std::mem::take(&mut self.slots);
        self.slots.resize_with(length, Slot::default);
        for slot in old {
            let index = self.index(slot.sequence);
            if slot.arrived.is_some()
                && let Some(place) = self.slots.get_mut(index)
            {
                *place = slot;
            }
        }
    }
}

impl Slot {
    fn is_fresh(&self, now: Instant) -> bool {
        self.arrived
            .is_some_and(|arrived| now.saturating_duration_since(arrived) <= AGE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_put_in_comes_out_until_it_is_too_old() {
        let start = Instant::now();
        let mut cache = PacketCache::new(64);
        assert_eq!(cache.get(0, start), None);
        cache.insert(70_000, b"one", start);
        cache.insert(70_001, b"two", start + AGE_MAX / 2);
        assert_eq!(cache.get(70_000, start + AGE_MAX), Some(b"one".as_slice()));
        assert_eq!(
            cache.get(70_000, start + AGE_MAX + Duration::from_millis(1)),
            None
        );
        assert_eq!(
            cache.get(70_001, start + AGE_MAX + Duration::from_millis(1)),
            Some(b"two".as_slice())
        );
        assert_eq!(cache.get(70_002, start), None);
    }

    #[test]
    fn a_slow_stream_takes_few_slots_and_a_fast_one_no_more_than_allowed() {
        let start = Instant::now();
        let mut slow = PacketCache::new(512);
        for sequence in 0..1_000u32 {
            slow.insert(
                u64::from(sequence),
                &[0; 100],
                start + Duration::from_millis(50) * sequence,
            );
        }
        assert_eq!(slow.slots.len(), SLOTS_MIN);
        let mut fast = PacketCache::new(500);
        for sequence in 0..10_000 {
            fast.insert(sequence, &[0; 100], start);
        }
        assert_eq!(fast.slots.len(), 512);
        assert!(fast.get(9_999 - 511, start).is_some());
        assert!(fast.get(9_999 - 512, start).is_none());
    }

    #[test]
    fn what_is_too_long_or_too_late_is_not_kept() {
        let start = Instant::now();
        let mut cache = PacketCache::new(32);
        cache.insert(1_000, &[0; PACKET_MAX + 1], start);
        assert_eq!(cache.get(1_000, start), None);
        cache.insert(1_000, b"new", start);
        cache.insert(900, b"old", start);
        assert_eq!(cache.get(900, start), None);
        assert!(cache.get(1_000, start).is_some());
    }

    proptest! {
        #[test]
        fn it_never_gives_another_packet_than_was_put_in(
            puts in proptest::collection::vec((0u64..600, 0u64..40), 1..200),
        ) {
            let mut now = Instant::now();
            let mut cache = PacketCache::new(128);
            let mut model: HashMap<u64, Instant> = HashMap::new();
            let mut highest = 0;
            for (sequence, millis) in puts {
                now += Duration::from_millis(millis);
                cache.insert(sequence, &sequence.to_be_bytes(), now);
                highest = highest.max(sequence);
                model.insert(sequence, now);
                prop_assert!(cache.slots.len() <= 128);
                for asked in 0..600u64 {
                    let put = model
                        .get(&asked)
                        .is_some_and(|arrived| now.duration_since(*arrived) <= AGE_MAX);
                    let got = cache.get(asked, now);
                    if let Some(packet) = got {
                        prop_assert!(put);
                        prop_assert_eq!(packet.to_vec(), asked.to_be_bytes());
                    }
                    // The latest one is always there.
                    if asked == highest {
                        prop_assert_eq!(got.is_some(), put);
                    }
                }
            }
        }
    }
}
