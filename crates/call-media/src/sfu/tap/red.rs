//! Redundant sound (RFC 2198): a packet has what the ones before it had, in case they were lost.

/// The newest block, and those before it: the oldest first, each with how many ticks it is older.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Redundant<'a> {
    pub(super) primary: &'a [u8],
    /// None in a place that has none.
    before: [Option<(u32, &'a [u8])>; BLOCKS_MAX],
    count: usize,
}

/// Older blocks that are looked at; senders put one or two.
const BLOCKS_MAX: usize = 4;

impl<'a> Redundant<'a> {
    /// What is in a payload; none if it is cut short.
    pub(super) fn read(payload: &'a [u8]) -> Option<Self> {
        let mut headers = [(0_u32, 0_usize); BLOCKS_MAX];
        let mut count = 0;
        let mut rest = payload;
        while let [first, offset, high, low, after @ ..] = rest
            && first & 0x80 != 0
        {
            // 14 bits of a timestamp's difference, 10 of a length.
            let ticks = u32::from(*offset) << 6 | u32::from(high >> 2);
            let length = usize::from(high & 0x03) << 8 | usize::from(*low);
            *headers.get_mut(count)? = (ticks, length);
            count += 1;
            rest = after;
        }
        let (last, mut blocks) = rest.split_first()?;
        if last & 0x80 != 0 {
            return None;
        }
        let mut before = [None; BLOCKS_MAX];
        for ((ticks, length), block) in headers.iter().zip(&mut before).take(count) {
            let (taken, after) = blocks.split_at_checked(*length)?;
            *block = Some((*ticks, taken));
            blocks = after;
        }
        Some(Self {
            primary: blocks,
            before,
            count,
        })
    }

    /// The older blocks, the oldest first: how many packets before this one, how many ticks older, and what.
    pub(super) fn before(&self) -> impl Iterator<Item = (u64, u32, &'a [u8])> + '_ {
        let blocks = self.before.iter().take(self.count).flatten();
        blocks.enumerate().filter_map(|(at, (ticks, block))| {
            let places = (self.count - at) as u64;
            (!block.is_empty() && *ticks > 0).then_some((places, *ticks, *block))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPUS: u8 = 0x6f;

    #[test]
    fn two_older_blocks() {
        let payload = [
            0x80 | OPUS,
            0x1e,
            0x00,
            2,
            0x80 | OPUS,
            0x0f,
            0x00,
            1,
            OPUS,
            1,
            2,
            3,
            9,
            8,
        ];
        let redundant = Redundant::read(&payload).unwrap();
        assert_eq!(redundant.primary, [9, 8]);
        let before: Vec<_> = redundant.before().collect();
        assert_eq!(before, [(2, 1_920, &[1, 2][..]), (1, 960, &[3][..])]);
    }

    #[test]
    fn alone_and_cut_short() {
        let alone = Redundant::read(&[OPUS, 5]).unwrap();
        assert_eq!((alone.primary, alone.before().count()), (&[5][..], 0));
        assert_eq!(Redundant::read(&[]), None);
        assert_eq!(Redundant::read(&[0x80 | OPUS, 0, 0]), None);
        assert_eq!(Redundant::read(&[0x80 | OPUS, 0, 0, 200, OPUS, 1]), None);
        assert_eq!(Redundant::read(&[0x80; 40]), None);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_or_refused(payload in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(redundant) = Redundant::read(&payload) {
                let inside: usize = redundant.before().map(|(_, _, block)| block.len()).sum();
                prop_assert!(inside + redundant.primary.len() < payload.len());
            }
        }
    }
}
