use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::sfu::rtp::SequenceExtender;

/// A packet of a stream, in its payload's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) arrived: Instant,
    pub(super) payload: &'a [u8],
}

/// One that waits for those before it.
#[derive(Debug)]
pub(super) struct Waiting {
    timestamp: u32,
    marker: bool,
    arrived: Instant,
    payload: Box<[u8]>,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is the next one: use it, then what [`Window::pop`] gives.
    Next,
    /// It waits.
    Waits,
    /// It came before, or too late.
    Useless,
}

/// Puts the packets of a stream in order. What is missing is waited for, within bounds.
#[derive(Debug)]
pub(super) struct Window {
    patience: Duration,
    sequences: SequenceExtender,
    /// The number that is to come; none before the first packet.
    next: Option<u64>,
    waiting: BTreeMap<u64, Waiting>,
    bytes: usize,
}

/// Packets that wait at most, and their bytes.
const WAITING_MAX: usize = 512;
const BYTES_MAX: usize = 2 << 20;

impl Window {
    /// Nothing came yet; what is missing is waited for that long.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            sequences: SequenceExtender::default(),
            next: None,
            waiting: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// A packet of that number.
    pub(super) fn push(&mut self, number: u16, piece: &Piece<'_>) -> Placed {
        let number = self.sequences.extend(number);
        self.place(number, piece)
    }

    /// A packet that was sent again within the one of that number, so many places before it. Only one that is missing counts.
    pub(super) fn push_before(&mut self, number: u16, places: u64, piece: &Piece<'_>) -> Placed {
        let missing = self.sequences.peek(number).and_then(|number| {
            let missing = number.checked_sub(places)?;
            (missing >= self.next?).then_some(missing)
        });
        match missing {
            Some(missing) => self.place(missing, piece),
            None => Placed::Useless,
        }
    }

    fn place(&mut self, number: u64, piece: &Piece<'_>) -> Placed {
        let next = *self.next.get_or_insert(number);
        if number == next {
            self.next = Some(next + 1);
            return Placed::Next;
        }
        if number < next || self.waiting.contains_key(&number) {
            return Placed::Useless;
        }
        self.bytes += piece.payload.len();
        let waiting = Waiting {
            timestamp: piece.timestamp,
            marker: piece.marker,
            arrived: piece.arrived,
            payload: piece.payload.into(),
        };
        self.waiting.insert(number, waiting);
        Placed::Waits
    }

    /// The next packet, if it waited.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let next = self.next?;
        let waiting = self.waiting.remove(&next)?;
        self.bytes -= waiting.payload.len();
        self.next = Some(next + 1);
        Some(waiting)
    }

    /// Gives up what was waited for long enough; then [`Self::pop`] gives what follows it.
    pub(super) fn give_up(&mut self, now: Instant) -> bool {
        let is_overdue = self.deadline().is_some_and(|deadline| deadline <= now);
        let is_full = self.waiting.len() > WAITING_MAX || self.bytes > BYTES_MAX;
        (is_overdue || is_full) && self.skip()
    }

    /// Gives up what is waited for, whether anything was.
    pub(super) fn skip(&mut self) -> bool {
        let Some(first) = self.waiting.keys().next() else {
            return false;
        };
        self.next = Some(*first);
        true
    }

    /// Nothing of what waits is wanted, nothing of what is missing comes: the next packet is whichever comes.
    pub(super) fn restart(&mut self) {
        self.sequences = SequenceExtender::default();
        self.next = None;
        self.waiting.clear();
        self.bytes = 0;
    }

    /// When [`Self::give_up`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        // All of them are behind what is missing.
        let first = self.waiting.values().map(|waiting| waiting.arrived).min()?;
        Some(first + self.patience)
    }
}

impl Waiting {
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece {
            timestamp: self.timestamp,
            marker: self.marker,
            arrived: self.arrived,
            payload: &self.payload,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    fn piece(arrived: Instant, payload: &[u8]) -> Piece<'_> {
        Piece {
            timestamp: 0,
            marker: false,
            arrived,
            payload,
        }
    }

    fn drain(window: &mut Window) -> usize {
        std::iter::from_fn(|| window.pop()).count()
    }

    #[test]
    fn what_is_late_is_waited_for_and_what_does_not_come_is_given_up() {
        let now = Instant::now();
        let mut window = Window::new(PATIENCE);
        assert_eq!(window.push(65_535, &piece(now, &[1])), Placed::Next);
        assert_eq!(window.push(1, &piece(now, &[3])), Placed::Waits);
        assert_eq!(window.push(1, &piece(now, &[3])), Placed::Useless);
        assert_eq!(window.push(3, &piece(now, &[5])), Placed::Waits);
        assert_eq!(drain(&mut window), 0);
        assert_eq!(window.push(0, &piece(now, &[2])), Placed::Next);
        assert_eq!(drain(&mut window), 1);
        assert!(!window.give_up(now + PATIENCE / 2));
        assert_eq!(window.deadline(), Some(now + PATIENCE));
        assert!(window.give_up(now + PATIENCE));
        assert_eq!(drain(&mut window), 1);
        assert_eq!(window.push(2, &piece(now, &[4])), Placed::Useless);
        assert_eq!(window.deadline(), None);
    }

    #[test]
    fn few_wait_at_a_time() {
        let now = Instant::now();
        let mut window = Window::new(PATIENCE);
        window.push(0, &piece(now, &[0]));
        for number in 2..=513 {
            window.push(number, &piece(now, &[0]));
            assert!(!window.give_up(now));
        }
        window.push(514, &piece(now, &[0]));
        assert!(window.give_up(now));
        assert_eq!(drain(&mut window), 513);
        assert_eq!(window.bytes, 0);
        let large = vec![0; BYTES_MAX / 2];
        window.push(600, &piece(now, &large));
        window.push(601, &piece(now, &large));
        assert!(!window.give_up(now));
        window.push(602, &piece(now, &[0]));
        assert!(window.give_up(now));
    }

    #[test]
    fn only_what_is_missing_is_taken_from_redundancy() {
        let now = Instant::now();
        let mut window = Window::new(PATIENCE);
        assert_eq!(window.push_before(5, 1, &piece(now, &[])), Placed::Useless);
        window.push(5, &piece(now, &[]));
        window.push(8, &piece(now, &[]));
        assert_eq!(window.push_before(8, 3, &piece(now, &[])), Placed::Useless);
        assert_eq!(window.push_before(8, 1, &piece(now, &[])), Placed::Waits);
        assert_eq!(window.push_before(8, 2, &piece(now, &[])), Placed::Next);
        assert_eq!(drain(&mut window), 2);
    }

    proptest! {
        #[test]
        fn whatever_comes_leaves_in_order_and_once(
            first in any::<u16>(),
            steps in proptest::collection::vec((0u16..40, 0u64..60), 0..300),
        ) {
            let mut now = Instant::now();
            let mut window = Window::new(PATIENCE);
            let mut last: Option<u64> = None;
            for (step, wait) in steps {
                now += Duration::from_millis(wait);
                let number = first.wrapping_add(step);
                let mut left = Vec::new();
                if window.push(number, &piece(now, &[])) == Placed::Next {
                    left.push(window.next.unwrap() - 1);
                }
                while window.pop().is_some() {
                    left.push(window.next.unwrap() - 1);
                }
                while window.give_up(now) {
                    while window.pop().is_some() {
                        left.push(window.next.unwrap() - 1);
                    }
                }
                for number in left {
                    prop_assert!(last.is_none_or(|last| last < number));
                    last = Some(number);
                }
                prop_assert!(window.waiting.values().all(|waits| now < waits.arrived + PATIENCE));
            }
        }
    }
}
