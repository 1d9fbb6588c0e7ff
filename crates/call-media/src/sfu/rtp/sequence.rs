/// Makes 16-bit sequence numbers a count that does not wrap (RFC 3550 section 5.1).
///
/// The first number is counted from 2^16 on, so that those that come late before it have a place too.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SequenceExtender {
    highest: Option<u64>,
}

impl SequenceExtender {
    /// The extended number that is nearest to the highest so far; the highest follows.
    pub(crate) fn extend(&mut self, sequence_number: u16) -> u64 {
        let Some(highest) = self.highest else {
            let first = 1 << 16 | u64::from(sequence_number);
            self.highest = Some(first);
            return first;
        };
        let extended = nearest(highest, sequence_number, 16);
        self.highest = Some(highest.max(extended));
        extended
    }

    /// The same, without taking note of it: for numbers that come by another way than in packets. None before the first
    /// packet.
    pub(crate) fn peek(&self, sequence_number: u16) -> Option<u64> {
        Some(nearest(self.highest?, sequence_number, 16))
    }

    /// The highest so far.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// The number whose lower `bits` (at most 16) are `value` and that is nearest to `reference`; of two that are equally near, the
/// lower one. Never below zero.
pub(super) fn nearest(reference: u64, value: u16, bits: u32) -> u64 {
    let modulus = 1u64 << bits;
    let ahead = u64::from(value).wrapping_sub(reference) & (modulus - 1);
    let behind = modulus - ahead;
    if ahead < modulus / 2 || reference < behind {
        reference.wrapping_add(ahead)
    } else {
        reference - behind
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wrap_goes_on_counting_and_what_is_late_finds_its_place() {
        let mut extender = SequenceExtender::default();
        assert_eq!(extender.peek(3), None);
        assert_eq!(extender.extend(65_534), 0x1_fffe);
        assert_eq!(extender.extend(1), 0x2_0001);
        assert_eq!(extender.extend(65_535), 0x1_ffff);
        assert_eq!(extender.extend(0), 0x2_0000);
        assert_eq!(extender.highest(), Some(0x2_0001));
        assert_eq!(extender.peek(2), Some(0x2_0002));
        assert_eq!(extender.highest(), Some(0x2_0001));
    }

    #[test]
    fn what_came_before_the_first_one_has_a_place() {
        let mut extender = SequenceExtender::default();
        assert_eq!(extender.extend(0), 0x1_0000);
        assert_eq!(extender.extend(65_535), 0xffff);
    }

    #[test]
    fn fifteen_bits_wrap_as_well() {
        assert_eq!(nearest(0x7fff, 0, 15), 0x8000);
        assert_eq!(nearest(0x8000, 0x7fff, 15), 0x7fff);
        assert_eq!(nearest(5, 0x7fff, 15), 0x7fff);
        assert_eq!(nearest(127, 1, 7), 129);
    }

    proptest! {
        #[test]
        fn any_path_that_never_jumps_too_far_is_followed(
            first in any::<u16>(),
            steps in proptest::collection::vec(-20_000i64..30_000, 0..200),
        ) {
            let mut extender = SequenceExtender::default();
            let start = i64::try_from(extender.extend(first)).unwrap();
            let mut highest = start;
            for step in steps {
                let position = (highest + step).max(0);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let extended = extender.extend(position as u16);
                prop_assert_eq!(i64::try_from(extended).unwrap(), position);
                highest = highest.max(position);
                prop_assert_eq!(extender.highest(), u64::try_from(highest).ok());
            }
        }
    }
}
