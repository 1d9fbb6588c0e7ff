//! Which packets of a stream have been seen (RFC 3711 sections 3.3.1 and 3.3.2).

/// Bits of a word of the window.
const BITS: u64 = 64;

/// Indices of a stream end here: a 32-bit rollover counter and a 16-bit sequence number.
const RTP_INDEX_MAX: u64 = (1 << 48) - 1;

/// The highest index of a stream and which of the `(WORDS - 1) * 64` below it were seen.
#[derive(Debug, Clone)]
pub(super) struct Window<const WORDS: usize> {
    highest: Option<u64>,
    /// A ring of bits, the one of an index at `index % (WORDS * 64)`.
    seen: [u64; WORDS],
}

/// What a window says to an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is new.
    No,
    /// It was there, or is too old to tell.
    Yes,
}

impl<const WORDS: usize> Window<WORDS> {
    pub(super) const fn new() -> Self {
        Self {
            highest: None,
            seen: [0; WORDS],
        }
    }

    /// The index of a sequence number: the one next to the highest so far (RFC 3711 appendix A). `None` if that would be
    /// before the first packet of the stream or after the last that the key may be used for.
    pub(super) fn index_of(&self, sequence_number: u16) -> Option<u64> {
        const HALF: i64 = 1 << 15;
        let Some(highest) = self.highest else {
            return Some(u64::from(sequence_number));
        };
        let latest = i64::from((highest & 0xffff) as u16);
        let mut step = i64::from(sequence_number) - latest;
        if latest < HALF && step > HALF {
            step -= 2 * HALF;
        } else if latest >= HALF && step < -HALF {
            step += 2 * HALF;
        }
        let index = highest.checked_add_signed(step)?;
        (index <= RTP_INDEX_MAX).then_some(index)
    }

    /// Whether an index was seen.
    pub(super) fn look(&self, index: u64) -> Seen {
        let Some(highest) = self.highest else {
            return Seen::No;
        };
        if index > highest {
            return Seen::No;
        }
        let reach = (WORDS as u64 - 1) * BITS;
        if highest - index >= reach || self.seen[Self::word(index)] & Self::bit(index) != 0 {
            Seen::Yes
        } else {
            Seen::No
        }
    }

    /// Remembers an index that [`Window::look`] said [`Seen::No`] to.
    pub(super) fn accept(&mut self, index: u64) {
        let highest = self.highest.unwrap_or(index);
        if index > highest {
            let skipped = (index / BITS - highest / BITS).min(WORDS as u64);
            for step in 1..=skipped {
                self.seen[Self::word((highest / BITS + step) * BITS)] = 0;
            }
        }
        self.highest = Some(highest.max(index));
        self.seen[Self::word(index)] |= Self::bit(index);
    }

    fn word(index: u64) -> usize {
        usize::try_from(index / BITS % WORDS as u64).unwrap_or(0)
    }

    const fn bit(index: u64) -> u64 {
        1 << (index % BITS)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_truncation, reason = "numbers of a test")]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Small = Window<17>;

    #[test]
    fn sequence_numbers_wrap_into_the_next_rollover_and_back() {
        let mut window = Small::new();
        window.accept(65_530);
        assert_eq!(window.index_of(65_535), Some(65_535));
        assert_eq!(window.index_of(3), Some(65_539));
        window.accept(65_539);
        assert_eq!(window.index_of(65_535), Some(65_535));
        assert_eq!(window.index_of(4), Some(65_540));
    }

    #[test]
    fn nothing_is_before_the_first_rollover_or_after_the_last() {
        let mut window = Small::new();
        window.accept(5);
        assert_eq!(window.index_of(65_535), None);
        window.accept(RTP_INDEX_MAX);
        assert_eq!(window.index_of(0), None);
        assert_eq!(window.index_of(65_534), Some(RTP_INDEX_MAX - 1));
    }

    #[test]
    fn half_the_space_ahead_is_ahead_as_the_rfc_has_it() {
        let mut window = Small::new();
        window.accept(100);
        assert_eq!(window.index_of(100 + 0x8000), Some(100 + 0x8000));
        assert_eq!(window.index_of(101 + 0x8000), None);
    }

    #[test]
    fn what_is_too_old_counts_as_seen() {
        let mut window = Small::new();
        window.accept(2000);
        assert_eq!(window.look(2000 - 1023), Seen::No);
        assert_eq!(window.look(2000 - 1024), Seen::Yes);
    }

    proptest! {
        /// Against a set that forgets nothing.
        #[test]
        fn a_window_tells_new_from_seen(steps in proptest::collection::vec(0_u64..3000, 1..400), base in 0_u64..1 << 40) {
            let mut window = Small::new();
            let mut all = BTreeSet::new();
            let mut highest = 0;
            for step in steps {
                let index = (base + highest + step).saturating_sub(1500);
                let too_old = all.last().is_some_and(|last: &u64| *last >= index + 1024);
                let expected = if too_old || all.contains(&index) { Seen::Yes } else { Seen::No };
                prop_assert_eq!(window.look(index), expected);
                if expected == Seen::No {
                    window.accept(index);
                    prop_assert_eq!(window.look(index), Seen::Yes);
                    all.insert(index);
                    highest = all.last().copied().unwrap_or(0).saturating_sub(base);
                }
            }
        }

        /// A sender and a receiver that loses and reorders agree on every index.
        #[test]
        fn both_ends_count_the_same_rollovers(
            first in any::<u16>(),
            losses in proptest::collection::vec((1_u64..20_000, 0_u64..900), 1..200),
        ) {
            let mut receiver = Small::new();
            let mut sent = u64::from(first);
            receiver.accept(sent);
            for (lost, late) in losses {
                sent += lost;
                prop_assert_eq!(receiver.index_of(sent as u16), Some(sent));
                receiver.accept(sent);
                if let Some(old) = sent.checked_sub(late) {
                    prop_assert_eq!(receiver.index_of(old as u16), Some(old));
                }
            }
        }
    }
}
